import { expect, onTestFinished, test } from "vitest";
import { stringifyJson } from "../../../../src/codec/json.js";
import type { EngineSession, ExecutedTransaction } from "../../../../src/local/engine/engine.js";
import { memo, transferLamports } from "../../../../src/local/engine/ledger/instructions.js";
import { readLedger } from "../../../../src/local/engine/ledger/read-ledger.js";
import { writeLedger } from "../../../../src/local/engine/ledger/write-ledger.js";
import { BPF_LOADER, SYSTEM_PROGRAM, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import type { VmProcessSession } from "../../../../src/local/engine/vm-process/vm-process-session.js";
import { BacktestFailure } from "../../../../src/local/wire/backtest-failure.js";
import { inPage } from "../../in-page-front.js";
import { continueBy, createSession, type TestSession } from "../../wire-client.js";
import { testFolder } from "../ledger/ledger-folder.js";
import { base64, describeExecuted, ledgerOf, openSession, run, signed, walletOf } from "../litesvm/litesvm-rig.js";
import { isRunning, openProcess } from "./vm-process-rig.js";

/** A long timeout, because each test starts processes. */
const SLOW = { timeout: 60_000 };

const alice = walletOf(0);
const bob = walletOf(1);

/** Returns the result of a call, or the BacktestError if the call is refused. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof BacktestFailure)) throw error;
    return error.wire;
  }
}

/** Converts transactions to objects that contain all data that the engine reports about them. */
function everything(executed: readonly ExecutedTransaction[], programs: readonly string[]): unknown {
  return [
    describeExecuted(executed, programs),
    executed.map((one) => [one.wire, one.programs, one.accounts, one.diffs, one.included, one.meta]),
  ];
}

/** Executes all blocks of a session, and makes each kind of call between two blocks. Returns the results of all calls. */
async function useAll(session: EngineSession, programs: readonly string[]): Promise<unknown[]> {
  const results: unknown[] = [session.currentBlock(), everything(await run(session, 20), programs), session.currentBlock()];
  const { blockhash } = await session.latestBlockhash!();
  const payment = base64(signed([alice], [transferLamports(alice.address, bob.address, 5n)], blockhash));
  const note = base64(signed([alice], [memo("note", alice.address)], blockhash));
  const stale = base64(signed([alice], [memo("note", alice.address)], alice.address.text));
  const simulation = await session.simulate!([payment, stale], { returnAccounts: [bob.address.text], checkBlockhash: true });
  results.push(everything(simulation.transactions, programs), simulation.accounts, simulation.loadedAccountsDataSizes);
  results.push(everything(await (await session.prepare([payment, stale, note])).execute(), programs));
  const forged = signed([alice], [transferLamports(alice.address, bob.address, 6n)], blockhash).slice();
  forged[5]! ^= 1;
  // A transaction of version 1 with an empty config. Its last 64 bytes (the signature) are set to zero.
  const unsigned = signed([alice], [memo("unsigned", alice.address)], blockhash, 1, {}).fill(0, -64);
  for (const verifySignatures of [true, false]) {
    const prepared = await session.prepare([base64(forged), base64(unsigned)], { verifySignatures });
    results.push(everything(await prepared.execute(), programs));
  }
  const data = { data: base64(new Uint8Array(3)), encoding: "base64" } as const;
  const state = { data, executable: false, lamports: 2n ** 64n - 1n, owner: TOKEN_PROGRAM, space: 3n };
  await session.applyAccounts({ [alice.address.text]: state });
  results.push(await session.account(alice.address.text), await session.account(BPF_LOADER));
  results.push(await session.programAccounts!(SYSTEM_PROGRAM));
  results.push(await session.plannedBlock!(1_050n), await session.plannedBlock!(5_000n));
  results.push(await session.latestBlockhash!(), await session.isBlockhashValid!(blockhash), await session.blockHeight!());
  results.push(await outcome(() => session.prepare(["AQ=="])), await outcome(() => session.prepare(["!"])));
  results.push(await outcome(() => session.applyAccounts({ [SYSTEM_PROGRAM]: state })));
  results.push(await outcome(() => session.feeForMessage!(new Uint8Array(3))));
  results.push(everything(await run(session), programs), session.currentBlock(), await session.summary());
  return results;
}

test(
  "a session in a VM process gives the same results and the same errors as a session in the simulator's process",
  SLOW,
  async () => {
    const ledger = ledgerOf({ skipRate: 0.2, transactionsPerSlot: 5 });
    const alone = await useAll(await openSession(ledger), ledger.programs);
    expect(await useAll(await openProcess(ledger), ledger.programs)).toEqual(alone);
  },
);

test("a VM process opens a ledger folder, and reports the transactions that cannot be replayed", SLOW, async () => {
  const folder = await testFolder();
  const generated = ledgerOf({ transactionsPerSlot: 2 });
  await writeLedger(folder, generated);
  const start = await generated.begin(generated.startSlot);
  const without = { ...start, accounts: [...start.accounts].filter(([address]) => address !== alice.address.text) };
  await writeLedger(`${folder}/partial`, {
    startSlot: generated.startSlot,
    endSlot: generated.endSlot,
    isCaptured: true,
    programs: generated.programs,
    timeOf: (slot) => generated.timeOf(slot),
    begin: () => without,
    blockFrom: (slot) => generated.blockFrom(slot),
  });
  const complete = await openProcess(await readLedger(folder));
  expect(await run(complete)).toHaveLength(200);
  expect(await complete.summary()).toMatchObject({ correctSimulation: 200 });

  const skipped: unknown[] = [];
  const partial = await openProcess(await readLedger(`${folder}/partial`), { onSkipped: (one) => skipped.push(one) });
  await run(partial);
  const { executionErrors } = await partial.summary();
  expect(executionErrors).toBeGreaterThan(0);
  expect(skipped).toHaveLength(executionErrors);
});

test("if onSkipped throws an error, the replay rejects with this error, and the VM process keeps running", SLOW, async () => {
  const folder = await testFolder();
  const generated = ledgerOf({ endSlot: 1_001n, transactionsPerSlot: 2 });
  await writeLedger(`${folder}/partial`, {
    startSlot: generated.startSlot,
    endSlot: generated.endSlot,
    isCaptured: true,
    programs: generated.programs,
    timeOf: (slot) => generated.timeOf(slot),
    begin: async () => ({ ...(await generated.begin(generated.startSlot)), accounts: [], absent: new Set() }),
    blockFrom: (slot) => generated.blockFrom(slot),
  });
  const onSkipped = (): never => {
    throw new Error("from the callback");
  };
  const session = await openProcess(await readLedger(`${folder}/partial`), { onSkipped });
  await expect(run(session)).rejects.toThrow("from the callback");
  expect(await session.summary()).toMatchObject({ executionErrors: expect.any(Number) });
});

test(
  "if a session cannot be opened in a VM process, the error is the same BacktestFailure as without a VM process",
  SLOW,
  async () => {
    const ledger = ledgerOf({ skipRate: 1 });
    const opening = openProcess(ledger);
    await expect(opening).rejects.toBeInstanceOf(BacktestFailure);
    await expect(opening).rejects.toMatchObject({ wire: { noProducedBlocksInRange: { start_slot: 1_000n, end_slot: 1_099n } } });
  },
);

test(
  "after its VM process was killed, a session rejects pending and later calls, and the error names the last executed transaction",
  SLOW,
  async () => {
    const session = await openProcess(ledgerOf());
    const last = (await run(session, 7)).at(-1)!;
    const pending = run(session);
    process.kill(session.pid, "SIGABRT");
    const message = await pending.then(String, ({ message }: Error) => message);
    expect(message).toMatch(
      /^the process of this session's VM ended with SIGABRT; .* transaction [1-9A-HJ-NP-Za-km-z]{64,88} of slot 10\d\d/,
    );
    await expect(Promise.resolve(session.account(TOKEN_PROGRAM))).rejects.toThrow(message);
    expect(last.slot).toBe(1_006n);
  },
);

test("a session reports the end of its idle VM process, and names the last executed transaction", SLOW, async () => {
  const session = await openProcess(ledgerOf());
  const last = (await run(session, 7)).at(-1)!;
  const failure = new Promise<Error>((resolve) => session.onFailure(resolve));
  process.kill(session.pid, "SIGKILL");
  expect((await failure).message).toContain(`SIGKILL; it last started transaction ${last.signatures[0]} of slot 1006`);
});

test("closing a session ends its VM process without a failure, even if the process does not respond", SLOW, async () => {
  const session = await openProcess(ledgerOf());
  let failures = 0;
  session.onFailure(() => failures++);
  process.kill(session.pid, "SIGSTOP");
  const stuck = session.executeBatch();
  const refused = expect(stuck).rejects.toThrow("the session was closed");
  await session.close();
  await refused;
  expect(isRunning(session.pid)).toBe(false);
  expect(failures).toBe(0);
});

test(
  "if the VM process of a session is killed, the session ends with an internal error, and three other sessions complete",
  SLOW,
  async () => {
    const ledger = ledgerOf({ transactionsPerSlot: 2 });
    const opened: VmProcessSession[] = [];
    const simulator = await inPage({
      engine: {
        programs: ledger.programs,
        bundles: [{ startSlot: 1_000n, endSlot: 1_099n, startTime: 0n, endTime: 40n }],
        open: async (range) => {
          const session = await openProcess(ledger, range);
          opened.push(session);
          return session;
        },
      },
    });
    onTestFinished(() => simulator.close());
    const sessions: TestSession[] = [];
    for (let index = 0; index < 4; index++) sessions.push(await createSession(simulator, { startSlot: 1_000n, endSlot: 1_099n }));
    for (const session of sessions) continueBy(session, 1_000);
    await sessions[2]!.control.until(({ params }) => params === 1_005);
    process.kill(opened[2]!.pid, "SIGABRT");
    const ends = await Promise.all(sessions.map(({ control }) => control.method("completed", "error")));
    expect(ends.map(({ method }) => method)).toEqual(["completed", "completed", "error", "completed"]);
    expect(stringifyJson(ends[2]!.params)).toMatch(
      /^{"internal":{"error":"the process .* SIGABRT; .* transaction \w+ of slot 1\d\d\d;/,
    );
  },
);
