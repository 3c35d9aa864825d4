import { describe, expect, test } from "vitest";
import {
  MEMO,
  memo,
  TOKEN,
  TOKEN_2022,
  transferLamports,
  transferTokens,
} from "../../../../src/local/engine/ledger/instructions.js";
import { keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import { makeWorld } from "../../../../src/local/engine/ledger/ledger-world.js";
import { addressText } from "../../../../src/local/engine/litesvm/address-text.js";
import type { LitesvmSession } from "../../../../src/local/engine/litesvm/litesvm-session.js";
import {
  programDataAddress,
  SLOT_HASHES_SYSVAR,
  SYSTEM_PROGRAM,
  SYSVAR_OWNER,
  UPGRADEABLE_LOADER,
} from "../../../../src/local/engine/litesvm/programs.js";
import { BacktestFailure } from "../../../../src/local/wire/backtest-failure.js";
import type { AccountData } from "../../../../src/protocol/shapes.js";
import {
  base64,
  describeExecuted,
  lamportsOf,
  ledgerOf,
  openSession,
  run,
  START,
  send,
  signed,
  walletOf,
} from "./litesvm-rig.js";

const alice = walletOf(0);
const bob = walletOf(1);

function account(data: Uint8Array, over: Partial<AccountData> = {}): AccountData {
  const encoded = { data: base64(data), encoding: "base64" } as const;
  return {
    data: encoded,
    executable: false,
    lamports: 1_000_000_000n,
    owner: SYSTEM_PROGRAM,
    space: BigInt(data.length),
    ...over,
  };
}

function wallet(lamports: bigint): AccountData {
  return account(new Uint8Array(0), { lamports });
}

function failureOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error instanceof BacktestFailure ? error.wire : error;
  }
}

/** Returns the state of a ProgramData account that replaces the code of a program, see protocol.md, 7. */
function programData(elf: Uint8Array, deploySlot: bigint): AccountData {
  const data = new Uint8Array(45 + elf.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, 3, true);
  view.setBigUint64(4, deploySlot, true);
  data.set(elf, 45);
  return account(data, { owner: UPGRADEABLE_LOADER, lamports: 10_000_000_000n });
}

function codeAddress(session: LitesvmSession, program: string): string {
  return addressText(programDataAddress(session.account(program)!)!);
}

describe("account states that a client sets", () => {
  test("account states that a client sets stay in effect for later blocks", async () => {
    const session = await openSession(ledgerOf());
    const stranger = keypairOf("stranger");
    session.applyAccounts({ [stranger.address.text]: wallet(7_000_000_000n), [bob.address.text]: wallet(0n) });
    expect(session.account(bob.address.text)).toBeUndefined();
    const pay = transferLamports(stranger.address, alice.address, 1_000n);
    const before = lamportsOf(session, alice.address);
    const executed = await send(session, signed([stranger], [pay], session.latestBlockhash().blockhash));
    expect(executed.meta.err).toBeNull();
    expect(executed.meta.preBalances[0]).toBe(7_000_000_000n);
    expect(lamportsOf(session, alice.address)).toBe(before + 1_000n);
  });

  test("account states that a client sets are not applied if one of them is refused", async () => {
    const session = await openSession(ledgerOf());
    const before = session.account(alice.address.text);
    const states = {
      [alice.address.text]: wallet(1n),
      [SLOT_HASHES_SYSVAR]: account(new Uint8Array(16).fill(255), { owner: SYSVAR_OWNER }),
      [bob.address.text]: wallet(1n),
    };
    expect(failureOf(() => session.applyAccounts(states))).toMatchObject({
      invalidAccountEncoding: { address: SLOT_HASHES_SYSVAR, error: expect.stringContaining("SlotHashes") },
    });
    expect(session.account(alice.address.text)).toEqual(before);
    const broken = { ...wallet(1n), data: { data: "§", encoding: "base64" as const } };
    expect(
      failureOf(() => session.applyAccounts({ [alice.address.text]: wallet(1n), [bob.address.text]: broken })),
    ).toMatchObject({
      invalidAccountEncoding: { address: bob.address.text },
    });
    expect(session.account(alice.address.text)).toEqual(before);
    expect((await run(session, 1)).length).toBeGreaterThan(0);
    expect(session.summary().balanceDiff).toBe(0);
  });

  test("an account state is refused if it deletes a program or contains an invalid program", async () => {
    const session = await openSession(ledgerOf());
    expect(failureOf(() => session.applyAccounts({ [MEMO.text]: { ...wallet(0n) } }))).toMatchObject({
      invalidAccountEncoding: { address: MEMO.text, error: expect.stringContaining("cannot be deleted") },
    });
    const { text } = keypairOf("program").address;
    const data = account(new Uint8Array(40), { owner: UPGRADEABLE_LOADER, executable: true });
    expect(failureOf(() => session.applyAccounts({ [text]: data }))).toMatchObject({
      invalidAccountEncoding: {
        address: text,
        error: expect.stringContaining("invalid account data"),
      },
    });
    expect(session.account(text)).toBeUndefined();
    const remark = signed([alice], [memo("still here", alice.address)], session.latestBlockhash().blockhash);
    expect((await send(session, remark)).meta.err).toBeNull();
  });
});

