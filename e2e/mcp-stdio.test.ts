import { spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { syntheticAddress } from "../src/local/engine/synthetic/synthetic-addresses.js";
import { transfer } from "../test/local/transactions.js";
import { type Serving, startCli, startServe } from "./support/cli.js";
import { installTarball, type PackageFolder } from "./support/package-folder.js";

/*
 * Tests the command `mcp` of the packed package in a process of its own, with messages over the standard input and output.
 */

const START = 300_000_000;
const range = { startSlot: `${START}`, slotCount: "20" };
const SDK = fileURLToPath(new URL("../node_modules/@modelcontextprotocol", import.meta.url));
let folder: PackageFolder;
/** The file of the command in the installed package. */
let cli: string;
let serving: Serving;

beforeAll(async () => {
  folder = installTarball();
  const { "simulator-client": bin } = folder.manifest.bin as Record<string, string>;
  cli = join(folder.path, "node_modules", "simulator-client", bin ?? "");
  serving = await startServe(["--engine", "synthetic", "--seed", "0", "--slots", "40"], { cli });
});

afterAll(async () => {
  await serving?.stop();
  folder?.remove();
});

it("without its optional peer dependency, the command `mcp` names the package to install", async () => {
  const { code, stderr } = await startCli(["mcp", "--url", serving.url], { cli, cwd: folder.path }).done;
  expect([code, stderr]).toEqual([2, expect.stringContaining("npm install @modelcontextprotocol/sdk@1")]);
});

/** Starts the command with the client of the official SDK. */
async function connect() {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [cli, "mcp", "--url", serving.url],
    stderr: "ignore",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  onTestFinished(() => client.close());
  /** Calls a tool, and returns its text and its JSON. */
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    const answer = await client.callTool({ name, arguments: input });
    const [content] = answer.content as { text: string }[];
    const text = content?.text ?? "";
    return { text, isError: answer.isError === true, json: JSON.parse(text) as Record<string, unknown> };
  };
  return { client, transport, call };
}

describe("mcp over the standard input and output", () => {
  beforeAll(() => symlinkSync(SDK, join(folder.path, "node_modules", "@modelcontextprotocol"), "junction"));

  it("an MCP client of the official SDK can list the tools, step a session, compare two runs and explain a transaction", async () => {
    const { client, call } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "list_ranges",
        "start_session",
        "advance",
        "inject_transactions",
        "explain_transaction",
        "compare_runs",
      ]),
    );
    const programs = serving.programs.slice(0, 1);
    expect((await call("start_session", { ...range, programs })).json).toMatchObject({ session: "s1", state: "open" });
    expect((await call("advance", { session: "s1", blocks: 10 })).json).toMatchObject({ outcome: "ready" });
    await expect.poll(async () => (await call("list_transactions", { session: "s1" })).text).toContain('"signature"');
    const { json, text } = await call("list_transactions", { session: "s1", limit: 200 });
    expect(text.length).toBeLessThanOrEqual(20_000);
    const [{ signature = "" } = {}] = json.transactions as { signature?: string }[];
    expect((await call("explain_transaction", { session: "s1", signature })).isError).toBe(false);
    const compared = await call("compare_runs", { ...range, programs, extraComputeUnits: 5 });
    expect([compared.isError, compared.text.length <= 20_000]).toEqual([false, true]);
    expect((await call("close_session", { session: "s1" })).isError).toBe(false);
  });

  it("an MCP client injects a transaction that changes an account, and receives an error for bytes that are not a transaction", async () => {
    const { call } = await connect();
    await call("start_session", range);
    const receiver = syntheticAddress("an account that only the injected transaction changes");
    const read = async () => {
      const { json } = await call("read_accounts", { session: "s1", addresses: [receiver.text] });
      return (json.accounts as unknown[])[0];
    };
    expect(await read()).toMatchObject({ address: receiver.text, exists: false });
    const { base64, signature } = transfer(1_234n, 0, receiver);
    expect((await call("inject_transactions", { session: "s1", transactions: ["AAAA"] })).isError).toBe(true);
    const injected = await call("inject_transactions", { session: "s1", transactions: [base64] });
    expect(injected.json).toMatchObject({ transactions: [{ signature, status: "succeeded", err: null }] });
    expect(await read()).toMatchObject({ exists: true, lamports: "1234" });
  });

  it("the MCP server returns an error for an invalid argument or an unknown tool, and continues to answer calls", async () => {
    const { call } = await connect();
    const invalid = await call("start_session", { startSlot: "-1" });
    expect([invalid.isError, invalid.json]).toEqual([true, { error: expect.objectContaining({ code: "invalidParams" }) }]);
    expect((await call("no_such_tool")).isError).toBe(true);
    expect((await call("list_ranges")).isError).toBe(false);
  });

  it("a pending call of an MCP client is rejected if the server process is killed", async () => {
    const { client, transport, call } = await connect();
    await call("start_session", range);
    const pending = client.callTool({ name: "compare_runs", arguments: { ...range, programs: serving.programs.slice(0, 1) } });
    process.kill(transport.pid as number, "SIGKILL");
    await expect(pending).rejects.toThrow(/closed/i);
  });

  it("the command `mcp` writes only JSON-RPC messages to the standard output, even after invalid input, and ends when its input ends", async () => {
    const child = spawn(process.execPath, [cli, "mcp", "--url", serving.url, "--verbose"], { stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    child.stdout.on("data", (part: Buffer) => {
      output += part.toString();
    });
    const clientInfo = { name: "test", version: "1" };
    const initialize = { protocolVersion: "2025-03-26", capabilities: {}, clientInfo };
    child.stdin.write(`no JSON\n${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize })}\n`);
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "list_ranges" } })}\n`);
    await expect.poll(() => output).toContain('"id":2');
    const code = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    expect(await code).toBe(0);
    const lines = output.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { jsonrpc: string }).jsonrpc)).toEqual(lines.map(() => "2.0"));
  });
});
