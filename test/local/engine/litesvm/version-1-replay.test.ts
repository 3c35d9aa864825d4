import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { BacktestClient } from "../../../../src/client/backtest-client.js";
import { generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import { litesvmEngine } from "../../../../src/local/engine/litesvm/litesvm-engine.js";
import { startLocalSimulator } from "../../../../src/local/node/node-server.js";
import { transactionSignature } from "../../../../src/protocol/transaction-notification.js";
import type { WebSocketLike } from "../../../../src/transport/websocket-like.js";

const [START, END] = [500n, 502n];
const PER_SLOT = 120;
/** The first connection is lost in this slot, after this number of version 1 transactions. */
const CUT = { slot: 501n, after: 15 };

interface Notification {
  method?: string;
  params?: { result?: { slot?: number; version?: unknown } };
}

/**
 * A WebSocket class. Its first connection is lost in the middle of a slot. Later connections deliver the transactions of each
 * slot in reverse order.
 */
class ReorderingSocket extends WebSocket {
  static losses = 0;
  static #subscriptions = 0;
  #nth = 0;
  #versionOne = 0;
  #slot: unknown;
  #held: unknown[][] = [];

  override emit(event: string, ...args: unknown[]): boolean {
    if (event !== "message") return super.emit(event as never, ...(args as never[]));
    const { method, params } = JSON.parse(String(args[0])) as Notification;
    if (method === "transactionNotification" && this.#nth === 0) this.#nth = ++ReorderingSocket.#subscriptions;
    if (this.#nth === 1) return this.#loseInSlot(args, params?.result);
    if (this.#nth > 1) return this.#reorder(args, params?.result?.slot);
    return super.emit(event as never, ...(args as never[]));
  }

  #loseInSlot(args: unknown[], result: { slot?: number; version?: unknown } | undefined): boolean {
    if (ReorderingSocket.losses > 0) return true;
    super.emit("message" as never, ...(args as never[]));
    if (BigInt(result?.slot ?? 0) === CUT.slot && result?.version === 1 && ++this.#versionOne === CUT.after) {
      ReorderingSocket.losses++;
      this.terminate();
    }
    return true;
  }

  /** Delays the transactions of a slot. Delivers them in reverse order at the next slot or at the end of the stream. */
  #reorder(args: unknown[], slot: unknown): boolean {
    if (slot === undefined || slot !== this.#slot) {
      for (const held of this.#held.splice(0).reverse()) super.emit("message" as never, ...(held as never[]));
      this.#slot = slot;
    }
    if (slot === undefined) return super.emit("message" as never, ...(args as never[]));
    this.#held.push(args);
    return true;
  }
}

interface Delivered {
  signature: string | undefined;
  version: unknown;
  slot: bigint;
}

/** Runs the range on a simulator, and returns the delivered transactions and the continuity events. */
async function run(url: string, program: string, WebSocket?: WebSocketLike) {
  const client = new BacktestClient({ url, compression: "none", logger: false, ...(WebSocket && { WebSocket }) });
  onTestFinished(() => client.close());
  const session = await client.startSession({ startSlot: START, endSlot: END });
  session.subscribeTransactions([program]);
  const delivered: Delivered[] = [];
  const others: object[] = [];
  for await (const event of session.run({ step: 1n })) {
    if (event.type === "transaction") {
      const { slot, version } = event.transaction as { slot: bigint | number; version?: unknown };
      delivered.push({ signature: transactionSignature(event.transaction), version, slot: BigInt(slot) });
    }
    if (event.type === "continuity" || event.type === "unrecognized") others.push(event);
  }
  return { delivered, others };
}

test("after a reconnect in the middle of a slot, each version 1 transaction is delivered once, even if the replay has another order", async () => {
  const plan = { seed: "v1", startSlot: START, endSlot: END, skipRate: 0, transactionsPerSlot: PER_SLOT };
  const simulator = await startLocalSimulator({ engine: await litesvmEngine(generateLedger(plan)) });
  onTestFinished(() => simulator.close());
  const program = simulator.programs[0]!;
  const undisturbed = await run(simulator.url, program);
  const { delivered, others } = await run(simulator.url, program, ReorderingSocket as unknown as WebSocketLike);

  expect(ReorderingSocket.losses).toBe(1);
  expect(others).toMatchObject([{ kind: "resumed", channel: "transaction" }]);
  expect(delivered.map(({ slot }) => slot)).toEqual(undisturbed.delivered.map(({ slot }) => slot));
  const signatures = delivered.map(({ signature }) => signature);
  expect(signatures).not.toEqual(undisturbed.delivered.map(({ signature }) => signature));
  expect(signatures.sort()).toEqual(undisturbed.delivered.map(({ signature }) => signature).sort());
  expect(new Set(signatures).size).toBe(signatures.length);
  const versionOne = delivered.filter(({ slot, version }) => slot === CUT.slot && version === 1);
  expect(versionOne.length).toBeGreaterThan(CUT.after);
});
