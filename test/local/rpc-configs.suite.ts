import { expect, onTestFinished, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/codec/base64.js";
import { decompress } from "../../src/codec/zstd.js";
import { transfer, WORLD } from "./transactions.js";
import { continueBy, createSession, type Message, rpc, type StartSimulator, type TestSession } from "./wire-client.js";

const UNKNOWN_SIGNATURE = "1".repeat(64);

/** Tests that a session's JSON-RPC reads parameters like Agave, Solana's validator. */
export function rpcConfigsSuite(start: StartSimulator): void {
  /** Starts a session at slot 104. Returns the session, and a function that calls its JSON-RPC. */
  const running = async () => {
    const sim = await start({ startSlot: 100n, slots: 1_000 });
    onTestFinished(() => sim.close());
    const session: TestSession = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    continueBy(session, 5);
    await session.control.method("readyForContinue");
    return {
      sim,
      session,
      call: (method: string, ...params: unknown[]): Promise<Message> => rpc(sim, session, method, ...params),
    };
  };

  const [alice, bob] = WORLD.wallets as [(typeof WORLD.wallets)[0], (typeof WORLD.wallets)[0]];

  /** Returns the name, the parameters and the config of each method that accepts `minContextSlot`. */
  const contextual = (blockhash: string): [method: string, params: unknown[], config: object][] => [
    ["getBalance", [alice.text], {}],
    ["getAccountInfo", [alice.text], { encoding: "base64" }],
    ["getMultipleAccounts", [[alice.text]], { encoding: "base64" }],
    ["getProgramAccounts", ["11111111111111111111111111111111"], { encoding: "base64" }],
    ["getSlot", [], {}],
    ["getBlockHeight", [], {}],
    ["getEpochInfo", [], {}],
    ["getLatestBlockhash", [], {}],
    ["isBlockhashValid", [blockhash], {}],
    ["getFeeForMessage", [transfer(1n).message], {}],
    ["simulateTransaction", [transfer(1n).base64], { encoding: "base64" }],
    ["sendTransaction", [transfer(1n).base64], { encoding: "base64" }],
  ];

  test("every method with minContextSlot refuses a slot that the session has not reached, and the error contains the session's slot", async () => {
    const { call } = await running();
    const { value } = (await call("getLatestBlockhash")).result as { value: { blockhash: string } };
    for (const [method, params, config] of contextual(value.blockhash)) {
      for (const minContextSlot of [105, 2n ** 64n - 1n]) {
        const refused = await call(method, ...params, { ...config, minContextSlot });
        expect([method, refused.error]).toEqual([
          method,
          { code: -32016, message: "Minimum context slot has not been reached", data: { contextSlot: 104 } },
        ]);
      }
      for (const minContextSlot of ["104", -1, 1.5, true]) {
        const refused = await call(method, ...params, { ...config, minContextSlot });
        expect([method, refused.error?.code, refused.error?.message]).toEqual([
          method,
          -32602,
          expect.stringContaining("minContextSlot"),
        ]);
      }
      for (const minContextSlot of [104, 0, null]) {
        expect([method, (await call(method, ...params, { ...config, minContextSlot })).error]).toEqual([method, undefined]);
      }
    }
  });

  test("an RPC call refuses a config with a member of the wrong type, and ignores unknown members of the config", async () => {
    const { call } = await running();
    const { base64 } = transfer(1n);
    for (const [problem, method, ...params] of [
      ["config", "getBalance", alice.text, "confirmed"],
      ["config", "getSlot", 5],
      ["config", "getSlot", []],
      ["encoding", "getAccountInfo", alice.text, { encoding: 5 }],
      ["dataSlice", "getAccountInfo", alice.text, { encoding: "base64", dataSlice: 3 }],
      ["dataSlice", "getMultipleAccounts", [alice.text], { encoding: "base64", dataSlice: { offset: 0 } }],
      ["withContext", "getProgramAccounts", alice.text, { encoding: "base64", withContext: "yes" }],
      ["sortResults", "getProgramAccounts", alice.text, { encoding: "base64", sortResults: 1 }],
      ["filter", "getProgramAccounts", alice.text, { filters: [{ dataSize: 1, memcmp: { offset: 0, bytes: "1" } }] }],
      ["commitment", "getMinimumBalanceForRentExemption", 5, { commitment: "max" }],
      ["maxSupportedTransactionVersion", "getTransaction", UNKNOWN_SIGNATURE, { maxSupportedTransactionVersion: "0" }],
      ["maxSupportedTransactionVersion", "getTransaction", UNKNOWN_SIGNATURE, { maxSupportedTransactionVersion: 256 }],
      ["encoding", "getTransaction", UNKNOWN_SIGNATURE, { encoding: "jsonParsed" }],
      ["commitment", "getTransaction", UNKNOWN_SIGNATURE, { commitment: "processed" }],
      ["searchTransactionHistory", "getSignatureStatuses", [UNKNOWN_SIGNATURE], { searchTransactionHistory: 1 }],
      ["sigVerify", "simulateTransaction", base64, { encoding: "base64", sigVerify: "true" }],
      ["accounts", "simulateTransaction", base64, { encoding: "base64", accounts: [bob.text] }],
      ["addresses", "simulateTransaction", base64, { encoding: "base64", accounts: { encoding: "base64" } }],
      ["skipPreflight", "sendTransaction", base64, { encoding: "base64", skipPreflight: 1 }],
      ["maxRetries", "sendTransaction", base64, { encoding: "base64", maxRetries: -1 }],
      ["preflightCommitment", "sendTransaction", base64, { encoding: "base64", preflightCommitment: "max" }],
      ["recentBlockhash", "requestAirdrop", bob.text, 5, { recentBlockhash: 5 }],
    ]) {
      const { error } = await call(method as string, ...params);
      expect([method, error?.code, error?.message]).toEqual([method, -32602, expect.stringContaining(problem as string)]);
    }
    const config = { encoding: "base64", commitment: "unknown", dataSlice: null, newOption: true };
    expect((await call("getAccountInfo", alice.text, config)).result).toMatchObject({ context: { slot: 104 } });
  });

  test("a malformed signature, address or blockhash is refused with the same error as in Agave: `Invalid` or `WrongSize`", async () => {
    const { call } = await running();
    const tooShort = "1".repeat(63);
    for (const [problem, method, ...params] of [
      ["WrongSize", "getTransaction", tooShort],
      ["WrongSize", "getTransaction", alice.text],
      ["WrongSize", "getTransaction", "z".repeat(89)],
      ["Invalid", "getTransaction", "0OIl"],
      ["WrongSize", "getSignatureStatuses", [UNKNOWN_SIGNATURE, tooShort]],
      ["Invalid", "getSignatureStatuses", ["unknown!"]],
      ["WrongSize", "getBalance", "abc"],
      ["Invalid", "getAccountInfo", "not an address"],
      ["WrongSize", "getMultipleAccounts", [alice.text, UNKNOWN_SIGNATURE]],
      ["WrongSize", "isBlockhashValid", "abc"],
      ["WrongSize", "requestAirdrop", "", 5],
      ["WrongSize", "requestAirdrop", alice.text, 5, { recentBlockhash: "abc" }],
    ]) {
      const { error } = await call(method as string, ...params);
      expect([method, error?.code, error?.message]).toEqual([
        method,
        -32602,
        expect.stringMatching(new RegExp(`^Invalid param: ${problem as string}\\b`)),
      ]);
    }
  });

  test("getTransaction refuses an unsupported transaction version, and returns the version only if maxSupportedTransactionVersion is set", async () => {
    const { call, session } = await running();
    const { base64, signature } = transfer(1n);
    await call("sendTransaction", base64, { encoding: "base64" });
    continueBy(session, 1);
    await session.control.method("readyForContinue");
    const supported = (await call("getTransaction", signature, { maxSupportedTransactionVersion: 1 })).result as {
      version: number;
    };
    expect(supported.version).toBe(0);
    for (const config of [undefined, {}, "base64", { encoding: "base64" }, { maxSupportedTransactionVersion: null }]) {
      expect((await call("getTransaction", signature, config)).error).toEqual({
        code: -32015,
        message:
          'Transaction version (0) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": 0',
      });
    }
    const airdrop = (await call("requestAirdrop", bob.text, 5)).result;
    expect((await call("getTransaction", airdrop)).result).not.toHaveProperty("version");
    expect((await call("getTransaction", airdrop, { maxSupportedTransactionVersion: 0 })).result).toMatchObject({
      version: "legacy",
    });
  });

  test("RPC methods return accounts in the encoding base64+zstd, which the Rust client requests", async () => {
    const { call, sim } = await running();
    const [program] = sim.programs;
    const [account] = (await call("getProgramAccounts", program, { encoding: "base64" })).result as {
      pubkey: string;
      account: { data: [string, string] };
    }[];
    const { result } = await call("getAccountInfo", account?.pubkey, { encoding: "base64+zstd" });
    const { data } = (result as { value: { data: [string, string] } }).value;
    expect(data[1]).toBe("base64+zstd");
    expect(encodeBase64(decompress(decodeBase64(data[0]), 10_000))).toBe(account?.account.data[0]);
  });
}
