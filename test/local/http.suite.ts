import { describe, expect, onTestFinished, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import {
  continueBy,
  createSession,
  type Message,
  rpc,
  type StartSimulator,
  type TestSession,
  type TestSimulator,
} from "./wire-client.js";

/** Tests plain HTTP calls: the paths of the service, and the JSON-RPC of a session. */
export function httpSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 2_500, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const executed = async (sim: TestSimulator): Promise<TestSession> => {
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    continueBy(session, 10);
    await session.control.method("readyForContinue");
    return session;
  };

  test("/health and /ready respond with 200, and unknown paths respond with 404", async () => {
    const sim = await running();
    const status = async (path: string, method = "GET"): Promise<number> =>
      (await sim.fetch(sim.httpUrl + path, { method })).status;
    expect(await status("/health")).toBe(200);
    expect(await status("/ready")).toBe(200);
    expect(await status("/health", "POST")).toBe(405);
    expect(await status("/nowhere")).toBe(404);
    expect(await status("/")).toBe(404);
    expect(await status(`/backtest/backtest_${"0".repeat(32)}`, "POST")).toBe(404);
    const { rpcUrl } = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    expect((await sim.fetch(rpcUrl)).status).toBe(405);
  });

  test("/available-ranges divides the whole ledger into consecutive bundles of at most 1,000 slots", async () => {
    const sim = await running();
    const response = await sim.fetch(`${sim.httpUrl}/available-ranges?include_account_state=false`);
    expect(response.headers.get("content-type")).toBe("application/json");
    const ranges = (await response.json()) as Record<string, unknown>[];
    expect(ranges.map((range) => [range.bundle_start_slot, range.max_bundle_end_slot, range.max_bundle_size])).toEqual([
      [100, 1_099, 1_000],
      [1_100, 2_099, 1_000],
      [2_100, 2_599, 500],
    ]);
    expect(ranges[0]).toMatchObject({ kind: "blocks", scope: "global", bundle_start_slot_utc: "2020-03-16T14:29:40.000Z" });
  });

  test("/available-ranges returns exact slots up to 2^64 - 1, and null for a time outside the range of Date", async () => {
    const sim = await running({ startSlot: 2n ** 64n - 2n, slots: 2n });
    const [range] = parseJson(await (await sim.fetch(`${sim.httpUrl}/available-ranges`)).text()) as Record<string, unknown>[];
    expect(range).toMatchObject({
      bundle_start_slot: 2n ** 64n - 2n,
      max_bundle_end_slot: 2n ** 64n - 1n,
      bundle_start_slot_utc: null,
    });
  });

  describe("a session's JSON-RPC", () => {
    test("a session's JSON-RPC answers getSlot, getHealth and getVersion", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      expect((await rpc(sim, session, "getSlot")).result).toBe(100);
      continueBy(session, 10);
      await session.control.method("readyForContinue");
      expect((await rpc(sim, session, "getSlot")).result).toBe(109);
      expect((await rpc(sim, session, "getHealth")).result).toBe("ok");
      expect((await rpc(sim, session, "getVersion")).result).toMatchObject({ "solana-core": expect.any(String) });
    });

    test("getBalance and getAccountInfo return the current state of an account", async () => {
      const sim = await running();
      const session = await executed(sim);
      const diffs = sim.record.session(session.sessionId)?.notifications("accountDiff", sim.programs[0] ?? "") ?? [];
      const last = parseJson(diffs.at(-1)?.json() ?? "") as {
        account: string;
        post: { lamports: bigint; data: [string, string] };
      };
      const balance = (await rpc(sim, session, "getBalance", last.account)).result;
      expect(balance).toEqual({ context: { slot: 109 }, value: last.post.lamports });
      const info = (await rpc(sim, session, "getAccountInfo", last.account, { encoding: "base64" })).result;
      expect(info).toEqual({ context: { slot: 109 }, value: last.post });
      const sliced = await rpc(sim, session, "getAccountInfo", last.account, {
        encoding: "base64",
        dataSlice: { offset: 0, length: 3 },
      });
      expect(sliced.result).toMatchObject({ value: { data: [last.post.data[0].slice(0, 4), "base64"], space: 165 } });
      expect((await rpc(sim, session, "getAccountInfo", last.account)).error?.message).toContain("base64");
      expect((await rpc(sim, session, "getAccountInfo", last.account, { encoding: "rot13" })).error?.code).toBe(-32602);
      const nobody = "BPFLoaderUpgradeab1e11111111111111111111111";
      expect((await rpc(sim, session, "getAccountInfo", nobody)).result).toEqual({ context: { slot: 109 }, value: null });
      expect((await rpc(sim, session, "getBalance", nobody)).result).toEqual({ context: { slot: 109 }, value: 0 });
      expect((await rpc(sim, session, "getBalance", "invalid")).error?.code).toBe(-32602);
    });

    test("getTransaction returns the transaction that the subscription reported, in the requested encoding", async () => {
      const sim = await running();
      const session = await executed(sim);
      const [notification] = sim.record.session(session.sessionId)?.notifications("transaction", sim.programs[0] ?? "") ?? [];
      const expected = parseJson(notification?.json() ?? "") as { transaction: [string, string]; meta: unknown };
      const base64 = await rpc(sim, session, "getTransaction", notification?.key, {
        encoding: "base64",
        maxSupportedTransactionVersion: 0,
      });
      expect(base64.result).toEqual(expected);
      const anyVersion = { maxSupportedTransactionVersion: 1 };
      const json = (await rpc(sim, session, "getTransaction", notification?.key, anyVersion)).result as typeof expected & {
        transaction: { signatures: string[]; message: { accountKeys: string[]; instructions: { data: string }[] } };
      };
      expect(json.transaction.signatures).toEqual([notification?.key]);
      expect(json.transaction.message.accountKeys).toContain(sim.programs[0]);
      expect(json.transaction.message.instructions).not.toHaveLength(0);
      expect(json.meta).toEqual(expected.meta);
      const base58 = await rpc(sim, session, "getTransaction", notification?.key, { ...anyVersion, encoding: "base58" });
      expect(base58.result).toMatchObject({ transaction: [expect.any(String), "base58"] });
      expect((await rpc(sim, session, "getTransaction", "1".repeat(64))).result).toBeNull();
      const rot13 = await rpc(sim, session, "getTransaction", notification?.key, { ...anyVersion, encoding: "rot13" });
      expect(rot13.error?.code).toBe(-32602);
      expect((await rpc(sim, session, "getTransaction", 5)).error?.code).toBe(-32602);
    });

    test("a session's RPC responds with an empty body to a JSON-RPC notification and to a batch of notifications", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const post = async (body: string): Promise<string> => {
        const response = await sim.fetch(session.rpcUrl, { method: "POST", body });
        expect(response.status).toBe(200);
        return response.text();
      };
      const [address = ""] = sim.programs;
      const changed = { lamports: 5, data: { data: "", encoding: "base64" }, owner: address, executable: false, space: 0 };
      const notification = JSON.stringify({ jsonrpc: "2.0", method: "modifyAccounts", params: [{ [address]: changed }] });
      const before = (await rpc(sim, session, "getBalance", address)).result;
      expect(await post(notification)).toBe("");
      expect(await post(`[${notification},{"jsonrpc":"2.0","method":"nope","params":{"a":5}}]`)).toBe("");
      expect((await rpc(sim, session, "getBalance", address)).result).toEqual(before);
      const mixed = `[${notification},{"jsonrpc":"2.0","id":null,"method":"getHealth"},{"jsonrpc":"2.0"}]`;
      expect(parseJson(await post(mixed))).toEqual([
        { jsonrpc: "2.0", id: null, result: "ok" },
        { jsonrpc: "2.0", id: null, error: { code: -32600, message: "Invalid request" } },
      ]);
    });

    test("a session's JSON-RPC handles invalid calls and batches, and returns ids unchanged", async () => {
      const sim = await running();
      const { rpcUrl } = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const post = async (body: string): Promise<unknown> =>
        parseJson(await (await sim.fetch(rpcUrl, { method: "POST", body })).text());
      expect(await post("{")).toMatchObject({ id: null, error: { code: -32700 } });
      expect(await post("5")).toMatchObject({ id: null, error: { code: -32600 } });
      expect(await post("[]")).toMatchObject({ id: null, error: { code: -32600 } });
      expect(await post('{"id":1,"method":"getCoffee"}')).toMatchObject({ id: 1, error: { code: -32601 } });
      expect(await post('{"id":"x","method":"getSlot","params":{}}')).toMatchObject({ id: "x", error: { code: -32602 } });
      const batch = (await post(
        '[{"jsonrpc":"2.0","id":18446744073709551615,"method":"getSlot"},{"id":"b","method":"nope"}]',
      )) as Message[];
      expect(batch).toEqual([
        { jsonrpc: "2.0", id: 2n ** 64n - 1n, result: 100 },
        { jsonrpc: "2.0", id: "b", error: { code: -32601, message: expect.any(String) } },
      ]);
    });
  });
}
