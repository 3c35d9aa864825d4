import { readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CaptureLedgerOptions, captureLedger } from "../../../../src/local/engine/ledger/capture-ledger.js";
import { generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import { keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { readLedger } from "../../../../src/local/engine/ledger/read-ledger.js";
import { addressText } from "../../../../src/local/engine/litesvm/address-text.js";
import { MEMO_PROGRAM, programDataAddress, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { describeExecuted, openSession, run, skippedOf } from "../litesvm/litesvm-rig.js";
import { FakeNode, rpcResponse } from "./fake-node.js";
import { filesIn, refusalOf, testFolder } from "./ledger-folder.js";

const START = 300n;
const END = START + 29n;
const KEY = "secret-key";

function generated(): Ledger {
  return generateLedger({ seed: "c", startSlot: START, endSlot: END, skipRate: 0.3, transactionsPerSlot: 6 });
}

let recorded: FakeNode;
/** The address of the account with the code of SPL Token. The node has this account only if a test adds it. */
let tokenCode: string;
let node: FakeNode;
let parent: string;
let options: CaptureLedgerOptions;

beforeAll(async () => {
  recorded = await FakeNode.of(generated(), [TOKEN_PROGRAM, MEMO_PROGRAM]);
  tokenCode = addressText(programDataAddress(recorded.accounts.get(TOKEN_PROGRAM)!)!);
});

beforeEach(async () => {
  parent = await testFolder();
  node = new FakeNode();
  node.slot = recorded.slot;
  for (const [address, state] of recorded.accounts) node.accounts.set(address, state);
  for (const [slot, block] of recorded.blocks) node.blocks.set(slot, block);
  options = {
    rpcUrl: `https://node.example/?api-key=${KEY}`,
    startSlot: START,
    endSlot: END,
    accounts: [...recorded.accounts.keys()],
    folder: join(parent, "captured"),
    fetch: node.fetch,
    retry: { delayMs: 0 },
  };
});

describe("a captured ledger", () => {
  test("a replay of a captured ledger produces the recorded errors, balances, token balances and logs", async () => {
    const captured = await captureLedger(options);
    const slots = [...recorded.blocks.keys()];
    expect(captured).toMatchObject({
      startSlot: slots[0],
      endSlot: slots.at(-1),
      blocks: slots.length,
      transactions: slots.length * 6,
      accounts: recorded.accounts.size,
      absentAccounts: [tokenCode],
      accountsSlot: START - 1n,
    });
    expect(captured.skippedSlots.length + slots.length).toBe(30);
    const ledger = await readLedger(options.folder);
    const session = await openSession(ledger);
    const executed = await run(session);
    expect(skippedOf(session)).toEqual([]);
    expect(session.summary()).toMatchObject({ correctSimulation: executed.length, logDiff: 0, balanceDiff: 0 });
    expect(executed).toHaveLength(captured.transactions);
    const original = generated();
    expect(describeExecuted(executed, original.programs)).toEqual(
      describeExecuted(await run(await openSession(original)), original.programs),
    );
    // `plannedBlock` lists all programs of each transaction, including the programs of inner instructions.
    const planned = await session.plannedBlock(START);
    for (const one of planned!.batches.flat()) {
      expect(one.programs).toEqual(executed.find(({ signatures }) => signatures[0] === one.signatures[0])!.programs);
      expect(typeof one.movesTokens).toBe("boolean");
    }
  });

  test("a captured ledger contains the code of its programs, and lists missing accounts", async () => {
    const session = await openSession(generated());
    node.accounts.set(tokenCode, session.account(tokenCode)!);
    const missing = keypairOf("absent").address.text;
    const captured = await captureLedger({ ...options, accounts: [...options.accounts, missing, missing] });
    expect(captured.absentAccounts).toEqual([missing]);
    expect(captured.accounts).toBe(recorded.accounts.size + 1);
    const { accounts, absent } = await (await readLedger(options.folder)).begin(START);
    expect(new Map(accounts).get(tokenCode)?.data.length).toBeGreaterThan(100_000);
    expect([...absent!]).toEqual([missing]);
  });

  test("a capture requests a hundred accounts per call, and reports its progress after each slot", async () => {
    const more = Array.from({ length: 250 }, (_, index) => keypairOf(`${index}`).address.text);
    const progress: string[] = [];
    await captureLedger({
      ...options,
      accounts: more,
      onProgress: ({ slot, blocks, skippedSlots }) => progress.push(`${slot} ${blocks + skippedSlots}`),
    });
    expect(node.calls.filter(({ method }) => method === "getMultipleAccounts")).toHaveLength(3);
    expect(progress).toEqual(Array.from({ length: 30 }, (_, index) => `${START + BigInt(index)} ${index + 1}`));
  });

  test("a captured ledger is complete even if the node is busy, drops calls and sends invalid responses", async () => {
    await captureLedger(options);
    const calm = await filesIn(options.folder);
    node.disturb = (_, nth) => {
      switch (nth % 9) {
        case 1:
          return new Response("slow down", { status: 429, headers: { "retry-after": "0" } });
        case 2:
          return new Response("", { status: 503 });
        case 3:
          return new Response('{"jsonrpc":"2.0","resu');
        case 4:
          return rpcResponse({ error: { code: -32004, message: "Block not available for slot" } });
        case 5:
          return new Response('"ok"');
        case 6:
          throw new TypeError("fetch failed");
        default:
          return undefined;
      }
    };
    await captureLedger({ ...options, folder: join(parent, "again"), retry: { delayMs: 0, attempts: 40 } });
    expect(await filesIn(join(parent, "again"))).toEqual(calm);
  });

  test("a capture uses the global fetch if the options have none", async () => {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on(
        "end",
        () =>
          void node
            .answer(body)
            .text()
            .then((text) => response.end(text)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { fetch: _, ...rest } = options;
    const captured = await captureLedger({ ...rest, rpcUrl: `http://127.0.0.1:${port}` });
    server.close();
    expect(captured.blocks).toBe(recorded.blocks.size);
  });
});

describe("a capture that fails before its first block reports the reason in one line, without the API key, and leaves no files", () => {
  async function failureOf(over: Partial<CaptureLedgerOptions>, code: Parameters<typeof refusalOf>[1]): Promise<string> {
    const message = await refusalOf(() => captureLedger({ ...options, ...over }), code);
    expect(message).not.toContain(KEY);
    expect(await readdir(parent)).toEqual([]);
    return message;
  }

  test.each<[string, Partial<CaptureLedgerOptions>, RegExp]>([
    ["an invalid address", { accounts: ["x"] }, /^accounts\.0: expected a base58 address/],
    ["an end before the start", { startSlot: END, endSlot: START }, /^endSlot: \d+ is before startSlot/],
    ["too many slots", { endSlot: START + 200_000n }, /^endSlot: the range has \d+ slots; capture at most 100000 slots/],
    ["a negative slot", { startSlot: -1 }, /^startSlot: /],
    ["an invalid URL", { rpcUrl: KEY }, /^rpcUrl: expected an http or https URL/],
    ["a WebSocket URL", { rpcUrl: `wss://node.example/${KEY}` }, /^rpcUrl: /],
  ])("for %s, a capture fails with a one-line error and leaves no files", async (_, over, message) => {
    expect(await failureOf(over, "invalidParams")).toMatch(message);
    expect(node.calls).toEqual([]);
  });

  test("if the node does not respond or refuses the call, a capture fails with a one-line error and leaves no files", async () => {
    node.disturb = () => {
      throw new TypeError(`failed to fetch https://node.example/?api-key=${KEY}`);
    };
    expect(await failureOf({ retry: { attempts: 3, delayMs: 0 } }, "unreachable")).toBe(
      "getMultipleAccounts at node.example: the connection failed; 3 attempts failed: try again later, or use another node",
    );
    expect(node.calls).toHaveLength(3);
    node.disturb = () => new Response("no such key", { status: 401 });
    expect(await failureOf({}, "http")).toBe("getMultipleAccounts at node.example: no such key (HTTP 401)");
    expect(node.calls).toHaveLength(4);
    node.disturb = () => rpcResponse({ error: { code: -32601, message: "Method not found" } });
    expect(await failureOf({}, "http")).toBe("getMultipleAccounts at node.example: Method not found (-32601)");
  });

  test("if the node does not have the blocks, a capture fails with a one-line error and leaves no files", async () => {
    const blocksAnswer = (answer: Parameters<typeof rpcResponse>[0]): void => {
      node.disturb = ({ method }) => (method === "getBlock" ? rpcResponse(answer) : undefined);
    };
    node.blocks.clear();
    expect(await failureOf({}, "http")).toMatch(/the node has no block from slot 300 to 329; use another node/);
    blocksAnswer({ result: null });
    expect(await failureOf({}, "http")).toMatch(/getBlock of slot 300 at node\.example: the result is null/);
    blocksAnswer({ error: { code: -32001, message: "Block 300 cleaned up" } });
    expect(await failureOf({}, "http")).toMatch(
      /no longer has the block of slot 30\d \(Block 300 cleaned up \(-32001\)\); use a node with older blocks/,
    );
    blocksAnswer({ error: { code: -32015, message: "Transaction version (1) is not supported" } });
    expect(await failureOf({}, "http")).toMatch(/getBlock of slot 30\d at node\.example: Transaction version/);
    blocksAnswer({ result: { blockhash: "x" } });
    expect(await failureOf({}, "http")).toMatch(
      /getBlock of slot 30\d at node\.example: the result cannot be used: blockhash: .*; use another node$/,
    );
    blocksAnswer({ error: { code: -32005, message: "Node is unhealthy" } });
    expect(await failureOf({ retry: { attempts: 2, delayMs: 0 } }, "http")).toMatch(
      /getBlock of slot 30\d at node\.example: Node is unhealthy \(-32005\); 2 attempts failed: try again later/,
    );
    node.disturb = ({ method }) => (method === "getMultipleAccounts" ? rpcResponse({ result: { value: null } }) : undefined);
    expect(await failureOf({}, "http")).toMatch(/^getMultipleAccounts at node\.example: the result cannot be used: value: /);
  });

  test("if a capture is cancelled, even in the pause before a retry, it fails with a one-line error and leaves no files", async () => {
    const abort = new AbortController();
    abort.abort();
    expect(await failureOf({ signal: abort.signal }, "cancelled")).toBe("the capture was cancelled");
    const later = new AbortController();
    node.disturb = () => {
      queueMicrotask(() => later.abort());
      return new Response("", { status: 503, headers: { "retry-after": "3600" } });
    };
    expect(await failureOf({ signal: later.signal }, "cancelled")).toBe("the capture was cancelled");
  });

  test("a capture fails with a one-line error if the path of its output folder is a file", async () => {
    await writeFile(options.folder, "mine");
    expect(await refusalOf(() => captureLedger(options))).toMatch(/a file with this name exists/);
    expect(node.calls).toEqual([]);
  });
});

describe("errors of RPC providers", () => {
  const blockOf = (slot: bigint) => rpcResponse({ result: recorded.blocks.get(slot) ?? null });
  const slots = () => [...recorded.blocks.keys()];
  /** Replaces the responses to the first `count` calls for a slot. */
  function disturbSlot(slot: bigint, count: number, respond: () => Response): void {
    let calls = 0;
    node.disturb = ({ method, params: [first] }) => {
      if (method !== "getBlock" || BigInt(first) !== slot) return undefined;
      calls++;
      return calls <= count ? respond() : blockOf(slot);
    };
  }
  const failure = () => refusalOf(() => captureLedger(options), "http");

  test.each<[string, { code: number; message: string }]>([
    ["a rate limit with the code -32007", { code: -32007, message: "50/second request limit reached - reduce calls per second" }],
    ["a rate limit with the code -32009", { code: -32009, message: "Too many requests for this slot, missing quota" }],
    ["the error -32005 of a node that is behind", { code: -32005, message: "Node is behind by 42 slots" }],
    ["a rate limit with the code -32429", { code: -32429, message: "rate limited" }],
    [
      "an error because of unreachable long-term storage",
      { code: -32019, message: "Failed to query long-term storage; please try again" },
    ],
    ["an internal error", { code: -32603, message: "Internal error" }],
    ["an error because a block is not available yet", { code: -32004, message: "Block not available for slot 303" }],
    ["the error -32014 of a node that is behind", { code: -32014, message: "Block status not yet available for slot" }],
    [
      "an unknown code with the message of a rate limit",
      { code: -32000, message: "You have exceeded your compute units per second" },
    ],
  ])("after %s, a capture requests the block again and does not count the slot as skipped", async (_, error) => {
    for (const slot of [slots().at(-1) as bigint, slots()[2] as bigint]) {
      disturbSlot(slot, 2, () => rpcResponse({ error }));
      const captured = await captureLedger({ ...options, folder: join(parent, `of-${slot}`) });
      expect(captured.blocks).toBe(recorded.blocks.size);
    }
  });

  test.each<[string, string, number]>([
    ["an error that is a string", '{"jsonrpc":"2.0","id":1,"error":"Forbidden: no getBlock here"}', 200],
    ["an error whose code is a string", '{"jsonrpc":"2.0","id":1,"error":{"code":"-32000","message":"Provider says no"}}', 200],
    ["the status 403 with a reason in JSON", '{"error":{"code":403,"message":"Your IP is blocked"}}', 403],
    ["the status 410 with a reason in JSON", '{"error":{"code":410,"message":"The RPC call has been disabled"}}', 410],
    ["the status 401 with a text", "no such key", 401],
    ["the status 403 with an HTML page", "<html><style>p{}</style><h1>Access denied</h1></html>", 403],
    ["the error code -32011", '{"error":{"code":-32011,"message":"Transaction history is not available from this node"}}', 200],
  ])("a capture fails without a retry after %s, and its error contains the message of the node", async (_, body, status) => {
    const words =
      /Forbidden: no getBlock here|Provider says no|IP is blocked|has been disabled|no such key|Access denied|history is not/;
    disturbSlot(slots()[0] as bigint, 99, () => new Response(body, { status }));
    expect(await failure()).toMatch(words);
    expect(
      node.calls.filter(({ method, params: [first] }) => method === "getBlock" && BigInt(first) === slots()[0]),
    ).toHaveLength(1);
  });

  test("the error of a capture contains the message of the node, shortened to one line and without the API key", async () => {
    disturbSlot(slots()[0] as bigint, 99, () => new Response(`no\n${KEY}\n${"x".repeat(100_000)}`, { status: 403 }));
    const message = await failure();
    expect(message).not.toContain(KEY);
    expect(message.length).toBeLessThan(500);
  });

  test("a capture does not follow a redirect, and the error names the host in the redirect's target", async () => {
    node.disturb = () => new Response(null, { status: 301, headers: { location: `https://other.example/${KEY}` } });
    expect(await failure()).toMatch(/redirects to https:\/\/other\.example; use the URL of the target \(HTTP 301\)/);
    expect(node.calls).toHaveLength(1);
  });

  test("a capture fails if the node reports the parent slot of a captured block as skipped", async () => {
    const missing = slots()[3] as bigint;
    disturbSlot(missing, 99, () => rpcResponse({ error: { code: -32007, message: `Slot ${missing} was skipped` } }));
    expect(await failure()).toMatch(`the block of slot ${missing} is missing`);
  });

  test("a capture requests fewer accounts per call if the provider limits their number", async () => {
    node.disturb = ({ method, params: [addresses] }) =>
      method === "getMultipleAccounts" && (addresses as string[]).length > 5
        ? new Response('{"error":{"code":-32615,"message":"getMultipleAccounts is limited to a 5 accounts range"}}', {
            status: 413,
          })
        : undefined;
    const accounts = Array.from({ length: 23 }, (_, index) => keypairOf(`${index}`).address.text);
    const captured = await captureLedger({ ...options, accounts });
    expect(captured.absentAccounts).toHaveLength(23);
    expect(node.calls.filter(({ method }) => method === "getMultipleAccounts")).toHaveLength(6);
  });

  test("a capture sends the user and the password of the URL as an Authorization header", async () => {
    const seen = new Set<string>();
    const fetch: typeof globalThis.fetch = (url, init) => {
      seen.add(`${String(url)} ${new Headers(init?.headers).get("authorization")}`);
      return node.fetch(url, init);
    };
    await captureLedger({ ...options, rpcUrl: "https://user:p%40ss@node.example/rpc", fetch });
    expect([...seen]).toEqual([`https://node.example/rpc Basic ${btoa("user:p@ss")}`]);
  });

  test("requestsPerSecond spreads the calls of a capture over time", async () => {
    const startedAt = performance.now();
    await captureLedger({ ...options, requestsPerSecond: 200 });
    expect(performance.now() - startedAt).toBeGreaterThan((node.calls.length - 1) * 5);
  });
});

describe("an interrupted capture", () => {
  test("an interrupted capture is resumed without requesting the saved blocks and accounts again", async () => {
    const all = await captureLedger({ ...options, folder: join(parent, "uninterrupted") });
    const stopAt = [...recorded.blocks.keys()][10] as bigint;
    node.disturb = ({ method, params: [first] }) =>
      method === "getBlock" && BigInt(first) >= stopAt ? new Response("gone", { status: 403 }) : undefined;
    expect(await refusalOf(() => captureLedger(options), "http")).toContain("gone");
    expect(await readdir(parent)).toEqual(["captured.partial", "uninterrupted"]);
    node.disturb = () => undefined;
    node.calls.length = 0;
    // The node is now at a later slot. The resumed capture must still use the saved account states.
    node.slot += 100n;
    expect(await captureLedger(options)).toEqual(all);
    expect(node.calls.some(({ method, params: [first] }) => method === "getBlock" && BigInt(first) < stopAt - 8n)).toBe(false);
    expect(await filesIn(options.folder)).toEqual(await filesIn(join(parent, "uninterrupted")));
    expect(await readdir(parent)).toEqual(["captured", "uninterrupted"]);
  });
});
