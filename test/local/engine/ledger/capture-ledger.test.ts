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
import { openSession, run, told } from "../litesvm/litesvm-rig.js";
import { FakeNode, rpcResponse } from "./fake-node.js";
import { filesIn, refusalOf, testFolder } from "./ledger-folder.js";

const START = 300n;
const END = START + 29n;
const KEY = "secret-key";

function madeUp(): Ledger {
  return generateLedger({ seed: "c", startSlot: START, endSlot: END, skipRate: 0.3, transactionsPerSlot: 6 });
}

let recorded: FakeNode;
/** Where the code of SPL Token lies; the node doesn't tell it, unless a test puts it there. */
let tokenCode: string;
let node: FakeNode;
let parent: string;
let options: CaptureLedgerOptions;

beforeAll(async () => {
  recorded = await FakeNode.of(madeUp(), [TOKEN_PROGRAM, MEMO_PROGRAM]);
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
  test("comes out as it did where it was captured: errors, balances, tokens, logs", async () => {
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
    expect(session.skipped).toEqual([]);
    expect(session.summary()).toMatchObject({ correctSimulation: executed.length, logDiff: 0, balanceDiff: 0 });
    expect(executed).toHaveLength(captured.transactions);
    const original = madeUp();
    expect(told(executed, original.programs)).toEqual(told(await run(await openSession(original)), original.programs));
    // Who looks ahead sees what programs call, too.
    const planned = await session.plannedBlock(START);
    for (const one of planned!.batches.flat()) {
      expect(one.programs).toEqual(executed.find(({ signatures }) => signatures[0] === one.signatures[0])!.programs);
      expect(typeof one.movesTokens).toBe("boolean");
    }
  });

  test("has the code of its programs, and accounts that aren't there as such", async () => {
    const session = await openSession(madeUp());
    node.accounts.set(tokenCode, session.account(tokenCode)!);
    const nobody = keypairOf("nobody").address.text;
    const captured = await captureLedger({ ...options, accounts: [...options.accounts, nobody, nobody] });
    expect(captured.absentAccounts).toEqual([nobody]);
    expect(captured.accounts).toBe(recorded.accounts.size + 1);
    const { accounts, absent } = await (await readLedger(options.folder)).begin(START);
    expect(new Map(accounts).get(tokenCode)?.data.length).toBeGreaterThan(100_000);
    expect([...absent!]).toEqual([nobody]);
  });

  test("asks for a hundred accounts at a time, and tells how far it is", async () => {
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

  test("comes through a node that is busy, drops calls, and talks nonsense now and then", async () => {
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

  test("comes over the platform's own fetch as well", async () => {
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

describe("a capture that fails says why in a line, without the key, and leaves nothing behind", () => {
  async function failureOf(over: Partial<CaptureLedgerOptions>, code: Parameters<typeof refusalOf>[1]): Promise<string> {
    const message = await refusalOf(() => captureLedger({ ...options, ...over }), code);
    expect(message).not.toContain(KEY);
    expect(await readdir(parent)).toEqual([]);
    return message;
  }

  test.each<[string, Partial<CaptureLedgerOptions>, RegExp]>([
    ["an address that is none", { accounts: ["x"] }, /^accounts\.0: expected a base58 address/],
    ["slots the wrong way round", { startSlot: END, endSlot: START }, /^endSlot: expected no less than startSlot/],
    ["more slots than anybody wants", { endSlot: START + 200_000n }, /^endSlot: at most 100000 slots/],
    ["a slot that is none", { startSlot: -1 }, /^startSlot: /],
    ["a URL that is none", { rpcUrl: KEY }, /^rpcUrl: expected an http or https URL/],
    ["a URL for sockets", { rpcUrl: `wss://node.example/${KEY}` }, /^rpcUrl: /],
  ])("%s", async (_, over, message) => {
    expect(await failureOf(over, "invalidParams")).toMatch(message);
    expect(node.calls).toEqual([]);
  });

  test("a node that doesn't answer, or not to us", async () => {
    node.disturb = () => {
      throw new TypeError(`failed to fetch https://node.example/?api-key=${KEY}`);
    };
    expect(await failureOf({ retry: { attempts: 3, delayMs: 0 } }, "http")).toBe(
      "getMultipleAccounts at node.example: the connection failed",
    );
    expect(node.calls).toHaveLength(3);
    node.disturb = () => new Response("who are you", { status: 401 });
    expect(await failureOf({}, "http")).toBe("getMultipleAccounts at node.example: HTTP 401");
    expect(node.calls).toHaveLength(4);
    node.disturb = () => rpcResponse({ error: { code: -32601, message: "Method not found" } });
    expect(await failureOf({}, "http")).toBe("getMultipleAccounts was refused: Method not found (-32601)");
  });

  test("a node without the blocks", async () => {
    const blocksAnswer = (answer: Parameters<typeof rpcResponse>[0]): void => {
      node.disturb = ({ method }) => (method === "getBlock" ? rpcResponse(answer) : undefined);
    };
    node.blocks.clear();
    expect(await failureOf({}, "http")).toMatch(/no slot from 300 to 329 has a block there: ask another node/);
    blocksAnswer({ result: null });
    expect(await failureOf({}, "http")).toMatch(/no slot from 300 to 329/);
    blocksAnswer({ error: { code: -32001, message: "Block 300 cleaned up" } });
    expect(await failureOf({}, "http")).toMatch(/no longer has the block of slot 30\d: ask one that keeps its history/);
    blocksAnswer({ error: { code: -32015, message: "Transaction version (1) is not supported" } });
    expect(await failureOf({}, "http")).toMatch(/getBlock of slot 30\d was refused: Transaction version/);
    blocksAnswer({ result: { blockhash: "x" } });
    expect(await failureOf({}, "invalidParams")).toMatch(/the answer of getBlock for slot 30\d: blockhash: /);
  });

  test("one that is cancelled, also while it waits for its next try", async () => {
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

  test("a folder that is taken is found before anything is asked", async () => {
    await writeFile(options.folder, "mine");
    expect(await refusalOf(() => captureLedger(options))).toMatch(/a file is there/);
    expect(node.calls).toEqual([]);
  });
});
