import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../../src/codec/base64.js";
import type { CreateParams, EngineSession, ExecutedTransaction } from "../../../../src/local/engine/engine.js";
import {
  SYSTEM_PROGRAM,
  syntheticAddress,
  TOKEN_PROGRAM,
  VAULT_PROGRAM,
} from "../../../../src/local/engine/synthetic/synthetic-addresses.js";
import { type SyntheticOptions, syntheticEngine } from "../../../../src/local/engine/synthetic/synthetic-engine.js";
import { makeWorld } from "../../../../src/local/engine/synthetic/synthetic-world.js";
import { systemTransfer } from "../../../../src/local/engine/synthetic/system-program.js";
import { readTokenAccount } from "../../../../src/local/engine/synthetic/token.js";
import { tokenTransfer } from "../../../../src/local/engine/synthetic/token-program.js";
import { selectAccountDiffs, selectTransactions } from "../../../../src/local/notifications/subscription-selections.js";
import { BacktestFailure } from "../../../../src/local/wire/backtest-failure.js";
import { type Address, buildTransaction, type Instruction } from "../../../../src/local/wire/build-transaction.js";
import { isWritable, parseTransaction } from "../../../../src/local/wire/wire-transaction.js";

const SEED = "7";

/** The type of a function that returns no promise, because the synthetic engine is synchronous. */
type Immediate<T> = T extends (...args: infer A) => infer R ? (...args: A) => Exclude<R, Promise<unknown>> : T;
type Session = { [K in keyof EngineSession]: Immediate<EngineSession[K]> };

function open(range: { startSlot: bigint; endSlot: bigint }, options: Partial<SyntheticOptions> = {}): Session {
  const engine = syntheticEngine({
    seed: SEED,
    startSlot: 0n,
    endSlot: 2n ** 64n - 1n,
    skipRate: 0,
    transactionsPerSlot: 6,
    bundleSlots: 1_000n,
    ...options,
  });
  return engine.open(range as CreateParams) as Session;
}

/** Executes the next blocks of a session. By default, executes all remaining blocks. */
function run(session: Session, blocks = Number.POSITIVE_INFINITY): ExecutedTransaction[] {
  const executed: ExecutedTransaction[] = [];
  for (let count = 0; count < blocks; count++) {
    const block = session.currentBlock();
    if (block === undefined) break;
    for (let batch = block.nextBatch; batch < block.batches; batch++) {
      executed.push(...session.executeBatch());
    }
    session.finishBlock();
  }
  return executed;
}

/** Converts transactions to texts for comparison. The texts contain all data that subscriptions report. */
function describeExecuted(executed: ExecutedTransaction[]): string[] {
  const selections = [
    selectTransactions([TOKEN_PROGRAM.text]),
    ...[SYSTEM_PROGRAM, VAULT_PROGRAM].map(({ text }) => selectAccountDiffs(text, "program")),
  ];
  return executed.flatMap((transaction) =>
    selections.flatMap((select) =>
      select({ type: "transaction", slot: transaction.slot, transaction }).map((result) => result.json()),
    ),
  );
}

