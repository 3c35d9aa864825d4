import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodeBase64 } from "../../../../src/codec/base64.js";
import { parseJson, stringifyJson } from "../../../../src/codec/json.js";
import { compress } from "../../../../src/codec/zstd.js";
import { generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { type LedgerFolder, ledgerSourceOf } from "../../../../src/local/engine/ledger/ledger-source.js";
import { readLedger, reopenLedger } from "../../../../src/local/engine/ledger/read-ledger.js";
import { writeLedger } from "../../../../src/local/engine/ledger/write-ledger.js";
import { describeExecuted, openSession, run, skippedOf } from "../litesvm/litesvm-rig.js";
import { filesIn, refusalOf, testFolder } from "./ledger-folder.js";

const START = 300n;

function generated(): Ledger {
  return generateLedger({ seed: "f", startSlot: START, endSlot: START + 19n, skipRate: 0.3, transactionsPerSlot: 6 });
}

let parent: string;
let folder: string;
/** A folder with the generated ledger. The tests change copies of it. */
let pristine: string;

beforeAll(async () => {
  pristine = join(await mkdtemp(join(tmpdir(), "ledger-")), "ledger");
  await writeLedger(pristine, generated());
});

afterAll(() => rm(dirname(pristine), { recursive: true }));

beforeEach(async () => {
  parent = await testFolder();
  folder = join(parent, "ledger");
});

async function placeLedger(): Promise<void> {
  await cp(pristine, folder, { recursive: true });
}

async function edit(file: string, change: (json: never) => unknown): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, stringifyJson(change(parseJson(await readFile(path, "utf8")) as never)));
}

async function blockNames(): Promise<string[]> {
  return (await readdir(join(folder, "blocks"))).sort();
}

describe("a ledger in a folder", () => {
  test("a ledger that is written to a folder and read again has the same outcomes as the original ledger, byte for byte", async () => {
    const ledger = generated();
    await writeLedger(folder, ledger);
    const read = await readLedger(folder);
    expect(read.isCaptured).toBe(true);
    expect([...read.programs].sort()).toEqual([...ledger.programs].sort());
    const written = await openSession(read);
    const texts = describeExecuted(await run(written), ledger.programs);
    expect(texts.length).toBeGreaterThan(250);
    expect(texts).toEqual(describeExecuted(await run(await openSession(ledger)), ledger.programs));
    expect(written.summary()).toMatchObject({ incorrectSimulation: 0, balanceDiff: 0, executionErrors: 0, unsanitizable: 0 });
    expect(skippedOf(written)).toEqual([]);
  });

  test("writeLedger writes the same files each time, even for a ledger that was read from a folder", async () => {
    await placeLedger();
    await writeLedger(join(parent, "again"), generated());
    await writeLedger(join(parent, "copy"), await readLedger(folder));
    const files = await filesIn(folder);
    expect(files.size).toBeGreaterThan(10);
    expect(await filesIn(join(parent, "again"))).toEqual(files);
    expect(await filesIn(join(parent, "copy"))).toEqual(files);
    expect((await readdir(parent)).sort()).toEqual(["again", "copy", "ledger"]);
  });

  test("the outcomes of a block's transactions do not depend on the first slot of the session", async () => {
    await placeLedger();
    const ledger = await readLedger(folder);
    const whole = await run(await openSession(ledger));
    const late = await openSession(ledger, { startSlot: START + 10n });
    const part = await run(late);
    expect(describeExecuted(part, ledger.programs)).toEqual(
      describeExecuted(
        whole.filter(({ slot }) => slot >= START + 10n),
        ledger.programs,
      ),
    );
    expect(late.summary().correctSimulation).toBe(part.length);
  });

  test("a ledger folder can consist of responses saved with curl, including compressed accounts", async () => {
    await placeLedger();
    await edit("accounts.json", (accounts: { value: { data: [string, string] }[]; addresses: string[] }) => {
      for (const account of accounts.value) {
        account.data = [encodeBase64(compress(Buffer.from(account.data[0], "base64"))), "base64+zstd"];
      }
      return { jsonrpc: "2.0", id: 1, result: accounts };
    });
    for (const name of await blockNames()) await edit(`blocks/${name}`, (block) => ({ jsonrpc: "2.0", result: block, id: 1 }));
    const ledger = await readLedger(folder);
    const session = await openSession(ledger);
    expect(await run(session)).toHaveLength(session.summary().correctSimulation);

    await edit("accounts.json", ({ result }: { result: { value: unknown[]; addresses: string[] } }) =>
      result.addresses.map((pubkey, index) => ({ pubkey, account: result.value[index] })),
    );
    const listed = await openSession(await readLedger(folder));
    expect(await run(listed)).toHaveLength(session.summary().correctSimulation);
    expect(skippedOf(listed)).toEqual([]);
  });

  test("timeOf of a ledger folder returns the time of each slot from the recorded block times, even for a skipped slot", async () => {
    await placeLedger();
    const ledger = await readLedger(folder);
    for (let slot = START; slot <= START + 40n; slot++) {
      const difference = ledger.timeOf(slot) - generated().timeOf(slot);
      expect(difference >= -1n && difference <= 1n).toBe(true);
    }
    for (const name of await blockNames()) await edit(`blocks/${name}`, (block: object) => ({ ...block, blockTime: null }));
    const timeless = await readLedger(folder);
    expect(timeless.timeOf(START + 3n)).toBeGreaterThan(1_500_000_000n);
    expect((await openSession(timeless)).currentBlock()!.blockTime).toBeNull();
  });

  test("a session executes a block even if its file was deleted after readLedger, because readLedger has cached the block", async () => {
    await placeLedger();
    const session = await openSession(await readLedger(folder));
    await rm(join(folder, "blocks"), { recursive: true });
    expect((await run(session)).length).toBeGreaterThan(0);
  });

  test("a session ends with an error that names the missing file if a block file was deleted before the session read it", async () => {
    await placeLedger();
    const source = ledgerSourceOf(await readLedger(folder)) as LedgerFolder;
    // A reopened ledger has no cached blocks, so it must read the files.
    const session = await openSession(await reopenLedger(source));
    await rm(join(folder, "blocks"), { recursive: true });
    await expect(run(session)).rejects.toMatchObject({
      wire: { advanceSlotFailed: { error: expect.stringContaining(".json") } },
    });
  });
});

