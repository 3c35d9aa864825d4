import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../../src/codec/base58.js";
import { derivedAddress } from "../../../../src/local/engine/ledger/derived-address.js";
import {
  COMPUTE_BUDGET,
  closeTokenAccount,
  createSeededAccount,
  initializeMint,
  memo,
  SYSTEM,
  seededAddress,
  setUnitLimit,
  setUnitPrice,
  TOKEN,
  TOKEN_2022,
  transferLamports,
  transferTokens,
} from "../../../../src/local/engine/ledger/instructions.js";
import { keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import { makeWorld } from "../../../../src/local/engine/ledger/ledger-world.js";
import { addressBytes } from "../../../../src/local/engine/litesvm/address-text.js";
import type { LitesvmSession } from "../../../../src/local/engine/litesvm/litesvm-session.js";
import { LOOKUP_TABLE_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { BacktestFailure } from "../../../../src/local/wire/backtest-failure.js";
import type { Instruction } from "../../../../src/local/wire/build-transaction.js";
import { base64, lamportsOf, ledgerOf, openSession, run, START, send, signed, skippedOf, walletOf } from "./litesvm-rig.js";

const alice = walletOf(0);
const bob = walletOf(1);
const world = makeWorld("7");

function pay(lamports: bigint, from = alice, to = bob): Instruction {
  return transferLamports(from.address, to.address, lamports);
}

async function sendPayment(session: LitesvmSession, lamports: bigint, blockhash = session.latestBlockhash().blockhash) {
  return send(session, signed([alice], [pay(lamports)], blockhash));
}

describe("a client's transaction", () => {
  test("a client's transaction is executed in the current block, between the transactions of the ledger", async () => {
    const session = await openSession(ledgerOf());
    await run(session, 3);
    session.executeBatch();
    const before = lamportsOf(session, bob.address);
    const executed = await sendPayment(session, 123n);
    expect(executed).toMatchObject({ slot: START + 3n, meta: { err: null, fee: 5_000n } });
    expect(executed.index).toBeGreaterThan(0);
    expect(lamportsOf(session, bob.address)).toBe(before + 123n);
    expect(executed.diffs.map(({ address, pre, post }) => [address, post!.lamports - pre!.lamports])).toEqual([
      [alice.address.text, -5_123n],
      [bob.address.text, 123n],
    ]);
    const rest = session.executeBatch();
    expect(rest[0]!.index).toBe(executed.index + 1);
  });

  test("a client's transaction changes the outcomes of later transactions in the ledger, and the summary counts the differences", async () => {
    const session = await openSession(ledgerOf());
    await sendPayment(session, 1_000_000n);
    const executed = await run(session);
    const { correctSimulation, balanceDiff, incorrectSimulation } = session.summary();
    expect(balanceDiff).toBeGreaterThan(10);
    expect(incorrectSimulation).toBe(0);
    expect(correctSimulation + balanceDiff).toBe(executed.length);
  });

  test("if a client's transaction empties a token account, the summary counts the ledger transactions that then fail", async () => {
    const session = await openSession(ledgerOf());
    const [base] = world.coins;
    const all = session.account(base.holdings[0]!.account.text)!;
    const amount = new DataView(all.data.buffer, all.data.byteOffset).getBigUint64(64, true);
    const take = transferTokens(base.holdings[0]!, base.holdings[1]!.account, alice.address, amount, base.decimals);
    expect((await send(session, signed([alice], [take], session.latestBlockhash().blockhash))).meta.err).toBeNull();
    await run(session);
    expect(session.summary().incorrectSimulation).toBeGreaterThan(0);
  });

  test("a client's transaction is executed if its blockhash is at most 150 blocks old, and refused otherwise", async () => {
    const session = await openSession(ledgerOf({ endSlot: START + 199n, transactionsPerSlot: 1 }));
    const { blockhash, lastValidBlockHeight } = session.latestBlockhash();
    expect(lastValidBlockHeight).toBe(session.blockHeight() + 150n);
    await run(session, 150);
    expect(session.blockHeight()).toBe(lastValidBlockHeight);
    expect(session.isBlockhashValid(blockhash)).toBe(true);
    expect((await sendPayment(session, 1n, blockhash)).meta.err).toBeNull();
    await run(session, 1);
    expect(session.isBlockhashValid(blockhash)).toBe(false);
    expect(await sendPayment(session, 2n, blockhash)).toMatchObject({
      included: false,
      diffs: [],
      meta: { err: "BlockhashNotFound", fee: 0n, logMessages: [], computeUnitsConsumed: 0 },
    });
  });

  test("a client's transaction is executed only once, even if it is sent twice or is also in the ledger", async () => {
    const session = await openSession(ledgerOf());
    const wire = signed([alice], [pay(5n)], session.latestBlockhash().blockhash);
    const first = await send(session, wire);
    const again = await send(session, wire);
    expect(first.included).toBe(true);
    expect(again).toMatchObject({ included: false, index: first.index + 1, meta: { err: "AlreadyProcessed" } });
    const block = (await ledgerOf().blockFrom(START))!;
    const next = (await ledgerOf().blockFrom(START + 1n))!;
    await run(session, 1);
    // The client sends a transaction from the next block of the ledger, so the replay skips this transaction later.
    expect((await send(session, next.transactions[3]!.wire)).meta.err).toBeNull();
    await run(session, 1);
    expect(skippedOf(session)).toMatchObject([
      { slot: START + 1n, index: 3, reason: "refused", detail: "a client has already sent this transaction" },
    ]);
    expect((await send(session, block.transactions[0]!.wire)).meta.err).toBe("AlreadyProcessed");
    expect((await sendPayment(session, 6n)).index).toBe(0);
    expect(session.summary().executionErrors).toBe(1);
  });

  test("a client's transaction that fails is included in the block and pays its fee, unless its payer has no lamports", async () => {
    const session = await openSession(ledgerOf());
    const { blockhash } = session.latestBlockhash();
    const before = lamportsOf(session, alice.address);
    const failed = await send(session, signed([alice], [pay(2n ** 62n)], blockhash));
    expect(failed.included).toBe(true);
    expect(failed.meta).toMatchObject({ err: { InstructionError: [0, { Custom: 1 }] }, fee: 5_000n });
    expect(lamportsOf(session, alice.address)).toBe(before - 5_000n);

    const pauper = keypairOf("pauper");
    const refused = await send(session, signed([pauper], [pay(1n, pauper)], blockhash));
    expect(refused).toMatchObject({ included: false, meta: { err: "AccountNotFound", fee: 0n } });
  });

  test("a client's transaction pays its fee even if its program is missing", async () => {
    const session = await openSession(ledgerOf());
    const { blockhash } = session.latestBlockhash();
    const before = lamportsOf(session, alice.address);
    const nothing = keypairOf("no program").address;
    const executed = await send(
      session,
      signed([alice], [{ program: nothing, accounts: [], data: new Uint8Array(1) }], blockhash),
    );
    expect(executed.included).toBe(true);
    expect(executed.meta.err).toMatch(/^(ProgramAccountNotFound|InvalidProgramForExecution)$/);
    expect(executed.meta.fee).toBe(5_000n);
    expect(lamportsOf(session, alice.address)).toBe(before - 5_000n);
  });

  test("a client's transaction with a wrong signature is refused", async () => {
    const session = await openSession(ledgerOf());
    const wire = signed([alice], [pay(1n)], session.latestBlockhash().blockhash);
    wire[10]! ^= 1;
    expect(await send(session, wire)).toMatchObject({ included: false, meta: { err: "SignatureFailure" } });
  });

  test("a client's transaction pays a priority fee for the compute units that it requests, or for Solana's default number of units", async () => {
    const session = await openSession(ledgerOf());
    const { blockhash } = session.latestBlockhash();
    for (const budget of [
      [setUnitPrice(1_000_000n)],
      [setUnitPrice(333n), setUnitLimit(10_001)],
      [setUnitPrice(7n), memo("three", alice.address), memo("programs", alice.address)],
    ]) {
      const wire = signed([alice], [...budget, pay(1n)], blockhash);
      const { meta } = await send(session, wire);
      expect(meta.err).toBeNull();
      expect(session.feeForMessage(wire.subarray(65))).toBe(meta.fee);
      expect(meta.fee).toBeGreaterThan(5_000n);
    }
    const tight = await send(session, signed([alice], [setUnitLimit(400), memo("a".repeat(64), alice.address)], blockhash));
    expect(tight.meta.err).toEqual({ InstructionError: [1, "ProgramFailedToComplete"] });
    const broken = { ...setUnitLimit(1), data: Uint8Array.of(2, 1) };
    const unread = await send(session, signed([alice], [broken, pay(1n)], blockhash));
    expect(unread).toMatchObject({
      included: false,
      meta: { err: { InstructionError: [0, "InvalidInstructionData"] }, fee: 0n },
    });
    const twice = await send(session, signed([alice], [setUnitLimit(1), setUnitLimit(2)], blockhash));
    expect(twice).toMatchObject({ included: false, meta: { err: { DuplicateInstruction: 1 } } });
  });

  test("a client's transaction fails if an account would not be rent-exempt afterwards", async () => {
    const session = await openSession(ledgerOf());
    const stranger = keypairOf("stranger");
    const executed = await send(session, signed([alice], [pay(1n, alice, stranger)], session.latestBlockhash().blockhash));
    expect(executed.meta.err).toEqual({ InsufficientFundsForRent: { account_index: 1 } });
    expect(executed.meta.fee).toBe(5_000n);
  });

  test("the outcome of a client's transaction contains the return data of a program", async () => {
    const session = await openSession(ledgerOf());
    const { mint } = world.coins[2];
    // The Token-2022 instruction GetAccountDataSize with the extension ImmutableOwner.
    const ask = { program: TOKEN_2022, accounts: [{ address: mint }], data: Uint8Array.of(21, 7, 0) };
    const { meta } = await send(session, signed([alice], [ask], session.latestBlockhash().blockhash));
    expect(meta.err).toBeNull();
    expect(meta.returnData).toEqual({
      programId: TOKEN_2022.text,
      data: [base64(Uint8Array.of(170, 0, 0, 0, 0, 0, 0, 0)), "base64"],
    });
    expect((await sendPayment(session, 1n)).meta.returnData).toBeNull();
  });

  test("a client's transaction can create and delete accounts", async () => {
    const session = await openSession(ledgerOf());
    const { blockhash } = session.latestBlockhash();
    const mint = seededAddress(alice.address, "mint", TOKEN);
    const make = [
      createSeededAccount(alice.address, "mint", { lamports: 1_461_600n, space: 82, owner: TOKEN }),
      initializeMint(TOKEN, mint, 3, alice.address),
    ];
    const made = await send(session, signed([alice], make, blockhash));
    expect(made.diffs.find(({ address }) => address === mint.text)).toMatchObject({ post: { lamports: 1_461_600n } });
    expect(made.diffs.find(({ address }) => address === mint.text)!.pre).toBeUndefined();
    const empty = { program: TOKEN, mint: world.coins[0].mint, account: world.visitors[0]!.holding.account };
    const close = await send(session, signed([alice], [closeTokenAccount(empty, alice.address, alice.address)], blockhash));
    expect(close.meta.err).toMatchObject({ InstructionError: [0, expect.anything()] });
  });

  test("a client's transaction can load accounts from a lookup table", async () => {
    const session = await openSession(ledgerOf());
    const table = keypairOf("table").address;
    const data = new Uint8Array(56 + 64);
    const view = new DataView(data.buffer);
    view.setUint32(0, 1, true);
    view.setBigUint64(4, 2n ** 64n - 1n, true);
    data.set(keypairOf("other").address.bytes, 56);
    data.set(bob.address.bytes, 88);
    const account = {
      data: { data: base64(data), encoding: "base64" as const },
      executable: false,
      lamports: 2_000_000n,
      space: 120n,
    };
    const { blockhash } = session.latestBlockhash();
    const wire = withLookup(alice, table.bytes, Uint8Array.of(1), blockhash);
    expect(await send(session, wire)).toMatchObject({ included: false, meta: { err: "AddressLookupTableNotFound" } });

    session.applyAccounts({ [table.text]: { ...account, owner: LOOKUP_TABLE_PROGRAM } });
    const before = lamportsOf(session, bob.address);
    const executed = await send(session, wire);
    expect(executed.meta).toMatchObject({ err: null, loadedAddresses: { writable: [bob.address.text], readonly: [] } });
    expect(executed.accounts).toEqual([alice.address.text, SYSTEM.text, bob.address.text]);
    expect(executed.meta.postBalances[2]! - executed.meta.preBalances[2]!).toBe(77n);
    expect(lamportsOf(session, bob.address)).toBe(before + 77n);
    expect(executed.diffs.map(({ address }) => address)).toEqual([alice.address.text, bob.address.text]);
  });

  test("a client's transaction can use a durable nonce", async () => {
    const session = await openSession(ledgerOf());
    const nonce = keypairOf("nonce").address;
    const value = encodeBase58(new Uint8Array(32).fill(7));
    const data = new Uint8Array(80);
    new DataView(data.buffer).setUint32(0, 1, true);
    new DataView(data.buffer).setUint32(4, 1, true);
    data.set(alice.address.bytes, 8);
    data.set(addressBytes(value), 40);
    new DataView(data.buffer).setBigUint64(72, 5_000n, true);
    session.applyAccounts({
      [nonce.text]: {
        data: { data: base64(data), encoding: "base64" },
        executable: false,
        lamports: 1_447_680n,
        owner: SYSTEM.text,
        space: 80n,
      },
    });
    const advance: Instruction = {
      program: SYSTEM,
      accounts: [
        { address: nonce, writable: true },
        { address: { text: RECENT, bytes: addressBytes(RECENT) } },
        { address: alice.address, signer: true },
      ],
      data: Uint8Array.of(4, 0, 0, 0),
    };
    await run(session, 2);
    const executed = await send(session, signed([alice], [advance, pay(9n)], value));
    expect(executed.meta.err).toBeNull();
    expect(executed.diffs.map(({ address }) => address)).toContain(nonce.text);
    // The first transaction has changed the nonce, so the nonce's old value is invalid.
    expect((await send(session, signed([alice], [advance, pay(10n)], value))).meta.err).toBe("BlockhashNotFound");
    const current = encodeBase58(session.account(nonce.text)!.data.subarray(40, 72));
    // Bob is not the authority of the nonce, so his transaction is refused.
    const foreign = { ...advance, accounts: [...advance.accounts.slice(0, 2), { address: bob.address, signer: true }] };
    expect((await send(session, signed([bob], [foreign, pay(1n, bob, alice)], current))).meta.err).toBe("BlockhashNotFound");
    expect((await send(session, signed([alice], [pay(1n), advance], current))).meta.err).toBe("BlockhashNotFound");
    expect((await send(session, signed([alice], [advance, pay(10n)], current))).meta.err).toBeNull();
  });

  test("all transactions of a client are refused if one of them is invalid", async () => {
    const session = await openSession(ledgerOf());
    const good = signed([alice], [pay(1n)], session.latestBlockhash().blockhash);
    const before = lamportsOf(session, alice.address);
    const wireOf = (texts: string[]): unknown => {
      try {
        return session.prepare(texts);
      } catch (error) {
        return error instanceof BacktestFailure ? error.wire : error;
      }
    };
    expect(wireOf([base64(good), "§"])).toEqual({ invalidTransactionEncoding: { index: 1, error: "not valid base64" } });
    for (const bytes of [
      good.subarray(0, 100),
      Uint8Array.of(...good, 0),
      new Uint8Array(0),
      new Uint8Array(300),
      new Uint8Array(1233),
    ]) {
      expect(wireOf([base64(good), base64(bytes)])).toEqual({
        invalidTransactionFormat: { index: 1, error: expect.any(String) },
      });
    }
    expect(lamportsOf(session, alice.address)).toBe(before);
  });

  test("a client can send a transaction after the session has executed the last block", async () => {
    const session = await openSession(ledgerOf({ endSlot: START }));
    await run(session);
    expect(session.currentBlock()).toBeUndefined();
    expect(await sendPayment(session, 1n)).toMatchObject({ slot: START, meta: { err: null } });
  });
});

const RECENT = "SysvarRecentB1ockHashes11111111111111111111";

/** Returns a version 0 transaction that pays 77 lamports to an account from a lookup table. */
function withLookup(payer: typeof alice, table: Uint8Array, writable: Uint8Array, blockhash: string): Uint8Array {
  const message = [
    [0x80, 1, 0, 1, 2, ...payer.address.bytes, ...SYSTEM.bytes, ...addressBytes(blockhash)],
    [1, 1, 2, 0, 2, 12, 2, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0],
    [1, ...table, writable.length, ...writable, 0],
  ].flat();
  const bytes = Uint8Array.from(message);
  return Uint8Array.of(1, ...payer.sign(bytes), ...bytes);
}

test("derivedAddress does not return the address that is used as the seed", () => {
  expect(derivedAddress([alice.address.bytes], COMPUTE_BUDGET).text).not.toBe(alice.address.text);
});