describe("a replaced program", () => {
  test("a replaced program runs its new code, even in transactions of the ledger", async () => {
    const session = await openSession(ledgerOf());
    await run(session, 2);
    const memoCode = session.account(MEMO.text)!.data;
    const code = codeAddress(session, TOKEN_2022.text);
    const original = session.account(code)!;
    session.applyAccounts({ [code]: programData(memoCode, START - 1n) });
    const call = { program: TOKEN_2022, accounts: [], data: new TextEncoder().encode("hello") };
    const executed = await send(session, signed([alice], [call], session.latestBlockhash().blockhash));
    expect(executed.meta.err).toBeNull();
    expect(executed.meta.logMessages).toContain("Program log: hello");
    await run(session);
    expect(session.summary().incorrectSimulation).toBeGreaterThan(20);

    // Restores the original code of the program.
    session.applyAccounts({ [code]: programData(original.data.subarray(45), START - 1n) });
    const again = await send(session, signed([bob], [call], session.latestBlockhash().blockhash));
    expect(again.meta.err).toEqual({ InstructionError: [0, expect.anything()] });
  });

  test("a program keeps its old code if the VM cannot load the new code", async () => {
    const session = await openSession(ledgerOf());
    const code = codeAddress(session, TOKEN.text);
    const before = session.account(code);
    const refused = failureOf(() => session.applyAccounts({ [code]: programData(new Uint8Array(64), START - 1n) }));
    expect(refused).toMatchObject({
      invalidAccountEncoding: {
        address: code,
        error: expect.stringMatching(/^the VM cannot load this code: .*invalid account data.*The program keeps its old code$/),
      },
    });
    expect(session.account(code)).toEqual(before);
    await run(session, 5);
    expect(session.summary()).toMatchObject({ correctSimulation: 50, incorrectSimulation: 0 });
  });

  test("a client can add a new program, and can replace a program for a single simulation", async () => {
    const session = await openSession(ledgerOf());
    const memoCode = session.account(MEMO.text)!.data;
    const program = keypairOf("mine").address;
    const code = keypairOf("my code").address;
    const own = new Uint8Array(36);
    own[0] = 2;
    own.set(code.bytes, 4);
    session.applyAccounts({
      [code.text]: programData(memoCode, START - 1n),
      [program.text]: account(own, { owner: UPGRADEABLE_LOADER, executable: true }),
    });
    const call = { program, accounts: [], data: new TextEncoder().encode("mine") };
    const wire = signed([alice], [call], session.latestBlockhash().blockhash);
    const tokenCode = session.account(codeAddress(session, TOKEN.text))!.data.subarray(45);
    const simulated = session.simulate([base64(wire)], { accountOverrides: { [code.text]: programData(tokenCode, START - 1n) } });
    expect(simulated.transactions[0]!.meta.err).toEqual({ InstructionError: [0, expect.anything()] });
    expect((await send(session, wire)).meta.logMessages).toContain("Program log: mine");
  });
});