describe("the error for an invalid folder names the file and the remedy in one line", () => {
  test.each([
    ["a missing folder", () => rm(folder, { recursive: true }), /accounts\.json: no such file or folder; use a folder/],
    ["a missing accounts.json", () => rm(join(folder, "accounts.json")), /accounts\.json: no such file/],
    ["a missing folder of blocks", () => rm(join(folder, "blocks"), { recursive: true }), /blocks: no such file or folder/],
    [
      "a folder named accounts.json",
      async () => {
        await rm(join(folder, "accounts.json"));
        await mkdir(join(folder, "accounts.json"));
      },
      /accounts\.json: EISDIR.*; check that it can be read/,
    ],
    [
      "a truncated accounts.json",
      () => writeFile(join(folder, "accounts.json"), '{"addresses":['),
      /accounts\.json: it is not JSON; capture it again/,
    ],
    [
      "an accounts.json of another shape",
      () => writeFile(join(folder, "accounts.json"), "{}"),
      /accounts\.json: addresses: .*; write it in the form/,
    ],
    [
      "an accounts.json without addresses",
      () => edit("accounts.json", (json: { addresses: string[] }) => ({ ...json, addresses: json.addresses.slice(1) })),
      /accounts\.json: addresses has \d+ items, but value has \d+/,
    ],
    [
      "an account that is listed twice",
      () =>
        edit("accounts.json", (json: { addresses: string[] }) => ({
          ...json,
          addresses: json.addresses.map(() => json.addresses[0]),
        })),
      /accounts\.json: the account \w+ is listed twice/,
    ],
    [
      "an invalid address",
      () => edit("accounts.json", (json: { addresses: string[] }) => ({ ...json, addresses: ["x", ...json.addresses.slice(1)] })),
      /accounts\.json: addresses\.0: expected a base58 address/,
    ],
    [
      "an account with parsed JSON data",
      () =>
        edit("accounts.json", (json: { value: object[] }) => ({
          ...json,
          value: [{ ...json.value[0], data: { parsed: {} } }, ...json.value.slice(1)],
        })),
      /accounts\.json: value\.0\.data: expected a list of two/,
    ],
    [
      "account data that is not base64",
      () =>
        edit("accounts.json", (json: { value: object[] }) => ({
          ...json,
          value: [{ ...json.value[0], data: ["§", "base64"] }, ...json.value.slice(1)],
        })),
      /accounts\.json: the data of the account \w+ is not valid base64; capture it again/,
    ],
    [
      "account data that is not zstd",
      () =>
        edit("accounts.json", (json: { value: object[] }) => ({
          ...json,
          value: [{ ...json.value[0], data: ["AAAA", "base64+zstd"] }, ...json.value.slice(1)],
        })),
      /accounts\.json: the data of the account \w+ is not valid base64\+zstd/,
    ],
    [
      "lamports that are not a u64",
      () =>
        edit("accounts.json", (json: { value: object[] }) => ({
          ...json,
          value: [{ ...json.value[0], lamports: -1 }, ...json.value.slice(1)],
        })),
      /accounts\.json: value\.0\.lamports: expected a u64/,
    ],
    [
      "a folder of blocks without a block",
      async () => {
        for (const name of await blockNames()) await rm(join(folder, "blocks", name));
        await writeFile(join(folder, "blocks", "readme.txt"), "");
      },
      /blocks: it contains no block; add at least one SLOT\.json/,
    ],
    [
      "a truncated block file",
      async () => writeFile(join(folder, "blocks", (await blockNames())[3]!), '{"blockhash":"'),
      /blocks\/\d+\.json: it is not JSON/,
    ],
    [
      "a response without a block",
      async () => writeFile(join(folder, "blocks", (await blockNames())[3]!), '{"jsonrpc":"2.0","result":null,"id":1}'),
      /blocks\/\d+\.json: it contains no block; delete it/,
    ],
    [
      "a response with an error",
      async () => writeFile(join(folder, "blocks", (await blockNames())[3]!), '{"jsonrpc":"2.0","error":{"code":-32007},"id":1}'),
      /blocks\/\d+\.json: .*; request it from getBlock with encoding "base64"/,
    ],
    [
      "a block with transactions in JSON",
      async () =>
        edit(`blocks/${(await blockNames())[2]}`, (json: object) => ({
          ...json,
          transactions: [{ transaction: { message: {} }, meta: null }],
        })),
      /blocks\/\d+\.json: transactions\.0\.transaction: .*; request it from getBlock/,
    ],
    [
      "a block with signatures only",
      async () =>
        edit(`blocks/${(await blockNames())[2]}`, ({ transactions: _, ...json }: { transactions: unknown }) => ({
          ...json,
          signatures: [],
        })),
      /blocks\/\d+\.json: transactions: .*; request it from getBlock/,
    ],
    [
      "a transaction that is not base64",
      async () =>
        edit(`blocks/${(await blockNames())[2]}`, (json: object) => ({
          ...json,
          transactions: [{ transaction: ["§", "base64"], meta: null }],
        })),
      /blocks\/\d+\.json: transactions\.0 is not base64/,
    ],
    [
      "balances that are not numbers",
      async () =>
        edit(`blocks/${(await blockNames())[2]}`, (json: { transactions: { meta: object }[] }) => ({
          ...json,
          transactions: json.transactions.map((one) => ({ ...one, meta: { ...one.meta, postBalances: ["1"] } })),
        })),
      /blocks\/\d+\.json: transactions\.0\.meta\.postBalances\.0: /,
    ],
    [
      "a block file with the name of another slot",
      async () => {
        const [first] = await blockNames();
        await writeFile(join(folder, "blocks", "5.json"), await readFile(join(folder, "blocks", first!)));
      },
      /blocks\/5\.json: its parent is slot \d+, so it cannot be the block of slot 5/,
    ],
    [
      "a gap between two blocks",
      async () => rm(join(folder, "blocks", (await blockNames())[4]!)),
      /blocks\/\d+\.json: its parent is the block of slot \d+, but the previous block in the folder is of slot \d+; a ledger must have no gaps/,
    ],
  ])("the error for an invalid folder names the file and the remedy in one line: %s", async (_, spoil, message) => {
    await placeLedger();
    await spoil();
    expect(await refusalOf(() => readLedger(folder))).toMatch(message);
  });
});