function lamportsOf(session: Session, { text }: Address): bigint {
  return session.account(text)?.lamports ?? 0n;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** Executes a client's transaction in the current block. */
function send(session: Session, payer: Address, instructions: Instruction[], version: "legacy" | 0 = 0): ExecutedTransaction {
  const { bytes } = buildTransaction({ version, payer, instructions, blockhash: syntheticAddress("hash") }, () =>
    new Uint8Array(64).fill(9),
  );
  const prepared = session.prepare([encodeBase64(bytes)]) as { execute(): ExecutedTransaction[] };
  return prepared.execute()[0]!;
}

describe("the generated ledger for a seed", () => {
  const range = { startSlot: 1_000n, endSlot: 1_049n };

  test("the generated ledger for a seed is always the same, byte for byte, and differs from the ledger for another seed", () => {
    const texts = describeExecuted(run(open(range)));
    expect(texts.length).toBeGreaterThan(300);
    expect(describeExecuted(run(open(range)))).toEqual(texts);
    expect(describeExecuted(run(open(range, { seed: "8" })))).not.toEqual(texts);
  });

  test("the generated ledger for a seed has the same transactions at a slot, whatever the start slot of the session", () => {
    const whole = run(open(range));
    const part = run(open({ startSlot: 1_020n, endSlot: 1_029n }));
    const wires = (executed: ExecutedTransaction[]): string[] => executed.map(({ wire }) => wire);
    expect(wires(part)).toEqual(wires(whole.filter(({ slot }) => slot >= 1_020n && slot <= 1_029n)));
  });

  test("the generated ledger for a seed extends to slot 2^64 - 1", () => {
    const last = 2n ** 64n - 1n;
    const executed = run(open({ startSlot: last - 1n, endSlot: last }));
    expect(new Set(executed.map(({ slot }) => slot))).toEqual(new Set([last - 1n, last]));
  });

  test("each block of a generated ledger has the requested number of transactions, and starts with a successful transaction of the first program", () => {
    const session = open(range);
    expect(session.currentBlock()?.batches).toBeGreaterThan(1);
    const executed = run(session);
    for (let slot = range.startSlot; slot <= range.endSlot; slot++) {
      const own = executed.filter((transaction) => transaction.slot === slot);
      expect(own.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(own[0]?.meta.err).toBeNull();
      expect(own[0]?.programs).toContain(TOKEN_PROGRAM.text);
      expect(own[0]?.diffs.some(({ post }) => post?.owner === TOKEN_PROGRAM.text)).toBe(true);
    }
  });

  test("the generated ledger for a seed contains all transaction versions, all programs, failures, inner instructions, and created and deleted accounts", () => {
    const executed = run(open({ startSlot: 0n, endSlot: 199n }));
    const share = (is: (transaction: ExecutedTransaction) => boolean): number => executed.filter(is).length / executed.length;
    expect(share(({ version }) => version === 0)).toBeGreaterThan(0.3);
    expect(share(({ version }) => version === "legacy")).toBeGreaterThan(0.3);
    expect(share(({ version }) => version === 1)).toBeGreaterThan(0.1);
    expect(share(({ meta }) => meta.err !== null)).toBeGreaterThan(0.03);
    expect(share(({ meta }) => meta.innerInstructions.length > 0)).toBeGreaterThan(0.05);
    expect(share(({ diffs }) => diffs.some(({ pre }) => pre === undefined))).toBeGreaterThan(0.01);
    expect(share(({ diffs }) => diffs.some(({ post }) => post === undefined))).toBeGreaterThan(0.01);
    for (const program of [TOKEN_PROGRAM, VAULT_PROGRAM, SYSTEM_PROGRAM]) {
      expect(share(({ programs }) => programs.includes(program.text))).toBeGreaterThan(0.1);
    }
  });

  test("the generated ledger for a seed skips the requested share of slots, and always the same slots", () => {
    const slots = (seed: string): bigint[] => [
      ...new Set(
        run(open({ startSlot: 0n, endSlot: 999n }, { skipRate: 0.3, transactionsPerSlot: 1, seed })).map(({ slot }) => slot),
      ),
    ];
    expect(slots("a").length).toBeGreaterThan(640);
    expect(slots("a").length).toBeLessThan(760);
    expect(slots("a")).toEqual(slots("a"));
    expect(slots("a")).not.toEqual(slots("b"));
  });
});

describe("the generated transactions", () => {
  const range = { startSlot: 5_000n, endSlot: 5_199n };
  const session = open(range);
  const executed = run(session);

  test("parseTransaction reads the accounts, version and signatures of a generated transaction from its bytes", () => {
    for (const { wire, accounts, signatures, version } of executed) {
      const bytes = decodeBase64(wire);
      expect(bytes.length).toBeLessThanOrEqual(1232);
      const parsed = parseTransaction(bytes);
      expect(parsed.keys).toEqual(accounts);
      expect(parsed.version).toBe(version);
      expect(parsed.signatures).toHaveLength(signatures.length);
    }
    expect(new Set(executed.map(({ signatures }) => signatures[0])).size).toBe(executed.length);
  });

  test("a generated transaction does not change the sum of lamports, except for its fee", () => {
    for (const { meta, diffs } of executed) {
      expect(sum(meta.preBalances) - sum(meta.postBalances)).toBe(meta.fee);
      expect(sum(diffs.map(({ pre, post }) => (pre?.lamports ?? 0n) - (post?.lamports ?? 0n)))).toBe(meta.fee);
    }
  });

  test("each account diff of a generated transaction starts from the previous state, and matches the balances in the meta", () => {
    const states = new Map(makeWorld(SEED).genesis);
    for (const { meta, diffs, accounts } of executed) {
      for (const { address, pre, post } of diffs) {
        expect(pre).toEqual(states.get(address));
        const position = accounts.indexOf(address);
        expect(meta.preBalances[position]).toBe(pre?.lamports ?? 0n);
        expect(meta.postBalances[position]).toBe(post?.lamports ?? 0n);
        if (post === undefined) states.delete(address);
        else states.set(address, post);
      }
      for (const [position, address] of accounts.entries()) {
        expect(meta.postBalances[position]).toBe(states.get(address)?.lamports ?? 0n);
      }
    }
    for (const [address, state] of states) expect(session.account(address)).toEqual(state);
  });

  test("generated transactions never change the sum of tokens, and the token balances in the meta equal those of the accounts", () => {
    const amounts = (accounts: Iterable<string>): bigint =>
      sum([...accounts].map((address) => readTokenAccount(session.account(address))?.amount ?? 0n));
    const world = makeWorld(SEED);
    const initially = sum([...world.genesis.values()].map((state) => readTokenAccount(state)?.amount ?? 0n));
    expect(amounts(world.genesis.keys())).toBe(initially);
    for (const { meta, diffs, accounts } of executed) {
      for (const balance of meta.postTokenBalances) {
        const post = diffs.find(({ address }) => address === accounts[balance.accountIndex])?.post;
        if (post !== undefined) expect(balance.uiTokenAmount.amount).toBe(readTokenAccount(post)?.amount.toString());
      }
    }
  });

  test("a generated transaction that fails changes only the fee payer, and logs the failure", () => {
    const failed = executed.filter(({ meta }) => meta.err !== null);
    for (const { meta, diffs, accounts } of failed) {
      expect(diffs.map(({ address }) => address)).toEqual([accounts[0]]);
      expect(meta.status).toEqual({ Err: meta.err });
      expect(meta.err).toEqual({ InstructionError: [1, { Custom: 1 }] });
      expect(meta.logMessages.at(-1)).toBe(`Program ${TOKEN_PROGRAM.text} failed: custom program error: 0x1`);
    }
  });

  test("generated transactions write only accounts that are writable in the message", () => {
    for (const { wire, diffs } of executed) {
      const parsed = parseTransaction(decodeBase64(wire));
      for (const { address } of diffs) expect(isWritable(parsed, parsed.keys.indexOf(address))).toBe(true);
    }
  });

  test("most balances in generated transactions are above 2^53, so that tests detect rounding to a double", () => {
    const odd = executed
      .flatMap(({ diffs }) => diffs)
      .filter(({ post }) => post !== undefined && BigInt(Number(post.lamports)) !== post.lamports);
    expect(odd.length).toBeGreaterThan(executed.length / 4);
  });

  test("the summary of a session counts the generated transactions that were executed", () => {
    expect(session.summary()).toMatchObject({ correctSimulation: executed.length, incorrectSimulation: 0 });
  });
});

describe("transactions of a client", () => {
  const { wallets, tokens } = makeWorld(SEED);
  const [alice, bob] = wallets as [Address, Address];
  const range = { startSlot: 10n, endSlot: 20n };

  test("transactions of a client are executed in the next block, and have an index in that block", () => {
    const session = open(range);
    const before = lamportsOf(session, bob);
    const own = send(session, alice, [systemTransfer(alice, bob, 1_000n)], "legacy");
    expect(own).toMatchObject({ slot: 10n, index: 0, version: "legacy", programs: [SYSTEM_PROGRAM.text] });
    expect(own.meta).toMatchObject({ err: null, fee: 5_000n, computeUnitsConsumed: 150 });
    expect(lamportsOf(session, bob)).toBe(before + 1_000n);
    const block = run(session, 1);
    expect(block.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(send(session, alice, [systemTransfer(alice, bob, 1n)])).toMatchObject({ slot: 11n, index: 0 });
  });

  test("a client's transfer creates a missing account, and a transfer from a wallet to itself costs only the fee", () => {
    const session = open(range);
    const missing = syntheticAddress("missing");
    const made = send(session, alice, [systemTransfer(alice, missing, 890_880n)]);
    expect(made.diffs.find(({ address }) => address === missing.text)).toEqual({
      address: missing.text,
      post: { lamports: 890_880n, owner: SYSTEM_PROGRAM.text, executable: false, data: new Uint8Array(0) },
    });
    const before = lamportsOf(session, alice);
    send(session, alice, [systemTransfer(alice, alice, 77n)]);
    expect(lamportsOf(session, alice)).toBe(before - 5_000n);
  });

  test.for<[string, () => Instruction, unknown]>([
    ["a transfer of more than the balance", () => systemTransfer(alice, bob, 2n ** 63n), { Custom: 1 }],
    ["a transfer of another wallet's tokens", () => tokenTransfer(tokens[1]!, tokens[3]!, alice, 1n), { Custom: 4 }],
    ["a transfer to a token account of another mint", () => tokenTransfer(tokens[0]!, tokens[1]!, alice, 1n), { Custom: 3 }],
    [
      "an unknown instruction of the system program",
      () => ({ ...systemTransfer(alice, bob, 1n), data: new Uint8Array(12).fill(200) }),
      "InvalidInstructionData",
    ],
    [
      "a transfer from an account that has not signed",
      () => ({
        ...systemTransfer(alice, bob, 1n),
        accounts: [
          { address: bob, writable: true },
          { address: alice, writable: true },
        ],
      }),
      "MissingRequiredSignature",
    ],
    [
      "a transfer to an account that the message does not make writable",
      () => ({
        ...systemTransfer(alice, bob, 1n),
        accounts: [{ address: alice, signer: true, writable: true }, { address: bob }],
      }),
      "ReadonlyLamportChange",
    ],
  ])("a client's transaction fails and pays only its fee: %s", ([, instruction, reason]) => {
    const session = open(range);
    const before = lamportsOf(session, alice);
    const { meta } = send(session, alice, [instruction()]);
    expect(meta.err).toEqual({ InstructionError: [0, reason] });
    expect(lamportsOf(session, alice)).toBe(before - 5_000n);
  });

  test("a client's transaction from a wallet without lamports has no effect and pays no fee", () => {
    const poor = syntheticAddress("poor");
    const { meta, diffs } = send(open(range), poor, [systemTransfer(poor, bob, 1n)]);
    expect(meta).toMatchObject({ err: "InsufficientFundsForFee", fee: 0n });
    expect(diffs).toEqual([]);
  });

  test("if a client's transaction calls an unknown program, the synthetic engine reports success and logs that the program was not executed", () => {
    const program = syntheticAddress("another program");
    const { meta } = send(open(range), alice, [{ program, accounts: [], data: new Uint8Array(1) }]);
    expect(meta.err).toBeNull();
    expect(meta.logMessages[1]).toContain("not executed");
  });

  test("if one of a client's transactions is unreadable, all are refused, and the error contains the index of the unreadable transaction", () => {
    const session = open(range);
    const refusal = (transactions: string[]): unknown => {
      try {
        return session.prepare(transactions);
      } catch (error) {
        return (error as BacktestFailure).wire;
      }
    };
    const { bytes } = buildTransaction(
      { version: 0, payer: alice, instructions: [], blockhash: alice },
      () => new Uint8Array(64),
    );
    expect(refusal([encodeBase64(bytes), "?"])).toEqual({ invalidTransactionEncoding: { index: 1, error: expect.any(String) } });
    expect(refusal([encodeBase64(bytes.subarray(1))])).toEqual({
      invalidTransactionFormat: { index: 0, error: expect.any(String) },
    });
    const withLookup = Uint8Array.from([...bytes.subarray(0, -1), 1, ...alice.bytes, 0, 0]);
    expect(refusal([encodeBase64(withLookup)])).toEqual({
      invalidTransactionFormat: { index: 0, error: expect.stringContaining("lookup tables") },
    });
  });
});

describe("account states that a client sets", () => {
  const [alice] = makeWorld(SEED).wallets as [Address];
  const account = (lamports: bigint) => ({
    data: { data: "AQID", encoding: "base64" as const },
    executable: false,
    lamports,
    owner: SYSTEM_PROGRAM.text,
    space: 3n,
  });

  test("account states that a client sets are visible at once, and an account without lamports is deleted", () => {
    const session = open({ startSlot: 10n, endSlot: 20n });
    session.applyAccounts({ [alice.text]: account(5n) });
    expect(session.account(alice.text)).toEqual({
      lamports: 5n,
      owner: SYSTEM_PROGRAM.text,
      executable: false,
      data: Uint8Array.of(1, 2, 3),
    });
    session.applyAccounts({ [alice.text]: account(0n) });
    expect(session.account(alice.text)).toBeUndefined();
  });

  test("the summary counts the ledger transactions that fail because a client has set an account state", () => {
    const session = open({ startSlot: 10n, endSlot: 60n });
    session.applyAccounts({ [alice.text]: account(1n) });
    const failed = run(session).filter(({ meta }) => meta.err === "InsufficientFundsForFee");
    expect(failed.length).toBeGreaterThan(0);
    expect(session.summary().incorrectSimulation).toBeGreaterThan(0);
  });

  test("applyAccounts throws and changes no account if one of the account states is unreadable", () => {
    const session = open({ startSlot: 10n, endSlot: 20n });
    const bad = { ...account(5n), data: { data: "%%%", encoding: "base64" as const } };
    expect(() => session.applyAccounts({ [alice.text]: account(5n), [VAULT_PROGRAM.text]: bad })).toThrow(BacktestFailure);
    expect(lamportsOf(session, alice)).toBeGreaterThan(5n);
  });
});