describe("a simulation", () => {
  const world = makeWorld("7");
  const [base] = world.coins;

  test("a simulation has no effect on later transactions", async () => {
    const ledger = ledgerOf({ endSlot: START + 9n });
    const plain = await openSession(ledger);
    const expected = describeExecuted(await run(plain), ledger.programs);
    const session = await openSession(ledger);
    const executed = [];
    const stranger = keypairOf("stranger");
    for (let block = 0; block < 10; block++) {
      const { blockhash } = session.latestBlockhash();
      const wires = [
        signed([alice], [transferLamports(alice.address, stranger.address, 5_000_000n)], blockhash),
        signed(
          [alice],
          [transferTokens(base.holdings[0]!, base.holdings[1]!.account, alice.address, 5n, base.decimals)],
          blockhash,
        ),
        signed([bob], [transferLamports(bob.address, alice.address, 2n ** 62n)], blockhash),
      ];
      const { transactions } = session.simulate(wires.map(base64), {
        accountOverrides: { [world.wallets[3]!.address.text]: wallet(1n) },
      });
      expect(transactions.map(({ meta }) => meta.err)).toEqual([null, null, { InstructionError: [0, { Custom: 1 }] }]);
      executed.push(...(await run(session, 1)));
    }
    expect(describeExecuted(executed, ledger.programs)).toEqual(expected);
    expect(session.account(stranger.address.text)).toBeUndefined();
    expect(session.summary()).toEqual(plain.summary());
  });

  test("a simulation executes its transactions in order and returns the final account states", async () => {
    const session = await openSession(ledgerOf());
    const { blockhash } = session.latestBlockhash();
    const poor = keypairOf("poor");
    const wires = [
      signed([alice], [transferLamports(alice.address, poor.address, 9_000_000n)], blockhash),
      signed([poor], [transferLamports(poor.address, bob.address, 8_995_000n)], blockhash),
    ];
    const before = lamportsOf(session, bob.address);
    const { transactions, accounts } = session.simulate(wires.map(base64), {
      returnAccounts: [bob.address.text, poor.address.text],
      checkBlockhash: true,
      verifySignatures: true,
    });
    expect(transactions.map(({ meta }) => meta.err)).toEqual([null, null]);
    expect(transactions[1]!.diffs.find(({ address }) => address === poor.address.text)).toMatchObject({
      pre: { lamports: 9_000_000n },
    });
    expect(accounts.get(bob.address.text)!.lamports).toBe(before + 8_995_000n);
    expect(accounts.get(poor.address.text)).toBeUndefined();
    expect(accounts.has(poor.address.text)).toBe(true);
    expect(lamportsOf(session, bob.address)).toBe(before);
  });

  test("a simulation checks signatures and blockhashes only if its options require these checks", async () => {
    const session = await openSession(ledgerOf());
    const wire = signed([alice], [transferLamports(alice.address, bob.address, 1n)], keypairOf("no hash").address.text);
    const unsigned = wire.slice().fill(0, 1, 65);
    const errOf = (options: Parameters<LitesvmSession["simulate"]>[1]): unknown =>
      session.simulate([base64(unsigned)], options).transactions[0]!.meta.err;
    expect(errOf({})).toBeNull();
    expect(errOf({ checkBlockhash: true })).toBe("BlockhashNotFound");
    expect(errOf({ verifySignatures: true })).toBe("SignatureFailure");
    const executed = await send(
      session,
      signed([alice], [transferLamports(alice.address, bob.address, 1n)], session.latestBlockhash().blockhash),
    );
    expect(session.simulate([executed.wire], { checkBlockhash: true }).transactions[0]!.meta.err).toBe("AlreadyProcessed");
    expect(session.simulate([executed.wire]).transactions[0]!.meta.err).toBeNull();
  });

  test("a simulation with an invalid transaction or an invalid account override is refused and changes no account", async () => {
    const session = await openSession(ledgerOf());
    expect(failureOf(() => session.simulate(["AA=="]))).toMatchObject({ invalidTransactionFormat: { index: 0 } });
    const before = session.account(alice.address.text);
    const overrides = { [alice.address.text]: wallet(1n), [SLOT_HASHES_SYSVAR]: account(new Uint8Array(1)) };
    expect(failureOf(() => session.simulate([], { accountOverrides: overrides }))).toMatchObject({ invalidAccountEncoding: {} });
    expect(session.account(alice.address.text)).toEqual(before);
  });
});

test("programAccounts returns the accounts of a program sorted by address, without accounts that exist only in the VM", async () => {
  const session = await openSession(ledgerOf());
  const wallets = session.programAccounts(SYSTEM_PROGRAM);
  expect([...wallets.keys()]).toEqual([...wallets.keys()].sort());
  // The ledger has 16 wallets, 16 visitors, the issuer and the pool, and every simulator has 8 wallets of its own.
  expect(wallets.size).toBe(42);
  expect(wallets.get(alice.address.text)).toBe(session.account(alice.address.text));
});
