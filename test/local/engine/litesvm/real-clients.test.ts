import { createHash } from "node:crypto";
import {
  AccountRole,
  type Address,
  address,
  appendTransactionMessageInstruction,
  assertIsTransactionWithBlockhashLifetime,
  createKeyPairSignerFromPrivateKeyBytes,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  getSignatureFromTransaction,
  type KeyPairSigner,
  type Instruction as KitInstruction,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signature,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import {
  ComputeBudgetProgram,
  Keypair,
  PublicKey,
  SystemProgram,
  sendAndConfirmTransaction,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../../../src/client/backtest-client.js";
import { encodeBase58 } from "../../../../src/codec/base58.js";
import { transferLamports } from "../../../../src/local/engine/ledger/instructions.js";
import { SYSTEM_PROGRAM, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { type LocalSimulator, startLocalSimulator } from "../../../../src/local/node/node-server.js";
import { transactionSignature } from "../../../../src/protocol/transaction-notification.js";
import type { ManagedBacktestSession } from "../../../../src/session/managed-backtest-session.js";
import { web3ConnectionTo } from "../../../support/web3-connection.js";
import { ledgerOf, START, walletOf } from "./litesvm-rig.js";

/* These tests run unmodified Solana clients against the RPC of a session. The clients get only the two URLs of the session. */

let simulator: LocalSimulator;
const bob = walletOf(1).address.text;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "litesvm", seed: 7, startSlot: START, slots: 99, transactionsPerSlot: 6 });
});

afterAll(() => simulator.close());

const SECRET = createHash("sha256").update("7/wallet/0").digest();

async function start(mentions = [bob]): Promise<ManagedBacktestSession> {
  const client = new BacktestClient({ url: simulator.url });
  onTestFinished(() => client.close());
  const session = await client.startSession({ startSlot: START, endSlot: START + 19n, sendSummary: true });
  await session.subscribeTransactions(mentions).ready;
  while ((await session.nextEvent()).type !== "readyForContinue");
  return session;
}

/** Executes blocks. Returns the slot and the signature of each transaction notification that arrived in the meantime. */
async function advance(session: ManagedBacktestSession, blocks: bigint): Promise<string[]> {
  const seen: string[] = [];
  await session.continue({ advanceCount: blocks });
  for (;;) {
    const event = await session.nextEvent();
    if (event.type === "transaction") seen.push(`${event.transaction.slot} ${transactionSignature(event.transaction)}`);
    if (event.type === "readyForContinue" || event.type === "completed") return seen;
  }
}