describe("writeLedger", () => {
  test("writeLedger refuses an existing folder that is not empty", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "mine.txt"), "mine");
    expect(await refusalOf(() => writeLedger(folder, generated()))).toMatch(
      /the folder exists and is not empty; use another folder/,
    );
    expect([...(await filesIn(parent)).keys()]).toEqual([join("ledger", "mine.txt")]);
  });

  test("writeLedger writes into an empty folder", async () => {
    await mkdir(folder);
    await writeLedger(folder, generated());
    expect(await filesIn(folder)).toEqual(await filesIn(pristine));
  });

  test("writeLedger refuses a path to an existing file, and a path in a missing folder", async () => {
    await writeFile(folder, "mine");
    expect(await refusalOf(() => writeLedger(folder, generated()))).toMatch(/a file with this name exists; use another folder/);
    expect(await refusalOf(() => writeLedger(join(parent, "no", "ledger"), generated()))).toMatch(
      /parent folder does not exist; create it first/,
    );
    expect(await readdir(parent)).toEqual(["ledger"]);
  });

  test("writeLedger refuses a ledger without a block", async () => {
    const empty = generateLedger({ seed: "f", startSlot: START, endSlot: START, skipRate: 1, transactionsPerSlot: 1 });
    expect(await refusalOf(() => writeLedger(folder, empty))).toBe("ledger: it contains no block");
    expect(await readdir(parent)).toEqual([]);
  });

  test("writeLedger leaves no files if reading the ledger fails", async () => {
    const ledger = generated();
    const broken: Ledger = {
      ...ledger,
      startSlot: ledger.startSlot,
      endSlot: ledger.endSlot,
      begin: (slot) => ledger.begin(slot),
      blockFrom: (slot) => {
        if (slot > START + 5n) throw new Error("torn");
        return ledger.blockFrom(slot);
      },
    };
    await expect(writeLedger(folder, broken)).rejects.toThrow("torn");
    expect(await readdir(parent)).toEqual([]);
  });
});
