import {
  AccountRole,
  type Address,
  address,
  airdropFactory,
  appendTransactionMessageInstruction,
  assertIsTransactionWithBlockhashLifetime,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  estimateAndSetResourceLimitsFactory,
  estimateResourceLimitsFactory,
  fillTransactionMessageProvisoryResourceLimits,
  getBase64Decoder,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  getTransactionEncoder,
  type KeyPairSigner,
  type Instruction as KitInstruction,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageConfig,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { Keypair, PublicKey, SystemProgram, sendAndConfirmTransaction, Transaction } from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../../../src/client/backtest-client.js";
import { transferLamports } from "../../../../src/local/engine/ledger/instructions.js";
import { MEMO_PROGRAM, SYSTEM_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { type LocalSimulator, startLocalSimulator } from "../../../../src/local/node/node-server.js";
import type { ManagedBacktestSession } from "../../../../src/session/managed-backtest-session.js";
import { web3ConnectionTo } from "../../../support/web3-connection.js";
import { START, walletOf } from "./litesvm-rig.js";

/* These tests use @solana/kit with version 1 transactions, the wallets of the simulator, airdrops, and unverified signatures. */

let simulator: LocalSimulator;
let alice: KeyPairSigner;
let bob: Address;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "litesvm", seed: 7, startSlot: START, slots: 99, transactionsPerSlot: 3 });
  alice = await createKeyPairSignerFromBytes(simulator.wallets[0]!.secretKey);
  bob = address(simulator.wallets[1]!.address);
});

afterAll(() => simulator.close());

async function start(of = simulator): Promise<ManagedBacktestSession> {
  const client = new BacktestClient({ url: of.url });
  onTestFinished(() => client.close());
  const session = await client.startSession({ startSlot: START, endSlot: START + 19n });
  await session.continueUntilReady({ advanceCount: 1 });
  return session;
}

const rpcOf = ({ info }: ManagedBacktestSession) => createSolanaRpc(info.rpcEndpoint);
const LIMITS = { computeUnitLimit: 10_000, loadedAccountsDataSizeLimit: 1_000_000 };

const payment = (amount: bigint): KitInstruction => ({
  programAddress: address(SYSTEM_PROGRAM),
  accounts: [
    { address: alice.address, role: AccountRole.WRITABLE_SIGNER },
    { address: bob, role: AccountRole.WRITABLE },
  ],
  data: transferLamports(walletOf(0).address, walletOf(1).address, amount).data,
});

const memo = (text: string): KitInstruction => ({
  programAddress: address(MEMO_PROGRAM),
  data: new TextEncoder().encode(text),
});

