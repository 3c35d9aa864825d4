import { describe, expect, it, onTestFinished } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import type { GeyserEvent, GeyserFilters, GeyserOptions, GeyserUpdateEvent } from "../../src/geyser/index.js";
import { subscribeGeyser } from "../../src/geyser/index.js";
import { startLocalSimulator } from "../../src/local/node/node-server.js";
import type { LocalServerOptions } from "../../src/local/server/simulator-options.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";

const START = 1_000n;
const FILTERS: GeyserFilters = {
  accounts: { everything: {} },
  transactions: { everything: {} },
  transactionsStatus: { everything: {} },
  slots: { everything: {} },
  blocksMeta: { everything: {} },
  entry: { everything: {} },
};

type Simulator = Awaited<ReturnType<typeof startLocalSimulator>>;

async function start(options: LocalServerOptions = {}, clientOptions: Partial<BacktestClientOptions> = {}) {
  const simulator = await startLocalSimulator({ startSlot: START, slots: 20, geyserPort: 0, ...options });
  const client = new BacktestClient({ url: simulator.url, logger: false, ...clientOptions });
  onTestFinished(async () => {
    await client.close();
    await simulator.close();
  });
  const session = await client.startSession({ startSlot: START, endSlot: START + BigInt(options.slots ?? 20) - 1n });
  return { simulator, client, session };
}

function open(
  simulator: Simulator,
  session: ManagedBacktestSession,
  filters: GeyserFilters = FILTERS,
  options: GeyserOptions = {},
) {
  return subscribeGeyser(session, filters, { url: simulator.geyserUrl!, ...options });
}

async function collect(stream: AsyncIterable<GeyserEvent>): Promise<GeyserEvent[]> {
  const events: GeyserEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

async function drain(session: ManagedBacktestSession): Promise<void> {
  for await (const _ of session.run());
}

/** Returns a text that identifies an update. It omits the members that differ between two streams of the same session. */
function identify(event: GeyserEvent): string {
  if (!("slot" in event)) return JSON.stringify(event, (_, value) => (typeof value === "bigint" ? `${value}` : value));
  const { slot, type } = event as GeyserUpdateEvent;
  if (event.type === "account") return `${slot} ${type} ${event.account.address} ${event.account.writeVersion}`;
  if (event.type === "transaction") return `${slot} ${type} ${event.transaction.signature}`;
  if (event.type === "transactionStatus") return `${slot} ${type} ${event.signature}`;
  return event.type === "slot" ? `${slot} ${type} ${event.status}` : `${slot} ${type}`;
}

describe("a Geyser stream of the local simulator", () => {
  it("a Geyser stream delivers every kind of update of the whole session, and ends when the session ends", async () => {
    const { simulator, session } = await start();
    const stream = open(simulator, session);
    await stream.ready;
    expect(stream.connection).toEqual({ state: "up" });
    const [events] = await Promise.all([collect(stream), drain(session)]);
    expect(await stream.closed).toEqual({ reason: "completed" });
    const count = (type: string): number => events.filter((event) => event.type === type).length;
    expect(count("blockMeta")).toBe(20);
    expect(count("entry")).toBe(20);
    expect(count("slot")).toBe(60);
    expect(count("transaction")).toBe(80);
    expect(count("transactionStatus")).toBe(80);
    expect(count("account")).toBeGreaterThan(80);
    expect(count("continuity") + count("unrecognized")).toBe(0);
    expect((await session.closed).reason).toBe("completed");
  });

  it("a Geyser stream delivers the same transactions and accounts as the session's subscriptions", async () => {
    const { simulator, session } = await start({ slots: 5 });
    const program = simulator.programs[0]!;
    const stream = open(simulator, session, {
      accounts: { of: { owner: [program] } },
      transactions: { of: { accountInclude: [program] } },
    });
    const subscription = session.subscribeTransactions([program]);
    const diffs = session.subscribeAccountDiffs([program]);
    const other: string[] = [];
    const states: string[] = [];
    subscription.on("transaction", ({ transaction: { slot, meta, transaction } }) => {
      other.push(`${slot} ${meta?.fee} ${JSON.stringify(meta?.err)} ${(transaction as [string, string])[0].length > 0}`);
    });
    diffs.on("accountDiff", ({ diff }) => {
      if (diff.post !== undefined && diff.post !== null && diff.post.owner === program) {
        states.push(`${diff.context.slot} ${diff.account} ${diff.post.lamports} ${diff.post.data[0]}`);
      }
    });
    await Promise.all([stream.ready, subscription.ready, diffs.ready]);
    const [events] = await Promise.all([collect(stream), drain(session)]);
    const transactions = events.flatMap((event) =>
      event.type === "transaction"
        ? [`${event.slot} ${event.transaction.meta?.fee} ${JSON.stringify(event.transaction.meta?.err)} true`]
        : [],
    );
    const accounts = events.flatMap((event) => {
      if (event.type !== "account") return [];
      const { address, lamports, data, rentEpoch } = event.account;
      expect(rentEpoch).toBe(18_446_744_073_709_551_615n);
      return [`${event.slot} ${address} ${lamports} ${Buffer.from(data).toString("base64")}`];
    });
    expect(transactions.length).toBeGreaterThan(0);
    expect(transactions).toEqual(other);
    expect(accounts).toEqual(states);
  });

  it("a Geyser stream delivers every update once and in order, even if its connection is cut many times", async () => {
    const { simulator, session } = await start(
      { slots: 200, slotDelayMs: 1 },
      { reconnect: { initialBackoffMs: 1, maxBackoffMs: 2, maxAttempts: 1_000 } },
    );
    const stream = open(simulator, session);
    const target = { channel: "subscription", sessionId: session.info.sessionId } as const;
    for (let cut = 1; cut <= 24; cut++) {
      const fault = (["drop", "cutFrame", "corruptFrame", "close"] as const)[cut % 4]!;
      simulator.faults.schedule(
        { atSlot: START + BigInt(cut * 8), target },
        fault === "close" ? { type: "close", code: 1012 } : { type: fault },
      );
    }
    await stream.ready;
    const undisturbed = await start({ slots: 200 });
    const reference = open(undisturbed.simulator, undisturbed.session);
    await reference.ready;
    const [events, expected] = await Promise.all([
      collect(stream),
      collect(reference),
      drain(session),
      drain(undisturbed.session),
    ]);
    const updates = events.filter(({ type }) => type !== "continuity" && type !== "unrecognized");
    expect(events.filter((event) => event.type === "continuity" && event.kind === "gap")).toEqual([]);
    expect(updates.map(identify)).toEqual(expected.map(identify));
    expect(session.diagnostics.reconnects.geyser).toBeGreaterThan(8);
  });
});
