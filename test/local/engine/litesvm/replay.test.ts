import { beforeAll, describe, expect, test } from "vitest";
import type { ExecutedTransaction } from "../../../../src/local/engine/engine.js";
import { feeOf } from "../../../../src/local/engine/litesvm/fees.js";
import { litesvmEngine } from "../../../../src/local/engine/litesvm/litesvm-engine.js";
import type { LitesvmSession } from "../../../../src/local/engine/litesvm/litesvm-session.js";
import { ASSOCIATED_TOKEN_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { BacktestFailure } from "../../../../src/local/wire/backtest-failure.js";
import { readTransaction } from "../../../../src/protocol/transaction-message.js";
import { describeExecuted, ledgerOf, openSession, run, START, skippedOf, sum } from "./litesvm-rig.js";

describe("a generated ledger", () => {
  let session: LitesvmSession;
  let executed: ExecutedTransaction[];

  beforeAll(async () => {
    session = await openSession(ledgerOf());
    executed = await run(session);
  });

  test("a replay of a generated ledger produces the recorded errors, balances and token balances", () => {
    expect(session.summary()).toMatchObject({
      correctSimulation: 1000,
      incorrectSimulation: 0,
      balanceDiff: 0,
      executionErrors: 0,
    });
    expect(skippedOf(session)).toEqual([]);
    expect(executed).toHaveLength(1000);
  });

  test("a replay of a generated ledger has the recorded final state of each account, byte for byte", async () => {
    const { accounts } = await ledgerOf({ endSlot: START + 200n }).begin(START + 100n);
    const expected = [...accounts];
    expect(expected.length).toBeGreaterThan(90);
    for (const [address, state] of expected) expect(session.account(address), address).toEqual(state);
  });

  test("a replay of a generated ledger does not change the sum of lamports, except for fees", () => {
    for (const { meta } of executed) {
      expect(sum(meta.preBalances) - sum(meta.postBalances)).toBe(meta.fee);
      expect(meta.fee).toBeGreaterThanOrEqual(5_000n);
    }
  });

  test("a session computes the fee for a message without executing the message", () => {
    for (const { wire, meta } of executed) expect(feeOf(readTransaction(Buffer.from(wire, "base64")).message)).toBe(meta.fee);
  });

  test("a failing transaction of a generated ledger changes only the account of the fee payer", () => {
    const failed = executed.filter(({ meta }) => meta.err !== null);
    expect(new Set(failed.map(({ meta }) => JSON.stringify(meta.err))).size).toBeGreaterThan(3);
    for (const { meta, diffs, accounts } of failed) {
      expect(meta.status).toEqual({ Err: meta.err });
      expect(diffs.map(({ address }) => address)).toEqual([accounts[0]]);
      expect(diffs[0]!.pre!.lamports - diffs[0]!.post!.lamports).toBe(meta.fee);
      expect(meta.logMessages.some((line) => /^Program \w+ failed: custom program error: 0x[14]$/.test(line))).toBe(true);
      expect(meta.preTokenBalances).toEqual(meta.postTokenBalances);
    }
    for (const { meta } of executed.filter(({ meta }) => meta.err === null)) expect(meta.status).toEqual({ Ok: null });
  });

  test("a replay of a generated ledger reports token balances with the decimals of their mints", () => {
    const balances = executed.flatMap(({ meta }) => [...meta.preTokenBalances, ...meta.postTokenBalances]);
    expect(new Set(balances.map(({ programId }) => programId))).toEqual(new Set([TOKEN_PROGRAM, TOKEN_2022_PROGRAM]));
    expect(new Set(balances.map(({ uiTokenAmount }) => uiTokenAmount.decimals)).size).toBeGreaterThan(1);
    for (const { uiTokenAmount } of balances) {
      const { amount, decimals, uiAmountString } = uiTokenAmount;
      const [whole, fraction = ""] = uiAmountString.split(".");
      expect(BigInt(whole + fraction.padEnd(decimals, "0"))).toBe(BigInt(amount));
    }
    const swap = executed.find(({ meta }) => meta.err === null && meta.postTokenBalances.length === 4)!;
    const moved = swap.meta.postTokenBalances.map((post, index) => {
      const pre = swap.meta.preTokenBalances[index]!;
      return [post.mint, BigInt(post.uiTokenAmount.amount) - BigInt(pre.uiTokenAmount.amount)] as const;
    });
    for (const mint of new Set(moved.map(([mint]) => mint))) {
      expect(sum(moved.filter(([of]) => of === mint).map(([, change]) => change))).toBe(0n);
    }
    expect(moved.every(([, change]) => change !== 0n)).toBe(true);
  });

  test("a replay of a generated ledger reports the logs, the calls and the compute units of programs", () => {
    const made = executed.find(({ programs, meta }) => programs.includes(ASSOCIATED_TOKEN_PROGRAM) && meta.err === null)!;
    const [inner] = made.meta.innerInstructions;
    expect(made.meta.innerInstructions).toHaveLength(1);
    expect(inner!.instructions.length).toBeGreaterThan(2);
    for (const { programIdIndex, accounts, stackHeight } of inner!.instructions) {
      expect(stackHeight).toBe(2);
      for (const index of [programIdIndex, ...accounts]) expect(index).toBeLessThan(made.accounts.length);
    }
    expect(made.meta.logMessages).toContain(`Program ${ASSOCIATED_TOKEN_PROGRAM} success`);
    for (const { meta } of executed) {
      expect(meta.computeUnitsConsumed).toBeGreaterThan(0);
      expect(meta.logMessages[0]).toMatch(/^Program \w+ invoke \[1\]$/);
    }
  });

  test("a replay of a generated ledger reports each account change with the previous state, even if the account is created or deleted", () => {
    const states = new Map<string, unknown>();
    let made = 0;
    let deleted = 0;
    for (const { diffs } of executed) {
      for (const { address, pre, post } of diffs) {
        if (states.has(address)) expect(pre).toEqual(states.get(address));
        expect(post).not.toEqual(pre);
        states.set(address, post);
        if (pre === undefined) made++;
        if (post === undefined) deleted++;
      }
    }
    expect(made).toBeGreaterThan(10);
    expect(deleted).toBeGreaterThan(5);
  });

  test("a replay of a generated ledger numbers the transactions of each slot in order, whatever their version", () => {
    expect(executed.map(({ slot, index }) => (slot - START) * 10n + BigInt(index))).toEqual(executed.map((_, at) => BigInt(at)));
    expect(new Set(executed.map(({ version }) => version))).toEqual(new Set(["legacy", 0, 1]));
    expect(new Set(executed.map(({ signatures }) => signatures[0])).size).toBe(executed.length);
  });
});

describe("sessions", () => {
  test("sessions on the same ledger have the same results, byte for byte, in one engine and in different engines", async () => {
    const ledger = ledgerOf({ endSlot: START + 29n });
    const again = ledgerOf({ endSlot: START + 29n });
    const results = [];
    for (const from of [ledger, ledger, again]) {
      const session = await openSession(from);
      const texts = describeExecuted(await run(session), from.programs);
      results.push([...texts, JSON.stringify(session.summary())]);
    }
    expect(results[0]!.length).toBeGreaterThan(900);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test("ledgers with different seeds have different blocks", async () => {
    const [a, b] = await Promise.all(["a", "b"].map((seed) => ledgerOf({ seed }).blockFrom(START)));
    expect(a!.blockhash).not.toBe(b!.blockhash);
    expect(a!.transactions[0]!.wire).not.toEqual(b!.transactions[0]!.wire);
  });

  test("a session that starts at a later slot reports the same transactions as a session that starts earlier", async () => {
    const ledger = ledgerOf({ endSlot: START + 59n, skipRate: 0.3 });
    const whole = await run(await openSession(ledger));
    const late = await openSession(ledgerOf({ endSlot: START + 59n, skipRate: 0.3 }), { startSlot: START + 31n });
    const part = await run(late);
    expect(part.length).toBeGreaterThan(100);
    expect(describeExecuted(part, ledger.programs)).toEqual(
      describeExecuted(
        whole.filter(({ slot }) => slot >= START + 31n),
        ledger.programs,
      ),
    );
    expect(late.summary().correctSimulation).toBe(part.length);
  });

  test("sessions on the same ledger that run at the same time do not affect each other", async () => {
    const ledger = ledgerOf({ endSlot: START + 9n });
    const [a, b] = [await openSession(ledger), await openSession(ledger)];
    const executed: [ExecutedTransaction[], ExecutedTransaction[]] = [[], []];
    for (let block = 0; block < 10; block++) {
      executed[0].push(...(await run(a, 1)));
      executed[1].push(...(await run(b, 1)));
    }
    expect(describeExecuted(executed[0], ledger.programs)).toEqual(describeExecuted(executed[1], ledger.programs));
  });

  test("a session executes a block in batches, and no transaction writes an account that another transaction of its batch uses", async () => {
    const ledger = ledgerOf({ transactionsPerSlot: 40 });
    const session = await openSession(ledger);
    const planned = (await session.plannedBlock(START))!;
    expect(planned.batches.length).toBeGreaterThan(3);
    expect(session.currentBlock()).toMatchObject({ slot: START, batches: planned.batches.length, nextBatch: 0 });
    for (const batch of planned.batches) {
      for (const one of batch) {
        const others = batch.filter((other) => other !== one).flatMap(({ accounts }) => accounts);
        expect(one.writable.filter((address) => others.includes(address))).toEqual([]);
      }
      const executed = session.executeBatch();
      expect(executed.map(({ signatures }) => signatures[0])).toEqual(batch.map(({ signatures }) => signatures[0]));
      for (const [at, { programs, accounts }] of batch.entries()) {
        expect(accounts).toEqual(executed[at]!.accounts);
        expect(executed[at]!.programs).toEqual(expect.arrayContaining([...programs]));
      }
    }
    expect(planned.batches.flat().map(({ index }) => index)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  test("plannedBlock returns all blocks of the session's range without changing the session", async () => {
    const ledger = ledgerOf({ endSlot: START + 19n, skipRate: 0.5 });
    const session = await openSession(ledger, { endSlot: START + 15n });
    const slots: bigint[] = [];
    for (let block = await session.plannedBlock(0n); block !== undefined; block = await session.plannedBlock(block.slot + 1n)) {
      slots.push(block.slot);
    }
    const executed = await run(session);
    expect([...new Set(executed.map(({ slot }) => slot))]).toEqual(slots);
    expect(slots.length).toBeGreaterThan(3);
    expect(slots.length).toBeLessThan(16);
    expect(session.summary().correctSimulation).toBe(executed.length);
  });
});

describe("an engine", () => {
  test("an engine divides the slots of its ledger into bundles", async () => {
    const engine = await litesvmEngine(ledgerOf(), { bundleSlots: 40n });
    expect(engine.bundles.map(({ startSlot, endSlot }) => [startSlot, endSlot])).toEqual([
      [START, START + 39n],
      [START + 40n, START + 79n],
      [START + 80n, START + 99n],
    ]);
    expect(engine.programs[0]).toBe(TOKEN_PROGRAM);
    expect((await litesvmEngine(ledgerOf({ endSlot: START + 1_999_999n }))).bundles).toHaveLength(1_000);
  });

  test("an engine refuses a range outside its ledger, and a range without a block", async () => {
    const engine = await litesvmEngine(ledgerOf({ skipRate: 1 }));
    const open = async (startSlot: bigint, endSlot: bigint): Promise<unknown> => {
      try {
        return await engine.open({ startSlot, endSlot } as Parameters<typeof engine.open>[0]);
      } catch (error) {
        return error instanceof BacktestFailure ? error.wire : error;
      }
    };
    expect(await open(START - 1n, START)).toEqual({ bundleNotFound: { start_slot: START - 1n, end_slot: START } });
    expect(await open(START, START + 100n)).toEqual({ bundleNotFound: { start_slot: START, end_slot: START + 100n } });
    expect(await open(START, START + 5n)).toEqual({ noProducedBlocksInRange: { start_slot: START, end_slot: START + 5n } });
  });
});
