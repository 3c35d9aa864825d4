import { createHash } from "node:crypto";
import {
  AccountRole,
  address,
  appendTransactionMessageInstruction,
  createKeyPairSignerFromPrivateKeyBytes,
  createSolanaRpc,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  type KeyPairSigner,
  type Instruction as KitInstruction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signature,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../../../src/client/backtest-client.js";
import { encodeBase58 } from "../../../../src/codec/base58.js";
import { MEMO, transferLamports } from "../../../../src/local/engine/ledger/instructions.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { litesvmEngine } from "../../../../src/local/engine/litesvm/litesvm-engine.js";
import { SYSTEM_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { type LocalSimulator, startLocalSimulator } from "../../../../src/local/node/node-server.js";
import type { ActionResult } from "../../../../src/protocol/action-notification.js";
import { transactionSignature } from "../../../../src/protocol/transaction-notification.js";
import type { ManagedBacktestSession } from "../../../../src/session/managed-backtest-session.js";
import { base64, ledgerOf, START, signed, walletOf } from "./litesvm-rig.js";

let simulator: LocalSimulator;
let ledger: Ledger;
/** The first wallet of the ledger, as a signer of @solana/kit. */
let alice: KeyPairSigner;
const bob = walletOf(1).address;

beforeAll(async () => {
  ledger = ledgerOf({ transactionsPerSlot: 6 });
  simulator = await startLocalSimulator({ engine: await litesvmEngine(ledger) });
  alice = await createKeyPairSignerFromPrivateKeyBytes(createHash("sha256").update("7/wallet/0").digest());
});

afterAll(() => simulator.close());

function connect(): BacktestClient {
  const client = new BacktestClient({ url: simulator.url });
  onTestFinished(() => client.close());
  return client;
}

async function start(create: object = {}): Promise<ManagedBacktestSession> {
  const session = await connect().startSession({ startSlot: START, endSlot: START + 19n, sendSummary: true, ...create });
  onTestFinished(() => session.shutdown());
  return session;
}

async function until(session: ManagedBacktestSession, type: string): Promise<void> {
  for (;;) if ((await session.nextEvent()).type === type) return;
}

function payment(lamports: bigint): KitInstruction {
  const { data } = transferLamports(walletOf(0).address, bob, lamports);
  return {
    programAddress: address(SYSTEM_PROGRAM),
    accounts: [
      { address: alice.address, role: AccountRole.WRITABLE_SIGNER },
      { address: address(bob.text), role: AccountRole.WRITABLE },
    ],
    data,
  };
}

describe("a real client", () => {
  test("BacktestClient sends a transaction between two continue requests, and finds it in all subscriptions and RPC responses", async () => {
    const session = await start();
    const received: string[] = [];
    await session.subscribeTransactions([bob.text]).ready;
    await until(session, "readyForContinue");
    await session.continue({ advanceCount: 3n });
    await until(session, "readyForContinue");

    const rpc = createSolanaRpc(session.info.rpcEndpoint);
    const { value: before } = await rpc.getBalance(address(bob.text)).send();
    const { value: blockhash } = await rpc.getLatestBlockhash().send();
    const transaction = await signTransactionMessageWithSigners(
      pipe(
        createTransactionMessage({ version: 0 }),
        (message) => setTransactionMessageFeePayerSigner(alice, message),
        (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
        (message) => appendTransactionMessageInstruction(payment(4_321n), message),
      ),
    );
    const wire = getBase64EncodedWireTransaction(transaction);
    const simulated = await rpc.simulateTransaction(wire, { encoding: "base64" }).send();
    expect(simulated.value).toMatchObject({ err: null, unitsConsumed: 150n });
    expect((await rpc.getBalance(address(bob.text)).send()).value).toBe(before);

    const sent = await rpc.sendTransaction(wire, { encoding: "base64" }).send();
    expect(sent).toBe(getSignatureFromTransaction(transaction));
    expect((await rpc.getBalance(address(bob.text)).send()).value).toBe(before + 4_321n);
    const found = await rpc.getTransaction(sent, { encoding: "base64", maxSupportedTransactionVersion: 0 }).send();
    expect(found).toMatchObject({ slot: START + 3n, meta: { err: null, fee: 5_000n, computeUnitsConsumed: 150n } });
    const { value: statuses } = await rpc.getSignatureStatuses([sent]).send();
    expect(statuses[0]).toMatchObject({ slot: START + 3n, err: null });
    await expect(rpc.sendTransaction(wire, { encoding: "base64" }).send()).rejects.toThrow();

    await session.continue({ advanceCount: 2n });
    for (;;) {
      const event = await session.nextEvent();
      if (event.type === "transaction")
        received.push(`${event.transaction.slot} ${(event.transaction.transaction as [string, string])[0]}`);
      if (event.type === "readyForContinue") break;
    }
    await session.continue({ advanceCount: 100n });
    for (;;) {
      const event = await session.nextEvent();
      if (event.type === "transaction")
        received.push(`${event.transaction.slot} ${(event.transaction.transaction as [string, string])[0]}`);
      if (event.type === "completed") break;
    }
    expect(received.filter((text) => text === `${START + 3n} ${wire}`)).toHaveLength(1);
  });

  test("two sessions on the same ledger send the same notifications and the same summary", async () => {
    const runs: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const session = await start();
      await session.subscribeTransactions([TOKEN_PROGRAM, SYSTEM_PROGRAM]).ready;
      await session.subscribeAccountDiffs([TOKEN_PROGRAM]).ready;
      const seen: Record<string, string[]> = {};
      for await (const event of session.run()) {
        if (event.type === "status" || event.type === "continuity") continue;
        const text = JSON.stringify(event, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
        // Groups the events by type, because events of different types are not in a fixed order.
        seen[event.type] = [...(seen[event.type] ?? []), text];
      }
      runs.push(Object.values(seen).flat().sort());
      expect(seen.transaction!.length).toBeGreaterThan(100);
      expect(seen.completed![0]).toContain('"correctSimulation":120');
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  test("BacktestClient schedules actions at slots and before calls of a program, and receives the outcomes", async () => {
    const { value: blockhash } = await createSolanaRpc((await start()).info.rpcEndpoint)
      .getLatestBlockhash()
      .send();
    const pay = (lamports: bigint): string =>
      base64(signed([walletOf(0)], [transferLamports(walletOf(0).address, bob, lamports)], blockhash.blockhash));
    const session = await start({
      actions: [
        {
          anchor: { at: "afterSlot", slots: [START + 2n, START + 4n] },
          kind: "send",
          transactions: [pay(1n), pay(2n ** 63n)],
          returnAccounts: [bob.text],
          label: "pay",
        },
        { anchor: { at: "beforeMatch", filter: { kind: "programExecuted", value: TOKEN_PROGRAM } }, transactions: [pay(2n)] },
      ],
    });
    await session.subscribeActions().ready;
    await session.subscribeTransactions([bob.text]).ready;
    const results: ActionResult[] = [];
    const received: string[] = [];
    for await (const event of session.run()) {
      if (event.type === "actionResult") results.push(event.result);
      if (event.type === "transaction") received.push(`${event.transaction.slot} ${transactionSignature(event.transaction)}`);
    }
    const [sent, failed] = results.filter(({ label }) => label === "pay");
    expect(sent).toMatchObject({ slot: START + 2n, actionIndex: 0, committed: true });
    expect(sent!.transactionOutcomes).toMatchObject([
      { err: null, unitsConsumed: 150n, logs: [`Program ${SYSTEM_PROGRAM} invoke [1]`, expect.anything()] },
    ]);
    expect(sent!.accounts).toMatchObject([{ owner: SYSTEM_PROGRAM, lamports: expect.any(BigInt) }]);
    expect(failed).toMatchObject({ slot: START + 4n, committed: true });
    expect(failed!.transactionOutcomes[0]!.err).toContain("custom program error: 0x1");

    const tried = results.filter(({ actionIndex }) => actionIndex === 1);
    expect(tried.length).toBeGreaterThanOrEqual(20);
    expect(new Set(tried.map(({ committed }) => committed))).toEqual(new Set([false]));
    const signatureOf = (wire: string): string => encodeBase58(Buffer.from(wire, "base64").subarray(1, 65));
    // The blocks contain the sent transaction `pay(1n)`, but not the simulated transaction `pay(2n)`.
    expect(received.filter((text) => text.endsWith(signatureOf(pay(1n))))).toEqual([`${START + 2n} ${signatureOf(pay(1n))}`]);
    expect(received.filter((text) => text.endsWith(signatureOf(pay(2n))))).toEqual([]);
  });

  test("BacktestClient replaces a program, and the summary counts the changed outcomes", async () => {
    const session = await start();
    await until(session, "readyForContinue");
    const rpc = createSolanaRpc(session.info.rpcEndpoint);
    const { value: memoProgram } = await rpc.getAccountInfo(address(MEMO.text), { encoding: "base64" }).send();
    const swap = await session.programOverride(TOKEN_2022_PROGRAM, Buffer.from(memoProgram!.data[0], "base64"));
    await session.continue({ modifyAccountStates: swap, advanceCount: 100n });
    for (;;) {
      const event = await session.nextEvent();
      if (event.type !== "completed") continue;
      const { correctSimulation, incorrectSimulation, balanceDiff } = event.summary!;
      expect(incorrectSimulation).toBeGreaterThan(3);
      expect(correctSimulation).toBeGreaterThan(50);
      expect(correctSimulation + incorrectSimulation + balanceDiff).toBe(120);
      break;
    }
  });

  test("BacktestClient receives discoveries, and stops before the batch of a discovery", async () => {
    const ahead = await start({ discoveries: [{ kind: "programExecuted", value: SYSTEM_PROGRAM }] });
    const pause = await ahead.advanceToDiscovery();
    if (pause === "completed") throw new Error("nothing was found");
    const planned = await ledger.blockFrom(START);
    expect(planned).toBeDefined();
    const { discovery } = pause;
    expect(discovery.matched).toEqual([{ kind: "programExecuted", value: SYSTEM_PROGRAM }]);
    expect(discovery.transactions.length).toBeGreaterThan(0);
  });

  test("a session that starts in the middle of a ledger has the account states from the end of the previous slot", async () => {
    const whole = await start({ endSlot: START + 19n });
    for await (const event of whole.run()) if (event.type === "completed") expect(event.summary!.correctSimulation).toBe(120);
    const rpc = createSolanaRpc(whole.info.rpcEndpoint);
    const { value } = await rpc.getBalance(address(bob.text)).send();
    const next = await start({ startSlot: START + 20n, endSlot: START + 21n });
    const later = createSolanaRpc(next.info.rpcEndpoint);
    expect((await later.getBalance(address(bob.text)).send()).value).toBe(value);
    expect(
      await later.getTransaction(signature("1".repeat(64)), { encoding: "base64", maxSupportedTransactionVersion: 0 }).send(),
    ).toBeNull();
  });
});
