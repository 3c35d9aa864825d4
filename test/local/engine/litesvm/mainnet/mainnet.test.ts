import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseJson } from "../../../../../src/codec/json.js";
import { captureLedger } from "../../../../../src/local/engine/ledger/capture-ledger.js";
import { readLedger } from "../../../../../src/local/engine/ledger/read-ledger.js";
import { loadLitesvm } from "../../../../../src/local/engine/litesvm/load-litesvm.js";
import { suppliedAccounts } from "../../../../../src/local/engine/litesvm/supplied-accounts.js";
import { readVectors } from "../../../../conformance/vectors.js";
import { FakeNode } from "../../ledger/fake-node.js";
import { testFolder } from "../../ledger/ledger-folder.js";
import { openSession, run } from "../litesvm-rig.js";
import { isSigned, type MainnetTransaction, programsOf, wireOf } from "./mainnet-transaction.js";
import { rebuildAccounts } from "./rebuild-accounts.js";

const FIXTURES = new URL("./mainnet-transactions.ndjson", import.meta.url);
const BLOCKHASH = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";

let transactions: MainnetTransaction[];
let isSupplied: (address: string) => boolean;

/** A replayed mainnet transaction, with its outcome. */
interface Replayed {
  one: MainnetTransaction;
  /** Why the accounts of the transaction are not available. */
  problem?: string;
  /** The outcome in the summary, for example `correctSimulation` or `executionErrors, missingProgram: …`. */
  outcome: string;
}

beforeAll(async () => {
  const lines = (await readFile(FIXTURES, "utf8")).split("\n").filter((line) => line !== "");
  const vectors = readVectors("mainnet-transactions.json") as { transaction: Omit<MainnetTransaction, "source"> }[];
  transactions = [
    ...lines.map((line) => parseJson(line) as MainnetTransaction),
    ...vectors.map(({ transaction }) => ({
      ...transaction,
      source: "test/conformance/vectors/mainnet-transactions.json",
      // A message without `addressTableLookups` is a legacy message, although the file says version 0.
      version: transaction.transaction.message.addressTableLookups === undefined ? ("legacy" as const) : transaction.version,
    })),
  ];
  const { accounts } = suppliedAccounts(await loadLitesvm());
  isSupplied = (address) => accounts.has(address);
});

/** Captures a transaction from a fake node that has only the block of this transaction, and replays the transaction. */
async function replay(one: MainnetTransaction): Promise<Replayed> {
  const rebuilt = rebuildAccounts(one, isSupplied);
  const node = new FakeNode();
  const slot = BigInt(one.slot);
  const states = rebuilt.accounts;
  for (const [address, state] of states) if (state !== undefined) node.accounts.set(address, state);
  const { source: _, slot: __, blockTime, version, meta } = one;
  node.blocks.set(slot, {
    blockhash: BLOCKHASH,
    previousBlockhash: one.transaction.message.recentBlockhash,
    parentSlot: slot - 1n,
    blockHeight: slot,
    blockTime,
    rewards: [],
    transactions: [{ transaction: [wireOf(one).toString("base64"), "base64"], meta, version }],
  });
  node.slot = slot - 1n;
  const folder = join(await testFolder(), "captured");
  await captureLedger({
    rpcUrl: "http://node",
    startSlot: slot,
    endSlot: slot,
    accounts: [...states.keys()],
    folder,
    fetch: node.fetch,
  });
  const session = await openSession(await readLedger(folder));
  await run(session);
  const { notReplayed = [], withoutMeta: _w, rerouteStats: _r, ...counts } = session.summary();
  const [count] = Object.entries(counts).filter(([, number]) => number === 1);
  const outcome = [count![0], ...notReplayed.map(({ reason, examples }) => `${reason}: ${examples[0]!.detail}`)].join(", ");
  return { one, ...(rebuilt.problem !== undefined && { problem: rebuilt.problem }), outcome };
}

/** The reason for each known difference from mainnet, by the first signature of the transaction. Currently, there is none. */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {};

/** Matches the outcome of a transaction that was not replayed. The outcome names the reason, such as `missingProgram`. */
const NAMED_REASON =
  /^(?:executionErrors|unsanitizable), (?:missingProgram|missingAccount|missingLookupTable|refused|malformed): \S.*/;

const signatureOf = (one: MainnetTransaction): string => one.transaction.signatures[0]!;

test("the signatures of the mainnet fixtures are valid, and no transaction occurs twice", () => {
  expect(transactions.filter((one) => !isSigned(one)).map(({ source }) => source)).toEqual([]);
  expect(new Set(transactions.map(signatureOf)).size).toBe(transactions.length);
});

// A fixture from devnet or testnet would break the order of the block times.
test("the block times of the mainnet fixtures increase with their slots", () => {
  const bySlot = [...transactions].sort((a, b) => a.slot - b.slot);
  for (const [index, { slot, blockTime, source }] of bySlot.slice(1).entries()) {
    expect(blockTime, `${source}, slot ${slot}`).toBeGreaterThanOrEqual(bySlot[index]!.blockTime);
  }
});

describe("captured mainnet transactions", () => {
  test("each replayed mainnet transaction has its recorded outcome, or the summary contains the reason for the difference", async () => {
    const replayed: Replayed[] = [];
    for (const one of transactions) replayed.push(await replay(one));
    const available = replayed.filter(({ problem }) => problem === undefined);
    const unavailable = replayed.filter(({ problem }) => problem !== undefined);
    const correct = available.filter(({ outcome }) => outcome === "correctSimulation");
    const different = available.filter((one) => !correct.includes(one));
    const programs = new Set(transactions.flatMap(programsOf));
    console.info(
      [
        `${replayed.length} transactions of ${programs.size} programs`,
        `${available.length} with available accounts, ${correct.length} as recorded`,
        ...different.map(({ one, outcome }) => `  ${outcome}: ${signatureOf(one)}`),
        `${unavailable.length} without:`,
        ...unavailable.map(({ one, problem, outcome }) => `  ${signatureOf(one).slice(0, 8)}… ${outcome} (${problem})`),
      ].join("\n"),
    );
    expect(replayed.length).toBeGreaterThanOrEqual(60);
    expect(programs.size).toBeGreaterThanOrEqual(40);
    expect(available.length).toBeGreaterThanOrEqual(18);
    expect(correct.length / available.length).toBeGreaterThanOrEqual(0.9);
    expect(different.map(({ one }) => signatureOf(one))).toEqual(Object.keys(KNOWN_DIFFERENCES));
    for (const { outcome } of unavailable) expect(outcome).toMatch(NAMED_REASON);
  });
});
