import { renameSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CaptureLedgerOptions, captureLedger } from "../../../../src/local/engine/ledger/capture-ledger.js";
import { generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import { FakeNode, rpcResponse } from "./fake-node.js";
import { filesIn, refusalOf, testFolder } from "./ledger-folder.js";

const START = 500n;
const END = START + 19n;

let recorded: FakeNode;
let node: FakeNode;
let parent: string;
let options: CaptureLedgerOptions;
/** The slots of the captured range that have a block. */
let slots: bigint[];

beforeAll(async () => {
  // The node also has blocks after the captured range.
  recorded = await FakeNode.of(
    generateLedger({ seed: "b", startSlot: START, endSlot: END + 10n, skipRate: 0, transactionsPerSlot: 1 }),
  );
});

beforeEach(async () => {
  parent = await testFolder();
  node = new FakeNode();
  for (const [slot, block] of recorded.blocks) node.blocks.set(slot, block);
  slots = [...recorded.blocks.keys()].filter((slot) => slot <= END);
  options = {
    rpcUrl: "https://node.example",
    startSlot: START,
    endSlot: END,
    accounts: [...recorded.accounts.keys()].slice(0, 1),
    folder: join(parent, "captured"),
    fetch: node.fetch,
    retry: { delayMs: 0, attempts: 4 },
  };
});

const skipped = (slot: bigint) =>
  rpcResponse({ error: { code: -32009, message: `Slot ${slot} was skipped, or missing in long-term storage` } });
const notYet = (slot: bigint) => rpcResponse({ error: { code: -32004, message: `Block not available for slot ${slot}` } });
const nothing = () => rpcResponse({ result: null });

/** Makes the node respond with `answer` to the first `count` calls for each of these slots. */
function hide(hidden: readonly bigint[], answer: (slot: bigint) => Response, count = Number.POSITIVE_INFINITY): void {
  const times = new Map<bigint, number>();
  node.disturb = ({ method, params: [first] }) => {
    if (method !== "getBlock") return undefined;
    const slot = BigInt(first);
    const nth = (times.get(slot) ?? 0) + 1;
    times.set(slot, nth);
    return hidden.includes(slot) && nth <= count ? answer(slot) : undefined;
  };
}

/** Removes blocks from the chain. The parent of a removed block becomes the parent of the next block. */
function skip(...gone: readonly bigint[]): void {
  for (const slot of gone) {
    const { parentSlot } = node.blocks.get(slot) as { parentSlot: bigint };
    node.blocks.delete(slot);
    const next = node.blocks.get(slot + 1n);
    if (next !== undefined) node.blocks.set(slot + 1n, { ...next, parentSlot });
  }
}

describe.each<[string, (slot: bigint) => Response]>([
  ["reports that the slot was skipped", skipped],
  ["reports that the block is not available", notYet],
  ["answers null", nothing],
])("a node that %s", (_, answer) => {
  test("a capture requests a missing block again if a later block names that block as its parent", async () => {
    hide([START, START + 7n, START + 8n, END], answer, 2);
    expect(await captureLedger(options)).toMatchObject({ blocks: 20, skippedSlots: [] });
  });

  test.each([
    ["first", START],
    ["middle", START + 7n],
    ["last", END],
  ])(
    "a capture fails if the node lacks the %s block of the range, and a later block names this block as its parent",
    async (_, slot) => {
      hide([slot], answer);
      expect(await refusalOf(() => captureLedger(options), "http")).toMatch(
        new RegExp(`^the block of slot ${slot} is missing: the node has none, but the block of slot ${slot + 1n} names it`),
      );
      expect(await readdir(parent)).toEqual(slot === START ? [] : ["captured.partial"]);
    },
  );

  test("a slot without a block counts as skipped if the next block's parent is a block before this slot", async () => {
    const gone = [START, START + 1n, START + 7n, START + 8n, START + 9n, START + 10n, START + 11n, END - 1n, END];
    skip(...gone);
    hide(gone, answer);
    const captured = await captureLedger(options);
    expect(captured).toMatchObject({ blocks: 11, skippedSlots: gone });
    expect(
      node.calls.filter(({ method, params: [first] }) => method === "getBlock" && BigInt(first) === START + 7n),
    ).toHaveLength(1);
  });
});

describe("the last slot of a range", () => {
  test("a capture counts its last slot as skipped if the node reports that slot as skipped", async () => {
    skip(END);
    hide([END, ...[...recorded.blocks.keys()].filter((slot) => slot > END)], skipped);
    expect(await captureLedger(options)).toMatchObject({ blocks: 19, skippedSlots: [END] });
  });

  test.each<[string, (slot: bigint) => Response, RegExp]>([
    [
      "is not available",
      notYet,
      /^getBlock of slot 519 at node\.example: Block not available for slot 519 \(-32004\); 4 attempts failed/,
    ],
    [
      "is null",
      nothing,
      /^getBlock of slot 519 at node\.example: the result is null, which does not mean that the slot was skipped; 4 attempts failed/,
    ],
  ])("a capture fails if the block of its last slot %s and the node has no later block", async (_, answer, message) => {
    hide(
      [...recorded.blocks.keys()].filter((slot) => slot >= END),
      answer,
    );
    expect(await refusalOf(() => captureLedger(options), "http")).toMatch(message);
  });
});

test("a capture waits for blocks that are not produced yet", async () => {
  // The node produces a block after every ten calls.
  let calls = 0;
  node.disturb = ({ method, params: [first] }) => {
    if (method !== "getBlock") return undefined;
    calls++;
    return BigInt(first) > START + BigInt(Math.floor(calls / 10)) ? notYet(BigInt(first)) : undefined;
  };
  expect(await captureLedger({ ...options, retry: { delayMs: 0, attempts: 40 } })).toMatchObject({ blocks: 20 });
});

test("a capture stops requesting blocks if the node has no block for many slots in a row", async () => {
  hide(slots.slice(1), notYet);
  expect(await refusalOf(() => captureLedger({ ...options, endSlot: END + 5_000n }), "http")).toMatch(/getBlock of slot 501/);
  expect(node.calls.length).toBeLessThan(100);
});

test("a capture fails if a node returns two different blocks for the same slot", async () => {
  // At first, the node returns a wrong block for slot 507: the block of slot 506.
  node.disturb = ({ method, params: [first] }, nth) => {
    if (method !== "getBlock" || nth > 8) return undefined;
    const slot = BigInt(first);
    if (slot === START + 6n) return skipped(slot);
    return slot === START + 7n ? rpcResponse({ result: node.blocks.get(START + 6n) }) : undefined;
  };
  expect(await refusalOf(() => captureLedger(options), "http")).toMatch(
    /^the node returned two different blocks for slot 507, with the blockhashes \w{43,44} and \w{43,44}: .* delete the folder/,
  );
});

test("a capture accepts a block with a wrong previousBlockhash if a second request returns the same block", async () => {
  node.blocks.set(START + 9n, { ...node.blocks.get(START + 9n), previousBlockhash: "1".repeat(32) });
  expect(await captureLedger(options)).toMatchObject({ blocks: 20 });
});

test("a capture fails if a block belongs to another fork", async () => {
  node.blocks.set(START + 9n, { ...node.blocks.get(START + 9n), parentSlot: START + 5n });
  expect(await refusalOf(() => captureLedger(options), "http")).toMatch(
    /the block of slot 509 names the block of slot 505 as its parent, but the block of slot 508 is between them/,
  );
});

describe("an interrupted capture", () => {
  const partial = (): string => `${options.folder}.partial`;

  async function interrupt(at: bigint): Promise<void> {
    node.disturb = ({ method, params: [first] }) =>
      method === "getBlock" && BigInt(first) >= at ? new Response("gone", { status: 403 }) : undefined;
    await refusalOf(() => captureLedger(options), "http");
    node.disturb = () => undefined;
    node.calls.length = 0;
  }

  test("a capture fetches saved blocks again if their files are damaged", async () => {
    await captureLedger({ ...options, folder: join(parent, "whole") });
    await interrupt(START + 12n);
    for (const [index, text] of ["null", "{}", "[]", '{"blockhash":1}'].entries()) {
      await writeFile(join(partial(), "blocks", `${START + BigInt(index)}.json`), text);
    }
    await writeFile(join(partial(), "accounts.json"), "{}");
    expect(await captureLedger(options)).toMatchObject({ blocks: 20 });
    expect(await filesIn(options.folder)).toEqual(await filesIn(join(parent, "whole")));
  });

  test("a capture that was cancelled before its first block resumes with the saved accounts", async () => {
    const whole = await captureLedger({ ...options, folder: join(parent, "whole") });
    const abort = new AbortController();
    node.disturb = ({ method }) => {
      if (method === "getBlock") abort.abort();
      return undefined;
    };
    await refusalOf(() => captureLedger({ ...options, signal: abort.signal }), "cancelled");
    node.disturb = () => undefined;
    // After this line, the node returns newer account states than the saved states.
    node.slot += 100n;
    expect(await captureLedger(options)).toEqual(whole);
    expect(await filesIn(options.folder)).toEqual(await filesIn(join(parent, "whole")));
  });

  test("the error of a capture names the folder if another process renamed the folder during the capture", async () => {
    node.disturb = ({ method, params: [first] }) => {
      if (method === "getBlock" && BigInt(first) === START + 9n) renameSync(partial(), options.folder);
      return undefined;
    };
    expect(await refusalOf(() => captureLedger(options))).toMatch(
      /captured\.partial: the folder was removed or renamed during the capture, .*; use another folder/,
    );
  });

  test("a capture resumes in a folder with unfinished files of a killed process, and removes these files", async () => {
    await captureLedger({ ...options, folder: join(parent, "whole") });
    await interrupt(START + 12n);
    const block = join(partial(), "blocks", `${START + 3n}.json`);
    const whole = await readFile(block, "utf8");
    await writeFile(`${block}.tmp`, whole.slice(0, 100));
    await writeFile(join(partial(), "accounts.json.tmp"), "{");
    // Truncates a block file, as an interrupted copy of the folder may do.
    await writeFile(join(partial(), "blocks", `${START + 4n}.json`), whole.slice(0, 100));
    expect(await captureLedger(options)).toMatchObject({ blocks: 20 });
    expect(await filesIn(options.folder)).toEqual(await filesIn(join(parent, "whole")));
    const asked = node.calls.filter(({ method }) => method === "getBlock").map(({ params: [first] }) => BigInt(first));
    expect(asked.filter((slot) => slot < START + 12n)).toEqual([START + 4n]);
  });

  test("a capture is refused if its folder has an interrupted capture of another range", async () => {
    await interrupt(START + 12n);
    for (const range of [{ endSlot: END + 1n }, { startSlot: START + 1n }]) {
      expect(await refusalOf(() => captureLedger({ ...options, ...range }))).toMatch(
        /captured\.partial: it contains an interrupted capture of slots 500 to 519; capture the same range to resume it, or delete the folder/,
      );
    }
    expect(node.calls).toEqual([]);
    expect(await captureLedger(options)).toMatchObject({ blocks: 20 });
  });

  test("a capture resumes in a folder that has no file range.json", async () => {
    await mkdir(join(partial(), "blocks"), { recursive: true });
    await captureLedger({ ...options, folder: join(parent, "whole") });
    const name = join("blocks", `${START}.json`);
    await writeFile(join(partial(), name), await readFile(join(parent, "whole", name)));
    node.calls.length = 0;
    expect(await captureLedger(options)).toMatchObject({ blocks: 20 });
    expect(node.calls.some(({ method, params: [first] }) => method === "getBlock" && BigInt(first) === START)).toBe(false);
  });
});