describe("@solana/kit", () => {
  let alice: KeyPairSigner;

  beforeAll(async () => {
    alice = await createKeyPairSignerFromPrivateKeyBytes(SECRET);
  });

  const payment = (to: Address, lamports: bigint): KitInstruction => ({
    programAddress: address(SYSTEM_PROGRAM),
    accounts: [
      { address: alice.address, role: AccountRole.WRITABLE_SIGNER },
      { address: to, role: AccountRole.WRITABLE },
    ],
    data: transferLamports(walletOf(0).address, walletOf(1).address, lamports).data,
  });

  function clientsOf({ info }: ManagedBacktestSession) {
    const rpc = createSolanaRpc(info.rpcEndpoint);
    const rpcSubscriptions = createSolanaRpcSubscriptions(info.wsEndpoint);
    return { rpc, rpcSubscriptions, sendAndConfirm: sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions }) };
  }

  test("@solana/kit sends and confirms a transaction between two continue requests, and reads the transaction and its balances", async () => {
    const session = await start();
    const received = await advance(session, 3n);
    const { rpc, sendAndConfirm } = clientsOf(session);
    const balances = async (): Promise<bigint[]> => [
      (await rpc.getBalance(alice.address).send()).value,
      (await rpc.getBalance(address(bob)).send()).value,
    ];
    const [payer = 0n, payee = 0n] = await balances();
    const { value: blockhash } = await rpc.getLatestBlockhash().send();
    const transaction = await signTransactionMessageWithSigners(
      pipe(
        createTransactionMessage({ version: 0 }),
        (message) => setTransactionMessageFeePayerSigner(alice, message),
        (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
        (message) => appendTransactionMessageInstruction(payment(address(bob), 4_321n), message),
      ),
    );
    assertIsTransactionWithBlockhashLifetime(transaction);
    await sendAndConfirm(transaction, { commitment: "confirmed" });

    expect(await balances()).toEqual([payer - 4_321n - 5_000n, payee + 4_321n]);
    const signature = getSignatureFromTransaction(transaction);
    const found = await rpc.getTransaction(signature, { encoding: "base64", maxSupportedTransactionVersion: 0 }).send();
    expect(found).toMatchObject({ slot: START + 3n, meta: { err: null, fee: 5_000n, computeUnitsConsumed: 150n } });
    received.push(...(await advance(session, 100n)));
    expect(received.filter((text) => text.endsWith(signature))).toEqual([`${START + 3n} ${signature}`]);
  });

  test("@solana/kit receives the reason why a transaction was refused", async () => {
    const session = await start();
    const { rpc, sendAndConfirm } = clientsOf(session);
    const { value: blockhash } = await rpc.getLatestBlockhash().send();
    const transaction = await signTransactionMessageWithSigners(
      pipe(
        createTransactionMessage({ version: "legacy" }),
        (message) => setTransactionMessageFeePayerSigner(alice, message),
        (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
        (message) => appendTransactionMessageInstruction(payment(address(bob), 2n ** 62n), message),
      ),
    );
    assertIsTransactionWithBlockhashLifetime(transaction);
    await expect(sendAndConfirm(transaction, { commitment: "confirmed" })).rejects.toMatchObject({
      // -32002 is the code of a failed preflight. The cause is the error "insufficient funds" of the system program.
      context: { __code: -32002, unitsConsumed: 150n },
      cause: { context: { code: 1, index: 0 } },
    });
  });

  test("@solana/kit subscribes to slots, accounts, accounts of a program, logs and signatures", async () => {
    const session = await start();
    const { rpcSubscriptions } = clientsOf(session);
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const { signal: abortSignal } = stop;
    const block = await ledgerOf({ transactionsPerSlot: 6 }).blockFrom(START + 5n);
    const upcoming = signature(encodeBase58(block!.transactions[0]!.wire.subarray(1, 65)));
    const streams = {
      slots: await rpcSubscriptions.slotNotifications().subscribe({ abortSignal }),
      account: await rpcSubscriptions.accountNotifications(address(bob), { encoding: "base64" }).subscribe({ abortSignal }),
      program: await rpcSubscriptions
        .programNotifications(address(TOKEN_PROGRAM), { encoding: "base64" })
        .subscribe({ abortSignal }),
      signature: await rpcSubscriptions.signatureNotifications(upcoming).subscribe({ abortSignal }),
      logs: await rpcSubscriptions.logsNotifications({ mentions: [address(bob)] }).subscribe({ abortSignal }),
    };
    const first = async <T>(stream: AsyncIterable<T>): Promise<T> => {
      for await (const notification of stream) return notification;
      throw new Error("the stream has ended");
    };
    // The streams of @solana/kit drop notifications that arrive before the first iteration.
    const { slots, program, logs } = streams;
    const heard = Promise.all([first(slots), first(streams.account), first(program), first(logs), first(streams.signature)]);
    const received = await advance(session, 20n);
    const [slot, account, owned, { context, value }, signed] = await heard;
    expect(slot).toEqual({ parent: START - 1n, root: expect.any(BigInt), slot: START });
    expect(account).toMatchObject({ value: { owner: SYSTEM_PROGRAM, lamports: expect.any(BigInt) } });
    expect(owned).toMatchObject({ value: { account: { owner: TOKEN_PROGRAM, space: expect.any(BigInt) } } });
    expect(`${context.slot} ${value.signature}`).toBe(received[0]);
    expect(value.logs![0]).toMatch(/^Program \w+ invoke \[1\]$/);
    expect(signed).toEqual({ context: { slot: START + 5n }, value: { err: null } });
  });
});

