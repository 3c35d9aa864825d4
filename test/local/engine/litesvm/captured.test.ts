import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseJson, stringifyJson } from "../../../../src/codec/json.js";
import type { CreateParams } from "../../../../src/local/engine/engine.js";
import { captureLedger } from "../../../../src/local/engine/ledger/capture-ledger.js";
import { generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import { keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import type { RecordedMeta } from "../../../../src/local/engine/ledger/ledger.js";
import { makeWorld } from "../../../../src/local/engine/ledger/ledger-world.js";
import { readLedger } from "../../../../src/local/engine/ledger/read-ledger.js";
import { addressText } from "../../../../src/local/engine/litesvm/address-text.js";
import type { SkippedTransaction } from "../../../../src/local/engine/litesvm/ledger-comparison.js";
import { litesvmEngine } from "../../../../src/local/engine/litesvm/litesvm-engine.js";
import { programDataAddress, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { readTransaction } from "../../../../src/protocol/transaction-message.js";
import { FakeNode } from "../ledger/fake-node.js";
import { testFolder } from "../ledger/ledger-folder.js";
import { openSession, run } from "./litesvm-rig.js";

const START = 300n;
const world = makeWorld("g");

interface Block {
  transactions: { transaction: [string, string]; meta: RecordedMeta | null }[];
}

let folder: string;
let node: FakeNode;

/** Starts a fake node with a generated ledger. A test can change the data of the node before the call of `capture`. */
beforeEach(async () => {
  const ledger = generateLedger({ seed: "g", startSlot: START, endSlot: START + 9n, skipRate: 0, transactionsPerSlot: 10 });
  node = await FakeNode.of(ledger);
  folder = join(await testFolder(), "captured");
});

async function capture(): Promise<void> {
  const accounts = [...node.accounts.keys()];
  await captureLedger({ rpcUrl: "http://node", startSlot: START, endSlot: START + 9n, accounts, folder, fetch: node.fetch });
}

async function editBlock(slot: bigint, change: (block: Block) => unknown): Promise<void> {
  const file = join(folder, "blocks", `${slot}.json`);
  await writeFile(file, stringifyJson(change(parseJson(await readFile(file, "utf8")) as Block)));
}

async function replay(range: Partial<CreateParams> = {}) {
  const skipped: SkippedTransaction[] = [];
  const session = await openSession(await readLedger(folder), range, { onSkipped: (one) => skipped.push(one) });
  const { length } = await run(session);
  return Object.assign(session, { executed: length, skipped });
}

describe("transactions that cannot be replayed are counted by reason", () => {
  test("a replay skips a transaction whose account is missing, and counts it with the reason missingAccount", async () => {
    const gone = world.coins[0].holdings[0]!.account.text;
    node.accounts.delete(gone);
    await capture();
    const accounts = parseJson(await readFile(join(folder, "accounts.json"), "utf8")) as { addresses: string[] };
    expect(accounts.addresses).not.toContain(gone);
    const session = await replay();
    const { skipped, executed } = session;
    expect(skipped.length).toBeGreaterThan(2);
    expect(skipped.length + executed).toBe(100);
    for (const one of skipped) {
      expect(one).toMatchObject({ reason: "missingAccount", detail: `the account ${gone} is missing` });
      const block = await readLedger(folder).then((ledger) => ledger.blockFrom(one.slot));
      const { message } = readTransaction(block!.transactions[one.index]!.wire);
      expect(message.keys.map(addressText)).toContain(gone);
    }
    expect(session.summary()).toMatchObject({
      executionErrors: skipped.length,
      notReplayed: [{ reason: "missingAccount", count: skipped.length, examples: skipped.slice(0, 10) }],
    });
    const heard: unknown[] = [];
    const engine = await litesvmEngine(await readLedger(folder), { onSkipped: (one) => heard.push(one) });
    await run(await engine.open({ startSlot: START, endSlot: START + 9n } as CreateParams));
    expect(heard).toEqual(skipped);
    expect(session.summary().unsanitizable).toBe(0);
  });

  test("a replay skips a transaction with the reason `missingProgram` if its program is missing or has no code", async () => {
    const program = keypairOf("a program").address;
    await capture();
    /** Replaces the Token-2022 program with `program` in the transactions of all blocks. */
    const replaceToken2022 = async (): Promise<void> => {
      for (let slot = START; slot < START + 10n; slot++) {
        await editBlock(slot, (block) => ({
          ...block,
          transactions: block.transactions.map((one) => {
            const bytes = Buffer.from(one.transaction[0], "base64");
            for (const key of readTransaction(bytes).message.keys)
              if (addressText(key) === TOKEN_2022_PROGRAM) key.set(program.bytes);
            return { ...one, transaction: [bytes.toString("base64"), "base64"] };
          }),
        }));
      }
    };
    await replaceToken2022();
    const { skipped } = await replay();
    expect(skipped.length).toBeGreaterThan(3);
    expect(new Set(skipped.map(({ reason, detail }) => `${reason}: ${detail}`))).toEqual(
      new Set([`missingProgram: the program ${program.text} is missing`]),
    );

    const own = new Uint8Array(36);
    own[0] = 2;
    own.fill(9, 4);
    node.accounts.set(program.text, {
      lamports: 1_141_440n,
      owner: "BPFLoaderUpgradeab1e11111111111111111111111",
      executable: true,
      data: own,
    });
    await rm(folder, { recursive: true });
    await capture();
    await replaceToken2022();
    const [first] = (await replay()).skipped;
    expect(first).toMatchObject({
      reason: "missingProgram",
      detail: expect.stringContaining(`the account with its code, ${addressText(own.subarray(4))}, is missing`),
    });
  });

  test("a replay counts skipped transactions by reason: unreadable, without their lookup table, or refused by the VM", async () => {
    await capture();
    const blocks = await readLedger(folder);
    const plain = (await blocks.blockFrom(START))!.transactions[0]!.wire;
    const { message } = readTransaction(plain);
    const signatures = plain.subarray(0, 1 + 64 * message.numRequiredSignatures);
    const legacy = plain.subarray(signatures.length + (message.version === 0 ? 1 : 0), message.version === 0 ? -1 : undefined);
    const table = keypairOf("a table").address;
    const withTable = Uint8Array.of(...signatures, 0x80, ...legacy, 1, ...table.bytes, 1, 0, 0);
    const pauper = plain.slice();
    readTransaction(pauper).message.keys[0]!.set(keypairOf("a pauper").address.bytes);
    await editBlock(START, (block) => {
      const { meta } = block.transactions[0]!;
      const one = (bytes: Uint8Array, over: object = {}): object => ({
        transaction: [Buffer.from(bytes).toString("base64"), "base64"],
        meta: { ...meta, ...over },
      });
      const none = meta!.preBalances!.map(() => 0);
      return {
        ...block,
        transactions: [
          one(Uint8Array.of(1, 2, 3)),
          one(withTable),
          one(pauper, { preBalances: none }),
          ...block.transactions.slice(1),
        ],
      };
    });
    const session = await replay({ endSlot: START });
    expect(session.skipped).toEqual([
      { slot: START, index: 0, reason: "malformed", detail: "ends too early" },
      {
        slot: START,
        index: 1,
        signature: expect.any(String),
        reason: "missingLookupTable",
        detail: `the lookup table ${table.text} is missing or too short`,
      },
      {
        slot: START,
        index: 2,
        signature: expect.any(String),
        reason: "refused",
        detail: "the VM refused the transaction: AccountNotFound",
      },
    ]);
    const summary = session.summary();
    expect(summary).toMatchObject({ unsanitizable: 2, executionErrors: 1 });
    expect(summary.notReplayed!.map(({ reason, count }) => [reason, count])).toEqual([
      ["malformed", 1],
      ["missingLookupTable", 1],
      ["refused", 1],
    ]);
    expect(session.executed).toBe(9);
  });

  test("a captured sysvar with invalid data does not change the result of a replay", async () => {
    const clock = {
      lamports: 1n,
      owner: "Sysvar1111111111111111111111111111111111111",
      executable: false,
      data: new Uint8Array(3),
    };
    for (const name of ["C1ock11111111111111111111111111111111", "Rent111111111111111111111111111111111"])
      node.accounts.set(`Sysvar${name}`, clock);
    await capture();
    expect((await replay()).summary().correctSimulation).toBe(100);
  });

  test("without recorded balances, a replay counts a new account as missing (`missingAccount`)", async () => {
    await capture();
    const whole = await replay();
    expect(whole.skipped).toEqual([]);
    expect(whole.summary()).toMatchObject({ correctSimulation: 100 });
    expect(whole.summary()).not.toHaveProperty("notReplayed");
    // Removes the recorded balances, so that the replay cannot recognize new accounts by a balance of 0.
    for (let slot = START; slot < START + 10n; slot++) {
      await editBlock(slot, (block) => ({
        ...block,
        transactions: block.transactions.map((one) => ({ ...one, meta: { err: one.meta!.err } })),
      }));
    }
    const blind = await replay();
    expect(blind.skipped.length).toBeGreaterThan(2);
    expect(new Set(blind.skipped.map(({ reason }) => reason))).toEqual(new Set(["missingAccount"]));
  });
});

describe("the outcomes of a replay", () => {
  test("the summary of a replay counts a transaction with several differences only once, in the counter of its first difference", async () => {
    await capture();
    await editBlock(START, (block) => {
      const [a, b, c, d, e, ...rest] = block.transactions.map(({ transaction, meta }) => ({ transaction, meta: meta! }));
      return {
        ...block,
        transactions: [
          { ...a!, meta: { ...a!.meta, err: { InstructionError: [0, { Custom: 7 }] } } },
          { ...b!, meta: { ...b!.meta, postBalances: b!.meta.postBalances!.map((lamports) => Number(lamports) + 1) } },
          { ...c!, meta: { ...c!.meta, logMessages: [...c!.meta.logMessages!, "one more"] } },
          { ...d!, meta: null },
          {
            ...e!,
            meta: {
              ...e!.meta,
              postTokenBalances: [{ accountIndex: 0, mint: world.coins[0].mint.text, uiTokenAmount: { amount: "1" } }],
            },
          },
          ...rest,
        ],
      };
    });
    const { executed, ...session } = await replay({ endSlot: START }).then((s) => ({
      executed: s.executed,
      summary: s.summary(),
    }));
    expect(session.summary).toMatchObject({
      correctSimulation: 6,
      incorrectSimulation: 1,
      balanceDiff: 2,
      logDiff: 1,
      executionErrors: 0,
      unsanitizable: 0,
    });
    expect(executed).toBe(10);
    expect(session.summary).toMatchObject({ withoutMeta: 1 });
  });

  test("with extraComputeUnits, no replayed transaction runs out of compute units", async () => {
    await capture();
    const budgeted = async (units: number): Promise<void> => {
      for (let slot = START; slot < START + 10n; slot++) {
        await editBlock(slot, (block) => ({
          ...block,
          transactions: block.transactions.map((one) => {
            const bytes = Buffer.from(one.transaction[0], "base64");
            for (const { data } of readTransaction(bytes).message.instructions) {
              if (data.length === 5 && data[0] === 2) new DataView(data.buffer, data.byteOffset).setUint32(1, units, true);
            }
            return {
              transaction: [bytes.toString("base64"), "base64"],
              meta: { err: one.meta!.err, preBalances: one.meta!.preBalances },
            };
          }),
        }));
      }
    };
    await budgeted(500);
    const short = (await replay()).summary().incorrectSimulation;
    expect(short).toBeGreaterThan(5);
    const helped = await replay({ extraComputeUnits: 100_000 });
    expect(helped.summary().incorrectSimulation).toBe(0);
  });

  test("a replay runs the captured programs instead of the programs of the VM", async () => {
    await capture();
    const session = await openSession(await readLedger(folder));
    const program = session.account(TOKEN_PROGRAM)!;
    const code = addressText(programDataAddress(program)!);
    const memo = session.account("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")!.data;
    const data = new Uint8Array(45 + memo.length);
    data[0] = 3;
    data.set(memo, 45);
    node.accounts.set(TOKEN_PROGRAM, program);
    node.accounts.set(code, { ...session.account(code)!, data });
    await rename(folder, `${folder}-before`);
    await capture();
    expect((await replay()).summary().incorrectSimulation).toBeGreaterThan(30);
  });
});
