import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { loadMcpSdk } from "../../../src/cli/mcp/mcp-sdk.js";
import { MCP_TOOLS, startMcpServer } from "../../../src/cli/mcp/mcp-server.js";
import { MAX_SESSIONS } from "../../../src/cli/mcp/session-table.js";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { transferLamports } from "../../../src/local/engine/ledger/instructions.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { startSimulatorServer } from "../../../src/local/node/node-server.js";
import { signed, walletOf } from "../../local/engine/litesvm/litesvm-rig.js";
import { recentBlockhash } from "../support/recent-blockhash.js";
import { useFolder } from "../support/temporary-folder.js";

const SYSTEM = "11111111111111111111111111111111";
const START = 300_000_000;

const folder = useFolder();
let simulator: LocalSimulator;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "litesvm", seed: "7", startSlot: START, slots: 100 });
});

afterAll(() => simulator.close());

/** Connects an MCP client to a server in this process. */
async function connect(url = simulator.url, apiKey?: string, fetchOfTools: typeof fetch = fetch) {
  const sdk = await loadMcpSdk();
  const [theirs, ours] = InMemoryTransport.createLinkedPair();
  const backtests = new BacktestClient({ url, logger: false, ...(apiKey !== undefined && { apiKey }) });
  const server = await startMcpServer(ours, { sdk, client: backtests, apiKey, fetch: fetchOfTools, report: () => {} });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(theirs);
  onTestFinished(() => server.close());
  /** Calls a tool, and returns its text and its JSON. */
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    const answer = await client.callTool({ name, arguments: input });
    const [content] = answer.content as { text: string }[];
    const text = content?.text ?? "";
    // biome-ignore lint/suspicious/noExplicitAny: the shape of each result is what the tests check
    return { text, isError: answer.isError === true, json: JSON.parse(text) as any };
  };
  return { client, server, call };
}

const range = { startSlot: `${START}`, slotCount: "20" };