describe("@solana/web3.js 1.x", () => {
  /** An account with a small balance: @solana/web3.js 1.x uses doubles, which cannot represent the balances in the ledger. */
  const carol = Keypair.generate();
  const to = Keypair.generate().publicKey;

  async function startWithCarol(): Promise<ManagedBacktestSession> {
    const session = await start([to.toBase58()]);
    const data = { data: "", encoding: "base64" } as const;
    const account = { data, executable: false, lamports: 10n ** 10n, owner: SYSTEM_PROGRAM, space: 0n };
    await session.modifyAccounts({ [carol.publicKey.toBase58()]: account });
    return session;
  }

  test("@solana/web3.js 1.x sends and confirms a transaction between two continue requests, and reads the transaction and its balances", async () => {
    const session = await startWithCarol();
    const received = await advance(session, 2n);
    const connection = web3ConnectionTo(session);
    const payer = await connection.getBalance(carol.publicKey);
    const payee = await connection.getBalance(to);
    const transaction = new Transaction().add(
      ComputeBudgetProgram.setComputeUnitLimit({ units: 1_000 }),
      SystemProgram.transfer({ fromPubkey: carol.publicKey, toPubkey: to, lamports: 1_007_654 }),
    );
    const signature = await sendAndConfirmTransaction(connection, transaction, [carol]);

    expect(await connection.getBalance(carol.publicKey)).toBe(payer - 1_007_654 - 5_000);
    expect(await connection.getBalance(to)).toBe(payee + 1_007_654);
    const found = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(found).toMatchObject({ slot: Number(START) + 2, meta: { err: null, fee: 5_000, computeUnitsConsumed: 300 } });
    expect(found!.transaction.message.compiledInstructions).toHaveLength(2);
    expect((await connection.getSignatureStatus(signature)).value).toMatchObject({ confirmationStatus: "finalized", err: null });
    received.push(...(await advance(session, 100n)));
    expect(received.filter((text) => text.endsWith(signature))).toEqual([`${START + 2n} ${signature}`]);
  });

  test("@solana/web3.js 1.x simulates and sends versioned transactions, and receives the reason for a refusal", async () => {
    const session = await startWithCarol();
    const connection = web3ConnectionTo(session);
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    const paying = (lamports: number): VersionedTransaction => {
      const instructions = [SystemProgram.transfer({ fromPubkey: carol.publicKey, toPubkey: to, lamports })];
      const message = new TransactionMessage({ payerKey: carol.publicKey, recentBlockhash: blockhash, instructions });
      const transaction = new VersionedTransaction(message.compileToV0Message());
      transaction.sign([carol]);
      return transaction;
    };
    expect((await connection.simulateTransaction(paying(1_000_000))).value).toMatchObject({ err: null, unitsConsumed: 150 });
    expect((await connection.getFeeForMessage(paying(1_000_000).message)).value).toBe(5_000);
    const signature = await connection.sendTransaction(paying(1_000_000));
    const confirmed = await connection.confirmTransaction({ signature, blockhash, lastValidBlockHeight });
    expect(confirmed.value.err).toBeNull();
    await expect(connection.sendTransaction(paying(2 ** 50))).rejects.toThrow(
      /Transaction simulation failed.*\n.*custom program error: 0x1|insufficient lamports/s,
    );
  });

  test("@solana/web3.js 1.x sends a transaction with accounts from a lookup table, and reads the transaction back", async () => {
    const session = await startWithCarol();
    const connection = web3ConnectionTo(session);
    const key = Keypair.generate().publicKey;
    const data = new Uint8Array(56 + 32);
    // An active address lookup table with one address.
    const view = new DataView(data.buffer);
    view.setUint32(0, 1, true);
    view.setBigUint64(4, 2n ** 64n - 1n, true);
    data.set(to.toBytes(), 56);
    const owner = "AddressLookupTab1e1111111111111111111111111";
    const encoded = { data: Buffer.from(data).toString("base64"), encoding: "base64" } as const;
    await session.modifyAccounts({
      [key.toBase58()]: { data: encoded, executable: false, lamports: 2_000_000n, owner, space: BigInt(data.length) },
    });
    const { value: table } = await connection.getAddressLookupTable(key);
    const { blockhash } = await connection.getLatestBlockhash();
    const instructions = [SystemProgram.transfer({ fromPubkey: carol.publicKey, toPubkey: to, lamports: 1_000_000 })];
    const message = new TransactionMessage({ payerKey: carol.publicKey, recentBlockhash: blockhash, instructions });
    const transaction = new VersionedTransaction(message.compileToV0Message([table!]));
    transaction.sign([carol]);
    const signature = await connection.sendTransaction(transaction);
    const found = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(found!.transaction.message.addressTableLookups).toEqual([
      { accountKey: key, writableIndexes: [0], readonlyIndexes: [] },
    ]);
    expect(found!.meta!.loadedAddresses).toEqual({ writable: [to], readonly: [] });
    expect(await connection.getBalance(to)).toBe(1_000_000);
  });

  test("@solana/web3.js 1.x reads accounts, and subscribes to slots, accounts, logs and signatures", async () => {
    const session = await startWithCarol();
    const connection = web3ConnectionTo(session);
    const owned = await connection.getProgramAccounts(new PublicKey(TOKEN_PROGRAM), { filters: [{ dataSize: 165 }] });
    expect(owned.length).toBeGreaterThan(10);
    const [one] = owned;
    const [again, none] = await connection.getMultipleAccountsInfo([one!.pubkey, Keypair.generate().publicKey]);
    expect(again!.data.equals(one!.account.data)).toBe(true);
    expect(none).toBeNull();
    expect(again!.lamports).toBe(await connection.getMinimumBalanceForRentExemption(165));

    const heard: Record<string, () => void> = {};
    const listeners: number[] = [];
    const hears = (kind: string): Promise<void> =>
      new Promise((resolve) => {
        heard[kind] = resolve;
      });
    const all = Promise.all(["slot", "account", "logs"].map(hears));
    listeners.push(connection.onAccountChange(to, () => heard.account!()));
    listeners.push(connection.onLogs(to, () => heard.logs!()));
    const slots = connection.onSlotChange(() => heard.slot!());
    await sendAndConfirmTransaction(
      connection,
      new Transaction().add(SystemProgram.transfer({ fromPubkey: carol.publicKey, toPubkey: to, lamports: 1_000_000 })),
      [carol],
    );
    await advance(session, 20n);
    await all;
    expect(await connection.getSlot()).toBe(Number(START) + 19);
    expect(await connection.getBlockTime(Number(START) + 19)).toBeGreaterThan(1_584_368_940);
    await connection.removeSlotChangeListener(slots);
    await connection.removeAccountChangeListener(listeners[0]!);
    await connection.removeOnLogsListener(listeners[1]!);
  });
});
