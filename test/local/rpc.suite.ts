import { describe, expect, onTestFinished, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../src/codec/base58.js";
import { decodeBase64 } from "../../src/codec/base64.js";
import { parseJson } from "../../src/codec/json.js";
import { SYSTEM_PROGRAM } from "../../src/local/engine/synthetic/synthetic-addresses.js";
import { tokenTransfer } from "../../src/local/engine/synthetic/token-program.js";
import { accountData, ownTransaction, transfer, WORLD } from "./transactions.js";
import {
  continueBy,
  createSession,
  type Message,
  results,
  rpc,
  type StartSimulator,
  subscribe,
  type TestSession,
  type TestSimulator,
  transactions,
} from "./wire-client.js";

const BASE64 = { encoding: "base64" };
const ANY_VERSION = { maxSupportedTransactionVersion: 1 };
const NOBODY = "BPFLoaderUpgradeab1e11111111111111111111111";

/** Tests the JSON-RPC of a session: protocol.md, 7. More tests are in http.suite.ts. */
export function rpcSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const executed = async (sim: TestSimulator, blocks = 10): Promise<TestSession> => {
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    continueBy(session, blocks);
    await session.control.method("readyForContinue", "completed");
    return session;
  };

  const value = ({ result, error }: Message): unknown => {
    if (error !== undefined) throw new Error(error.message);
    return (result as { value: unknown }).value;
  };

  const balance = async (sim: TestSimulator, session: TestSession, address: string): Promise<bigint> =>
    BigInt(value(await rpc(sim, session, "getBalance", address)) as bigint);

  const [alice, bob] = WORLD.wallets as [(typeof WORLD.wallets)[0], (typeof WORLD.wallets)[0]];

  test("getMultipleAccounts returns accounts in the order of the addresses", async () => {
    const sim = await running();
    const session = await executed(sim);
    const addresses = [alice.text, NOBODY, WORLD.tokens[3]!.text];
    const single = await Promise.all(
      addresses.map(async (address) => value(await rpc(sim, session, "getAccountInfo", address, BASE64))),
    );
    const several = await rpc(sim, session, "getMultipleAccounts", addresses, BASE64);
    expect(several.result).toEqual({ context: { slot: 109 }, value: single });
    expect(single[1]).toBeNull();
    expect((await rpc(sim, session, "getMultipleAccounts", alice.text)).error?.code).toBe(-32602);
    expect((await rpc(sim, session, "getMultipleAccounts", new Array(101).fill(alice.text))).error?.code).toBe(-32602);
  });

  test("getProgramAccounts returns the accounts of the program that match the filters", async () => {
    const sim = await running();
    const session = await executed(sim);
    const [token = "", vault = ""] = sim.programs;
    const addressesOf = (list: unknown): string[] => (list as { pubkey: string }[]).map(({ pubkey }) => pubkey);
    const tokens = (await rpc(sim, session, "getProgramAccounts", token, BASE64)).result as { account: { data: [string] } }[];
    expect(addressesOf(tokens).toSorted()).toEqual([...WORLD.tokens, ...WORLD.mints].map(({ text }) => text).toSorted());
    const mint = WORLD.mints[0]!;
    const filters = [{ dataSize: 165 }, { memcmp: { offset: 0, bytes: mint.text } }];
    const held = await rpc(sim, session, "getProgramAccounts", token, { ...BASE64, filters, withContext: true });
    expect((held.result as { context: unknown }).context).toEqual({ slot: 109 });
    expect(addressesOf(value(held))).toEqual(WORLD.tokens.filter((_, index) => index % 2 === 0).map(({ text }) => text));
    const sliced = await rpc(sim, session, "getProgramAccounts", vault, { ...BASE64, dataSlice: { offset: 0, length: 0 } });
    expect((sliced.result as { account: { data: unknown } }[])[0]?.account.data).toEqual(["", "base64"]);
    expect((await rpc(sim, session, "getProgramAccounts", token, { filters: [5] })).error?.code).toBe(-32602);
  });

  test("a blockhash from getLatestBlockhash is valid until the block height has increased by 150", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 400n });
    const latest = async (): Promise<{ blockhash: string; lastValidBlockHeight: number }> =>
      value(await rpc(sim, session, "getLatestBlockhash")) as never;
    const isValid = async (blockhash: string): Promise<unknown> => value(await rpc(sim, session, "isBlockhashValid", blockhash));
    const first = await latest();
    expect(decodeBase58(first.blockhash)).toHaveLength(32);
    const height = (await rpc(sim, session, "getBlockHeight")).result as number;
    expect(first.lastValidBlockHeight).toBe(height + 150);
    continueBy(session, 149);
    await session.control.method("readyForContinue");
    expect((await rpc(sim, session, "getBlockHeight")).result).toBe(height + 149);
    expect((await latest()).blockhash).not.toBe(first.blockhash);
    expect(await isValid(first.blockhash)).toBe(true);
    continueBy(session, 1);
    await session.control.method("readyForContinue");
    expect(await isValid(first.blockhash)).toBe(false);
    expect(await isValid((await latest()).blockhash)).toBe(true);
    expect((await rpc(sim, session, "isBlockhashValid", 5)).error?.code).toBe(-32602);
  });

  test("getEpochInfo returns the epoch, slot and block height of the session's position", async () => {
    const sim = await running({ startSlot: 431_995n });
    const session = await createSession(sim, { startSlot: 431_995n, endSlot: 432_010n });
    continueBy(session, 7);
    await session.control.method("readyForContinue");
    expect((await rpc(sim, session, "getEpochInfo")).result).toEqual({
      absoluteSlot: 432_001,
      blockHeight: (await rpc(sim, session, "getBlockHeight")).result,
      epoch: 1,
      slotIndex: 1,
      slotsInEpoch: 432_000,
      transactionCount: null,
    });
  });

  test("getBlockTime returns the time of executed blocks and of the current block", async () => {
    const sim = await running({ skipRate: 0.5, seed: 4 });
    const session = await executed(sim, 8);
    const [diff] = sim.record.session(session.sessionId)?.notifications("accountDiff", sim.programs[0]) ?? [];
    const { context, block_time } = parseJson(diff?.json() ?? "") as { context: { slot: number }; block_time: number };
    expect((await rpc(sim, session, "getBlockTime", context.slot)).result).toBe(block_time);
    const slots = sim.record.session(session.sessionId)?.notifications("slot") ?? [];
    const had = new Set(slots.map(({ slot }) => Number(slot)));
    const last = Math.max(...had);
    const skipped = Array.from({ length: last - 100 }, (_, index) => 100 + index).find((slot) => !had.has(slot));
    expect((await rpc(sim, session, "getBlockTime", skipped)).error?.code).toBe(-32009);
    expect((await rpc(sim, session, "getBlockTime", 100_000)).error?.code).toBe(-32004);
    expect((await rpc(sim, session, "getBlockTime", -1)).error?.code).toBe(-32602);
  });

  test("getMinimumBalanceForRentExemption returns the same amounts as Solana", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    for (const [space, lamports] of [
      [0, 890_880],
      [82, 1_461_600],
      [165, 2_039_280],
    ]) {
      expect((await rpc(sim, session, "getMinimumBalanceForRentExemption", space)).result).toBe(lamports);
    }
    expect((await rpc(sim, session, "getMinimumBalanceForRentExemption", 2 ** 40)).error?.code).toBe(-32602);
  });

  test.for(["getMinimumBalanceForRentExemption", "getBlockTime", "requestAirdrop"])(
    "%s refuses negative integers of any size",
    async (method) => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const before = await balance(sim, session, bob.text);
      for (const number of [-1, -(2n ** 64n), -(2n ** 64n) + 5n]) {
        const params = method === "requestAirdrop" ? [bob.text, number] : [number];
        expect((await rpc(sim, session, method, ...params)).error?.code).toBe(-32602);
      }
      expect(await balance(sim, session, bob.text)).toBe(before);
    },
  );

  test("getFeeForMessage returns 5,000 lamports per signature", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    expect(value(await rpc(sim, session, "getFeeForMessage", transfer(1n).message))).toBe(5_000);
    expect((await rpc(sim, session, "getFeeForMessage", "AA==")).error?.message).toContain("invalidTransactionFormat");
    expect((await rpc(sim, session, "getFeeForMessage", "%")).error?.code).toBe(-32602);
  });

  test("modifyAccounts changes account states at once, and later changes start from the new states", async () => {
    const sim = await running();
    const session = await executed(sim, 1);
    // Runs a second session further than the first, to find an account that changes after slot 105.
    const ahead = await executed(sim, 100);
    const written = sim.record.session(ahead.sessionId)?.notifications("accountDiff", SYSTEM_PROGRAM.text) ?? [];
    const { account: address } = parseJson(written.find(({ slot }) => slot > 105n)?.json() ?? "") as { account: string };
    const lamports = 2n ** 60n + 1n;
    const state = accountData(lamports, SYSTEM_PROGRAM.text, "");
    const nobody = accountData(5n, SYSTEM_PROGRAM.text, "AQID");
    const modified = await rpc(sim, session, "modifyAccounts", { [address]: state, [NOBODY]: nobody });
    expect(modified.result).toBe(2);
    expect(await balance(sim, session, address)).toBe(lamports);
    expect(value(await rpc(sim, session, "getAccountInfo", NOBODY, BASE64))).toMatchObject({
      lamports: 5,
      data: ["AQID", "base64"],
    });
    continueBy(session, 100);
    await session.control.method("completed");
    const diffs = (sim.record.session(session.sessionId)?.notifications("accountDiffOf", address) ?? []).map(
      (diff) => parseJson(diff.json()) as { context: { slot: number }; pre: { lamports: bigint } },
    );
    expect(diffs.find(({ context }) => context.slot > 100)?.pre.lamports).toBe(lamports);
    expect((await rpc(sim, session, "modifyAccounts", { [address]: { lamports: 1 } })).error?.code).toBe(-32602);
    expect((await rpc(sim, session, "modifyAccounts", { nobody: state })).error?.code).toBe(-32602);
    const bad = { ...state, data: { data: "%", encoding: "base64" } };
    expect((await rpc(sim, session, "modifyAccounts", { [address]: bad })).error?.message).toContain("invalidAccountEncoding");
  });

  describe("simulateTransaction", () => {
    test("simulateTransaction returns the outcome and changes nothing", async () => {
      const sim = await running();
      const session = await executed(sim);
      const before = await balance(sim, session, bob.text);
      const { base64, signature } = transfer(123n);
      const accounts = { encoding: "base64", addresses: [bob.text, NOBODY] };
      const answer = await rpc(sim, session, "simulateTransaction", base64, { ...BASE64, accounts, innerInstructions: true });
      expect(answer.result).toMatchObject({
        context: { slot: 109 },
        value: {
          err: null,
          logs: [`Program ${SYSTEM_PROGRAM.text} invoke [1]`, `Program ${SYSTEM_PROGRAM.text} success`],
          unitsConsumed: 150,
          returnData: null,
          accounts: [{ lamports: before + 123n }, null],
          innerInstructions: [],
        },
      });
      expect(await balance(sim, session, bob.text)).toBe(before);
      expect((await rpc(sim, session, "getTransaction", signature)).result).toBeNull();
    });

    test("simulateTransaction with replaceRecentBlockhash returns the replacement blockhash, and refuses sigVerify", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const config = { ...BASE64, replaceRecentBlockhash: true };
      const simulated = value(await rpc(sim, session, "simulateTransaction", transfer(1n).base64, config));
      expect(simulated).toMatchObject({ err: null, replacementBlockhash: value(await rpc(sim, session, "getLatestBlockhash")) });
      const refused = await rpc(sim, session, "simulateTransaction", transfer(1n).base64, { ...config, sigVerify: true });
      expect(refused.error).toMatchObject({ code: -32602, message: expect.stringContaining("sigVerify") });
    });

    test("simulateTransaction accepts account overrides and base58, and reports failures", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const { base64 } = transfer(1n);
      const poor = { [alice.text]: accountData(1n, SYSTEM_PROGRAM.text, "") };
      const answer = await rpc(sim, session, "simulateTransaction", base64, { ...BASE64, modifyAccountStates: poor });
      expect(value(answer)).toMatchObject({ err: "InsufficientFundsForFee", accounts: null });
      const base58 = encodeBase58(decodeBase64(base64));
      expect(value(await rpc(sim, session, "simulateTransaction", base58))).toMatchObject({ err: null });
      expect((await rpc(sim, session, "simulateTransaction", "0OIl")).error?.code).toBe(-32602);
      expect((await rpc(sim, session, "simulateTransaction", "%", BASE64)).error?.message).toContain("Encoding");
      expect((await rpc(sim, session, "simulateTransaction", "AA==", BASE64)).error?.message).toContain("Format");
      expect((await rpc(sim, session, "simulateTransaction", base64, { encoding: "hex" })).error?.code).toBe(-32602);
    });
  });

  describe("sendTransaction", () => {
    test("sendTransaction executes the transaction in the next block, and subscriptions and RPC calls report it", async () => {
      const sim = await running();
      const session = await executed(sim, 5);
      const socket = await subscribe(sim, session, transactions(bob.text));
      await socket.answer(1);
      const before = await balance(sim, session, bob.text);
      const { base64, signature } = transfer(1_000n);
      expect((await rpc(sim, session, "sendTransaction", base64, BASE64)).result).toBe(signature);
      expect(await balance(sim, session, bob.text)).toBe(before + 1_000n);
      await socket.until((message) => results([message]).some((text) => text.includes(base64)));
      expect((await rpc(sim, session, "getTransaction", signature, { ...BASE64, ...ANY_VERSION })).result).toMatchObject({
        slot: 105,
        transaction: [base64, "base64"],
        meta: { err: null },
      });
      const statuses = await rpc(sim, session, "getSignatureStatuses", [signature, "1".repeat(64)], {});
      expect(statuses.result).toEqual({
        context: { slot: 104 },
        value: [{ slot: 105, confirmations: null, err: null, status: { Ok: null }, confirmationStatus: "finalized" }, null],
      });
      expect((await rpc(sim, session, "getSignatureStatuses", signature)).error?.code).toBe(-32602);
      // In the block of slot 105, the sent transaction has the index 0. The first transaction of the ledger has the index 1.
      continueBy(session, 1);
      await session.control.method("readyForContinue");
      const own = sim.record.session(session.sessionId)?.notifications("transaction", sim.programs[0]) ?? [];
      expect(own.find(({ slot }) => slot === 105n)?.json()).toContain('"transactionIndex":1');
    });

    test("unless preflight is skipped, sendTransaction refuses a failing transaction, and the error contains the logs", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const failing = ownTransaction(alice, tokenTransfer(WORLD.tokens[1]!, WORLD.tokens[3]!, alice, 1n));
      const refused = await rpc(sim, session, "sendTransaction", failing.base64, BASE64);
      expect(refused.error).toMatchObject({
        code: -32002,
        message: "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x4",
        data: { err: { InstructionError: [0, { Custom: 4 }] }, logs: expect.any(Array) },
      });
      expect((await rpc(sim, session, "getTransaction", failing.signature)).result).toBeNull();
      const config = { ...BASE64, skipPreflight: true };
      expect((await rpc(sim, session, "sendTransaction", failing.base64, config)).result).toBe(failing.signature);
      expect((await rpc(sim, session, "getSignatureStatuses", [failing.signature])).result).toMatchObject({
        value: [{ err: { InstructionError: [0, { Custom: 4 }] } }],
      });
    });

    test("sendTransaction executes the transaction between two batches while a `continue` request runs", async () => {
      const sim = await running({ slotDelayMs: 1 });
      const session = await createSession(sim, { startSlot: 100n, endSlot: 400n });
      continueBy(session, 300);
      await session.control.method("slotNotification");
      const sent = [transfer(1n), transfer(2n), transfer(3n)];
      for (const { base64, signature } of sent) {
        expect((await rpc(sim, session, "sendTransaction", base64, BASE64)).result).toBe(signature);
      }
      session.control.send({ method: "continueTo", params: { slot: 100 } });
      await session.control.method("paused");
      const seen = sim.record.session(session.sessionId)?.notifications("transaction", alice.text) ?? [];
      const places = seen.filter(({ key }) => sent.some(({ signature }) => signature === key));
      expect(places).toHaveLength(3);
      // Each transaction has its own index in its block.
      const all = sim.programs.flatMap(
        (program) => sim.record.session(session.sessionId)?.notifications("transaction", program) ?? [],
      );
      const taken = new Map(
        all.map((result) => {
          const { slot, transactionIndex } = parseJson(result.json()) as { slot: number; transactionIndex: number };
          return [result.key, `${slot}/${transactionIndex}`];
        }),
      );
      expect(new Set(taken.values()).size).toBe(taken.size);
    });

    test("sendTransaction refuses invalid transaction bytes, and any transaction after the last block", async () => {
      const sim = await running();
      const session = await executed(sim, 100);
      const late = await rpc(sim, session, "sendTransaction", transfer(1n).base64, BASE64);
      expect(late.error?.message).toContain("no more blocks");
      expect((await rpc(sim, session, "sendTransaction", 5, BASE64)).error?.code).toBe(-32602);
      expect((await rpc(sim, session, "sendTransaction", "AA==", { ...BASE64, skipPreflight: true })).error?.code).toBe(-32602);
    });
  });

  describe("a continue request with changes", () => {
    test("a continue request sets its account states first, and then executes its transactions in order", async () => {
      const sim = await running();
      const session = await executed(sim, 2);
      const socket = await subscribe(sim, session, transactions(bob.text));
      const lots = [transfer(10n), transfer(20n)];
      const state = accountData(1_000_000n, SYSTEM_PROGRAM.text, "");
      continueBy(session, 1, {
        transactions: lots.map(({ base64 }) => base64),
        modifyAccountStates: { [bob.text]: state },
      });
      await session.control.method("readyForContinue");
      const received = await socket.until((message) => results([message]).some((text) => text.includes(lots[1]!.base64)));
      const own = results(received).filter((text) => lots.some(({ base64 }) => text.includes(base64)));
      const read = own.map(
        (text) => parseJson(text) as { slot: number; transactionIndex: number; meta: { preBalances: bigint[] } },
      );
      expect(read.map(({ slot, transactionIndex }) => [slot, transactionIndex])).toEqual([
        [102, 0],
        [102, 1],
      ]);
      expect(read[0]?.meta.preBalances).toContain(1_000_000);
      expect(read[1]?.meta.preBalances).toContain(1_000_010);
      expect((await rpc(sim, session, "getTransaction", lots[0]!.signature, ANY_VERSION)).result).toMatchObject({ slot: 102 });
    });
  });
}