async function draft(session: ManagedBacktestSession, instruction: KitInstruction, config: object = LIMITS) {
  const { value: blockhash } = await rpcOf(session).getLatestBlockhash().send();
  return pipe(
    createTransactionMessage({ version: 1 }),
    (message) => setTransactionMessageFeePayerSigner(alice, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
    (message) => setTransactionMessageConfig(config, message),
    (message) => appendTransactionMessageInstruction(instruction, message),
  );
}

async function sign(session: ManagedBacktestSession, instruction: KitInstruction, config?: object) {
  const transaction = await signTransactionMessageWithSigners(await draft(session, instruction, config));
  assertIsTransactionWithBlockhashLifetime(transaction);
  return transaction;
}

describe("a version 1 transaction of @solana/kit", () => {
  test("a version 1 transaction of @solana/kit is sent and confirmed, and read back with its compute budget", async () => {
    const session = await start();
    const rpc = rpcOf(session);
    const rpcSubscriptions = createSolanaRpcSubscriptions(session.info.wsEndpoint);
    const before = (await rpc.getBalance(alice.address).send()).value;
    const transaction = await sign(session, payment(1_234n), { ...LIMITS, priorityFeeLamports: 777n, heapSize: 65_536 });
    await sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions })(transaction, { commitment: "confirmed" });
    expect((await rpc.getBalance(alice.address).send()).value).toBe(before - 1_234n - 5_777n);
    const signature = getSignatureFromTransaction(transaction);
    const found = await rpc.getTransaction(signature, { encoding: "json", maxSupportedTransactionVersion: 1 }).send();
    expect(found).toMatchObject({
      version: 1,
      meta: { err: null, fee: 5_777n, computeUnitsConsumed: 150n },
      transaction: {
        signatures: [signature],
        message: {
          transactionConfig: {
            computeUnitLimit: 10_000,
            heapSize: 65_536,
            loadedAccountsDataSizeLimit: 1_000_000,
            priorityFee: 777n,
          },
        },
      },
    });
    const raw = await rpc.getTransaction(signature, { encoding: "base64", maxSupportedTransactionVersion: 1 }).send();
    expect(raw?.transaction[0]).toBe(getBase64EncodedWireTransaction(transaction));
  });

  test("the fee of a version 1 transaction of @solana/kit is 5,000 lamports per signature plus the priority fee in its config", async () => {
    const session = await start();
    const rpc = rpcOf(session);
    for (const [config, fee] of [
      [LIMITS, 5_000n],
      [{ ...LIMITS, priorityFeeLamports: 123n }, 5_123n],
      [{ priorityFeeLamports: 1n }, 5_001n],
    ] as const) {
      const { messageBytes } = await sign(session, payment(1n), config);
      const message = getBase64Decoder().decode(messageBytes) as Parameters<typeof rpc.getFeeForMessage>[0];
      expect((await rpc.getFeeForMessage(message).send()).value).toBe(fee);
    }
  });

  test("the estimator of @solana/kit sets the limits of a version 1 transaction from the result of a simulation", async () => {
    const session = await start();
    const rpc = rpcOf(session);
    const provisory = fillTransactionMessageProvisoryResourceLimits(await draft(session, memo("hello"), {}));
    const estimate = estimateAndSetResourceLimitsFactory(estimateResourceLimitsFactory({ rpc }));
    const message = await estimate(provisory);
    const transaction = await signTransactionMessageWithSigners(message);
    const { transactions } = await session.continueUntilReady({ transactions: [transaction], advanceCount: 1 });
    expect(transactions).toMatchObject([{ signature: getSignatureFromTransaction(transaction), outcome: { err: null } }]);
  });

  test("a version 1 transaction of @solana/kit fails with the same error as on mainnet if it sets a limit that is too low", async () => {
    const session = await start();
    const outcomes = [];
    for (const config of [
      { ...LIMITS, computeUnitLimit: 10 },
      { ...LIMITS, loadedAccountsDataSizeLimit: 10 },
    ]) {
      const { transactions } = await session.continueUntilReady({ transactions: [await sign(session, memo("x"), config)] });
      outcomes.push(transactions[0]?.outcome?.err);
    }
    expect(outcomes).toEqual([{ InstructionError: [0, "ProgramFailedToComplete"] }, "MaxLoadedAccountsDataSizeExceeded"]);
  });

  test("a version 1 transaction that sets no limits gets the default limits of version 0", async () => {
    const session = await start();
    const empty = getTransactionEncoder().encode(await sign(session, memo(""), {})).length;
    const big = await sign(session, memo("m".repeat(4_096 - empty)), {});
    expect(getTransactionEncoder().encode(big)).toHaveLength(4_096);
    const wire = getBase64EncodedWireTransaction(big);
    const rpc = rpcOf(session);
    const simulated = await rpc.simulateTransaction(wire, { encoding: "base64", sigVerify: true }).send();
    expect(simulated.value).toMatchObject({ err: null, loadedAccountsDataSize: expect.any(Number) });
    expect(simulated.value.logs?.join()).toContain(" of 200000 compute units");
    const { transactions } = await session.continueUntilReady({ transactions: [big] });
    expect(transactions).toMatchObject([{ signature: getSignatureFromTransaction(big), outcome: { err: null } }]);
  });

  test("a transaction with an unknown version is refused, and the error contains the version number", async () => {
    const session = await start();
    const bytes = Uint8Array.from(getTransactionEncoder().encode(await sign(session, memo("later"))));
    bytes[0] = 0x82;
    const wire = Buffer.from(bytes).toString("base64") as Parameters<ReturnType<typeof rpcOf>["sendTransaction"]>[0];
    const sent = rpcOf(session).sendTransaction(wire, { encoding: "base64" }).send();
    await expect(sent).rejects.toThrow(/version 2 is unknown/);
    await expect(session.continueUntilReady({ transactions: [wire] })).rejects.toThrow(/version 2 is unknown/);
  });
});

describe("signatures", () => {
  const forge = async (session: ManagedBacktestSession, fill: number) => {
    const bytes = Uint8Array.from(getTransactionEncoder().encode(await sign(session, payment(BigInt(1_000 + fill)))));
    return bytes.fill(fill, bytes.length - 64);
  };

  test("signatures in a continue request are not verified by default", async () => {
    const session = await start();
    const unsigned = [await forge(session, 0), await forge(session, 9)];
    const before = (await rpcOf(session).getBalance(bob).send()).value;
    const { transactions } = await session.continueUntilReady({ transactions: unsigned });
    expect(transactions.map(({ outcome }) => outcome?.err)).toEqual([null, null]);
    expect((await rpcOf(session).getBalance(bob).send()).value).toBe(before + 2_009n);
  });

  test("two unsigned transactions with different messages are both executed, and a repeated message is executed only once", async () => {
    const session = await start();
    const [one, two] = [await sign(session, payment(1n)), await sign(session, payment(2n))].map((transaction) =>
      Uint8Array.from(getTransactionEncoder().encode(transaction)),
    );
    const unsigned = [one!, two!, one!].map((bytes) => bytes.slice().fill(0, bytes.length - 64));
    const before = (await rpcOf(session).getBalance(bob).send()).value;
    await session.continueUntilReady({ transactions: unsigned });
    expect((await rpcOf(session).getBalance(bob).send()).value).toBe(before + 3n);
  });

  test("signatures in a continue request are verified if verifySignatures is set", async () => {
    const strict = await startLocalSimulator({ engine: "litesvm", seed: 7, startSlot: START, slots: 20, verifySignatures: true });
    onTestFinished(() => strict.close());
    const session = await start(strict);
    const { transactions } = await session.continueUntilReady({ transactions: [await forge(session, 9)] });
    expect(transactions.map(({ outcome }) => outcome?.err)).toEqual(["SignatureFailure"]);
  });

  test("sendTransaction refuses a version 1 transaction with an invalid signature", async () => {
    const session = await start();
    const bytes = Uint8Array.from(getTransactionEncoder().encode(await sign(session, payment(5n), {})));
    const wire = Buffer.from(bytes.fill(7, bytes.length - 64)).toString("base64");
    const send = rpcOf(session).sendTransaction(wire as Parameters<ReturnType<typeof rpcOf>["sendTransaction"]>[0], {
      encoding: "base64",
    });
    await expect(send.send()).rejects.toMatchObject({ context: { __code: -32002 } });
  });
});