describe("the tools of the MCP server", () => {
  it("the MCP server lists its tools with their JSON schemas", async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(MCP_TOOLS.map(({ name }) => name));
    expect(tools.find(({ name }) => name === "advance")?.inputSchema).toMatchObject({
      required: ["session", "blocks"],
      additionalProperties: false,
    });
  });

  it("list_ranges returns the slots of each range as decimal strings", async () => {
    const { call } = await connect();
    const { json } = await call("list_ranges");
    expect(json.ranges[0]).toMatchObject({ bundleStartSlot: `${START}`, maxBundleEndSlot: `${START + 99}` });
    const { json: none } = await call("list_ranges", { after: `${START + 1_000}` });
    expect(none).toMatchObject({ total: 0, ranges: [] });
  });

  it("the MCP tools start a session, execute blocks, read accounts and close the session", async () => {
    const { call } = await connect();
    const { json: started } = await call("start_session", { ...range, programs: [SYSTEM] });
    expect(started).toMatchObject({ session: "s1", state: "open", startSlot: `${START}`, slotsDone: "0", slotsTotal: "20" });
    const { json: stepped } = await call("advance", { session: "s1", blocks: 3 });
    expect(stepped).toMatchObject({ outcome: "ready", executedSlots: 3, lastSlot: `${START + 2}` });
    const { json: reached } = await call("continue_to", { session: "s1", slot: `${START + 9}` });
    expect(reached).toMatchObject({ outcome: "paused", lastSlot: `${START + 9}` });
    const wallet = walletOf(0).address.text;
    const { json: read } = await call("read_accounts", { session: "s1", addresses: [wallet, SYSTEM] });
    expect(read.accounts[0]).toMatchObject({ address: wallet, exists: true, owner: SYSTEM });
    expect(read.accounts[0].lamports).toMatch(/^\d+$/);
    expect(read.accounts[0].rentEpoch).toBe("18446744073709551615");
    const { json: ended } = await call("advance", { session: "s1", blocks: 100 });
    expect(ended).toMatchObject({ outcome: "completed", slotsDone: "20" });
    await call("close_session", { session: "s1" });
    expect((await call("list_sessions")).json).toEqual({ sessions: [] });
  });

  it("list_transactions pages through the transactions, and explain_transaction explains one of them", async () => {
    const { call } = await connect();
    await call("start_session", { ...range, programs: [SYSTEM] });
    await call("advance", { session: "s1", blocks: 20 });
    await vi.waitFor(async () => expect((await call("list_transactions", { session: "s1" })).json.total).toBeGreaterThan(3));
    const { json: first } = await call("list_transactions", { session: "s1", limit: 2 });
    expect(first).toMatchObject({ offset: 0, nextOffset: 2 });
    const { json: second } = await call("list_transactions", { session: "s1", limit: 2, offset: 2 });
    const [one] = second.transactions;
    expect(first.transactions).not.toContainEqual(one);
    const { json } = await call("explain_transaction", { session: "s1", signature: one.signature });
    expect(json).toMatchObject({ signature: one.signature, slot: one.slot });
    expect(json.fee).toMatch(/^\d+$/);
    expect(json.instructions.length).toBeGreaterThan(0);
  });

  it("inject_transactions executes a transaction and returns its outcome", async () => {
    const { call } = await connect();
    await call("start_session", range);
    const blockhash = await recentBlockhash(simulator.url, START);
    const transfer = transferLamports(walletOf(0).address, walletOf(1).address, 1_234n);
    const transaction = Buffer.from(signed([walletOf(0)], [transfer], blockhash)).toString("base64");
    const { json } = await call("inject_transactions", { session: "s1", transactions: [transaction] });
    expect(json.transactions).toMatchObject([{ status: "succeeded", err: null }]);
    const { json: explained } = await call("explain_transaction", { session: "s1", signature: json.transactions[0].signature });
    expect(explained.status).toBe("succeeded");
    const { json: bytes } = await call("explain_transaction", { transaction });
    expect(bytes).toMatchObject({ status: "unknown", signature: json.transactions[0].signature });
  });

  it("inject_transactions changes the accounts of the session: read_accounts returns the new balances", async () => {
    const { call } = await connect();
    await call("start_session", range);
    const [payer, receiver] = [walletOf(0).address, walletOf(9_999).address];
    const read = async () => (await call("read_accounts", { session: "s1", addresses: [receiver.text] })).json.accounts[0];
    expect(await read()).toMatchObject({ address: receiver.text, exists: false });
    const blockhash = await recentBlockhash(simulator.url, START);
    const transaction = Buffer.from(signed([walletOf(0)], [transferLamports(payer, receiver, 2_000_000n)], blockhash));
    const { json } = await call("inject_transactions", { session: "s1", transactions: [transaction.toString("base64")] });
    expect(json).toMatchObject({ outcome: "ready", transactions: [{ status: "succeeded" }], slotsDone: "1" });
    expect(await read()).toMatchObject({ exists: true, lamports: "2000000", owner: SYSTEM });
    // The transaction in session s1 has no effect on another session.
    await call("start_session", range);
    const other = await call("read_accounts", { session: "s2", addresses: [receiver.text] });
    expect(other.json.accounts[0]).toMatchObject({ exists: false });
  });

  it("start_session applies account states before the first slot", async () => {
    const { call } = await connect();
    const wallet = walletOf(0).address.text;
    const accounts = { [wallet]: { lamports: "18446744073709551615", owner: SYSTEM } };
    await call("start_session", { ...range, accounts });
    const { json } = await call("read_accounts", { session: "s1", addresses: [wallet] });
    expect(json.accounts[0].lamports).toBe("18446744073709551615");
  });

  it("compare_runs lists at most `rows` of the transactions that are missing in the changed run", async () => {
    const { call } = await connect();
    const wallets = Array.from({ length: 8 }, (_, index) => walletOf(index).address.text);
    const accounts = Object.fromEntries(wallets.map((wallet) => [wallet, { lamports: "0", owner: SYSTEM }]));
    const { json } = await call("compare_runs", { ...range, programs: [SYSTEM], accounts, rows: 1 });
    expect(json.summary.different).toBeGreaterThan(0);
    expect(json.summary.a.isComplete && json.summary.b.isComplete).toBe(true);
    const { missing } = json.summary.counts;
    expect(missing).toBeGreaterThan(1);
    expect(json.missing).toMatchObject([{ a: "succeeded", b: "absent" }]);
    expect(json.cut).toContain(`missing: 1 of ${missing} items`);
    expect((await call("list_sessions")).json.sessions).toEqual([]);
  });
});