describe("an injected transaction that cannot run", () => {
  test("if an injected transaction cannot run, the result of the continue request has the reason, and no subscription delivers the transaction", async () => {
    const session = await start();
    const poor = Keypair.generate();
    const subscription = session.subscribeTransactions([poor.publicKey.toBase58()]);
    await subscription.ready;
    const { value } = await rpcOf(session).getLatestBlockhash().send();
    const transaction = new Transaction({ feePayer: poor.publicKey, recentBlockhash: value.blockhash }).add(
      SystemProgram.transfer({ fromPubkey: poor.publicKey, toPubkey: new PublicKey(bob), lamports: 1 }),
    );
    transaction.sign(poor);
    const { transactions } = await session.continueUntilReady({ transactions: [transaction], advanceCount: 1 });
    expect(transactions).toMatchObject([{ outcome: { err: "AccountNotFound", logs: [], unitsConsumed: 0n } }]);
    const signature = transactions[0]!.signature as Parameters<ReturnType<typeof rpcOf>["getTransaction"]>[0];
    expect(
      await rpcOf(session).getTransaction(signature, { maxSupportedTransactionVersion: 1, encoding: "json" }).send(),
    ).toBeNull();
    expect(simulator.record.session(session.info.sessionId)?.notifications("transaction", poor.publicKey.toBase58())).toEqual([]);
  });
});

describe("the wallets of a simulator", () => {
  test("@solana/web3.js can sign with the wallets of a simulator, and each wallet has 1,000 SOL", async () => {
    const session = await start();
    const connection = web3ConnectionTo(session);
    const wallet = Keypair.fromSecretKey(simulator.wallets[2]!.secretKey);
    expect(wallet.publicKey.toBase58()).toBe(simulator.wallets[2]!.address);
    expect(await connection.getBalance(wallet.publicKey)).toBe(10 ** 12);
    const transfer = SystemProgram.transfer({ fromPubkey: wallet.publicKey, toPubkey: new PublicKey(bob), lamports: 7 });
    const before = await connection.getBalance(new PublicKey(bob));
    await sendAndConfirmTransaction(connection, new Transaction().add(transfer), [wallet]);
    expect(await connection.getBalance(new PublicKey(bob))).toBe(before + 7);
  });

  test("@solana/kit derives the addresses of the simulator's wallets from their keys", async () => {
    for (const { address: own, secretKey } of simulator.wallets) {
      expect((await createKeyPairSignerFromBytes(secretKey)).address).toBe(own);
    }
    expect(new Set(simulator.wallets.map(({ address: own }) => own)).size).toBe(8);
  });
});

describe("requestAirdrop", () => {
  test("requestAirdrop adds lamports to a new account, and @solana/kit and @solana/web3.js can confirm the airdrop", async () => {
    const session = await start();
    const rpc = rpcOf(session);
    const rpcSubscriptions = createSolanaRpcSubscriptions(session.info.wsEndpoint);
    const [one, two] = [Keypair.generate().publicKey, Keypair.generate().publicKey];
    const drop = airdropFactory({ rpc, rpcSubscriptions } as Parameters<typeof airdropFactory>[0]);
    await drop({ commitment: "confirmed", recipientAddress: address(one.toBase58()), lamports: lamports(3_000_000_000n) });
    expect((await rpc.getBalance(address(one.toBase58())).send()).value).toBe(3_000_000_000n);

    const connection = web3ConnectionTo(session);
    const latest = await connection.getLatestBlockhash();
    const signatures = [await connection.requestAirdrop(two, 10 ** 9), await connection.requestAirdrop(two, 10 ** 9)];
    for (const signature of signatures) {
      expect((await connection.confirmTransaction({ signature, ...latest })).value.err).toBeNull();
    }
    expect(await connection.getBalance(two)).toBe(2 * 10 ** 9);
  });

  test("requestAirdrop is refused with a reason if the amount is too small for a new account, or too large", async () => {
    const session = await start();
    const connection = web3ConnectionTo(session);
    await expect(connection.requestAirdrop(Keypair.generate().publicKey, 1)).rejects.toThrow(/insufficient funds for rent/);
    await expect(connection.requestAirdrop(Keypair.generate().publicKey, 2 ** 62.5)).rejects.toThrow(/an airdrop can be at most/);
  });
});