describe("the limits of the MCP server", () => {
  it.each([
    ["start_session", { startSlot: "1" }, "endSlot"],
    ["start_session", { startSlot: "-1", slotCount: "2" }, "startSlot"],
    ["start_session", { startSlot: "18446744073709551616", slotCount: "2" }, "startSlot"],
    ["start_session", { ...range, programs: ["x"] }, "programs.0"],
    ["start_session", { ...range, colour: "red" }, "colour"],
    ["start_session", { ...range, programFiles: { [SYSTEM]: "/dev/zero" } }, "cannot read the file"],
    ["start_session", { ...range, accounts: { [SYSTEM]: { lamports: "1", owner: "x" } } }, "owner"],
    ["advance", { session: "s9", blocks: 1 }, "there is no such session"],
    ["advance", { session: "s1", blocks: 0 }, "blocks"],
    ["advance", { session: "s1" }, "blocks"],
    ["read_accounts", { session: "s1", addresses: Array(21).fill(SYSTEM) }, "addresses"],
    ["explain_transaction", {}, "transaction"],
    ["compare_runs", range, "nothing is changed"],
    ["list_ranges", { after: "yesterday" }, "after"],
  ])("the MCP tool %s refuses the input %j, and the error names the invalid member", async (name, input, part) => {
    const { call } = await connect();
    const { isError, json } = await call(name, input);
    expect(isError).toBe(true);
    expect(json.error).toMatchObject({ code: "invalidParams", remedy: expect.stringContaining("Correct the input") });
    expect(json.error.message).toContain(part);
  });

  it("start_session refuses a program file that is not an ELF file, and the error does not contain the content of the file", async () => {
    const { call } = await connect();
    await writeFile(folder.path("secret.txt"), "the secret of this file");
    const { isError, text } = await call("start_session", { ...range, programFiles: { [SYSTEM]: folder.path("secret.txt") } });
    expect(isError).toBe(true);
    expect(text).toContain("not an ELF file");
    expect(text).not.toContain("the secret");
  });

  it("the error for a call of an unknown tool lists the tools", async () => {
    const { call } = await connect();
    const { isError, json } = await call("delete_everything");
    expect(isError).toBe(true);
    expect(json.error.message).toContain("list_ranges");
  });

  it("the MCP server limits the number of open sessions, and accepts another session after an open session is closed", async () => {
    const { call } = await connect();
    const starts = Array.from({ length: MAX_SESSIONS + 1 }, () => call("start_session", range));
    const refused = (await Promise.all(starts)).filter(({ isError }) => isError);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.json.error).toMatchObject({ code: "limit", remedy: expect.stringContaining("close_session") });
    await call("close_session", { session: "s1" });
    expect((await call("start_session", range)).isError).toBe(false);
  });

  it("compare_runs refuses a range of more than 1,000 slots, and suggests the command `ab`", async () => {
    const { call } = await connect();
    const { json } = await call("compare_runs", { startSlot: "1", slotCount: "1001", extraComputeUnits: 1 });
    expect(json.error).toMatchObject({ code: "limit", remedy: expect.stringContaining("simulator-client ab") });
  });

  it("the MCP server closes all sessions on the simulator when its client disconnects", async () => {
    const sessionEnded = vi.fn();
    const watched = await startSimulatorServer({ engine: "synthetic", startSlot: START, slots: 100 }, undefined, {
      sessionEnded,
    });
    onTestFinished(() => watched.close());
    const { call, client, server } = await connect(watched.url);
    await call("start_session", range);
    await call("start_session", range);
    await client.close();
    await server.disconnected;
    await vi.waitFor(() => expect(sessionEnded).toHaveBeenCalledTimes(2));
  });
});

describe("an MCP server with a hostile simulator", () => {
  it("the MCP server shortens and escapes the error message of a hostile simulator, and removes the API key from it", async () => {
    const key = `key-${randomUUID()}`;
    const hostile = createServer((_, response) => {
      response.writeHead(500).end(`\u001b[2J\u202e${key} ${"x".repeat(100_000)}`);
    });
    await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void hostile.close());
    const { call } = await connect(`ws://127.0.0.1:${(hostile.address() as AddressInfo).port}`, key);
    const { isError, text, json } = await call("list_ranges");
    expect(isError).toBe(true);
    expect(json.error.code).toBe("http");
    expect(text.length).toBeLessThan(4_000);
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).not.toContain(key);
  });

  it("a shortened RPC response from the MCP server contains no part of the API key", async () => {
    const key = "key-8d1f-which-the-simulator-repeats";
    const repeat = async () => new Response(JSON.stringify({ padding: `${"x".repeat(180)}${key}` }));
    const { call } = await connect(simulator.url, key, repeat);
    const { json } = await call("start_session", range);
    const { isError, text } = await call("read_accounts", { session: json.session, addresses: [SYSTEM] });
    expect(isError).toBe(true);
    expect(text).toContain("xxx");
    expect(text).not.toContain(key.slice(0, 6));
  });
});
