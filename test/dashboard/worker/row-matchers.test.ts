import { Keypair, SystemProgram, Transaction } from "@solana/web3.js";
import bs58 from "bs58";
import { beforeAll, expect, test } from "vitest";
import type { TableFilter } from "../../../demo/dashboard/contract.js";
import { NO_FILTER } from "../../../demo/dashboard/table-filter.js";
import { loadExplain, reasonOf } from "../../../demo/dashboard/worker/explanations.js";
import { diffMatcher, logMatcher, needsExplain, transactionMatcher } from "../../../demo/dashboard/worker/row-matchers.js";
import { TransactionFinder } from "../../../demo/dashboard/worker/transaction-finder.js";

const [payer, other] = [Keypair.generate(), Keypair.generate()];
const unsent = new Transaction({ feePayer: payer.publicKey, recentBlockhash: "11111111111111111111111111111111" });
unsent.add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: other.publicKey, lamports: 1 }));
unsent.sign(payer);
const item = (slot: bigint, err: unknown = null) => ({
  transaction: {
    slot,
    transaction: [unsent.serialize().toString("base64"), "base64"] as [string, "base64"],
    meta: { err, fee: 5_000n, preBalances: [10n, 0n, 1n], postBalances: [4n, 1n, 1n], logMessages: ["a line"] },
  },
  subRange: undefined,
});
const failed = item(12n, { InstructionError: [0, { Custom: 1 }] });

/** Whether a transaction and its log line match a filter. */
function matches(filter: Partial<TableFilter>, of = item(10n)) {
  const whole = { ...NO_FILTER, ...filter };
  const one = transactionMatcher(whole)?.(of) ?? true;
  const line = logMatcher(whole)?.({ text: "a line", isFailure: false, of }) ?? true;
  expect(line).toBe(one);
  return one;
}
const facet = (kind: TableFilter["facets"][number]["kind"], value: string) => ({ facets: [{ kind, value }] });

beforeAll(() => loadExplain());

test("the matchers of a filter without conditions are undefined", () => {
  expect([transactionMatcher(NO_FILTER), logMatcher(NO_FILTER), diffMatcher(NO_FILTER)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("each condition of a filter selects the matching rows", () => {
  expect(matches(facet("program", "11111111111111111111111111111111"))).toBe(true);
  expect(matches(facet("program", String(other.publicKey)))).toBe(false);
  expect(matches(facet("account", String(other.publicKey)))).toBe(true);
  expect(matches(facet("signer", String(payer.publicKey)))).toBe(true);
  expect(matches(facet("signer", String(other.publicKey)))).toBe(false);
  expect(matches(facet("instruction", "TRANSFER"))).toBe(true);
  expect(matches(facet("instruction", "burn"))).toBe(false);
  expect(matches({ isFailedOnly: true })).toBe(false);
  expect(matches({ isFailedOnly: true }, failed)).toBe(true);
  expect(matches({ slots: { first: 10n, last: 10n } })).toBe(true);
  expect(matches({ slots: { first: 11n, last: 20n } })).toBe(false);
  expect(matches({ text: "10" })).toBe(true);
});

test("a row matches a filter only if it matches all conditions", () => {
  expect(matches({ isFailedOnly: true, ...facet("signer", String(payer.publicKey)) }, failed)).toBe(true);
  expect(matches({ isFailedOnly: true, ...facet("signer", String(other.publicKey)) }, failed)).toBe(false);
});

test("a filter matches an account diff by its account, by its owner before or after the change, and by its slot", () => {
  const state = (owner: string) => ({
    lamports: 1n,
    data: ["", "base64"] as [string, string],
    owner,
    executable: false,
    rentEpoch: 0n,
  });
  const diff = { context: { slot: 5n }, account: "one", pre: state("old"), post: state("new") };
  const isMatch = (filter: Partial<TableFilter>) => diffMatcher({ ...NO_FILTER, ...filter })?.({ diff, subRange: undefined });
  expect(isMatch(facet("account", "one"))).toBe(true);
  expect(isMatch(facet("account", "two"))).toBe(false);
  expect([isMatch(facet("program", "old")), isMatch(facet("program", "new")), isMatch(facet("program", "x"))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(isMatch({ slots: { first: 6n, last: 9n } })).toBe(false);
});

test("only filters that compare decoded values need simulator-client/explain", () => {
  expect(needsExplain("transactions", { ...NO_FILTER, isFailedOnly: true, text: "a" })).toBe(false);
  expect(needsExplain("transactions", { ...NO_FILTER, ...facet("signer", "a") })).toBe(true);
  expect(needsExplain("accountDiffs", { ...NO_FILTER, ...facet("account", "a") })).toBe(false);
});

test("reasonOf names the error of a failed transaction in words", () => {
  expect(reasonOf(failed.transaction)).toMatch(/^System: /);
  expect(reasonOf(item(10n).transaction)).toBeUndefined();
});

test("a transaction finder finds transactions in memory and transactions that arrive later", () => {
  const items = [item(1n)];
  const first = { ...item(2n), transaction: { ...item(2n).transaction, transaction: "old form" } };
  const table = (all: unknown[]) => ({ total: all.length, items: () => ({ first: 0 }), item: (id: number) => all[id] });
  const signature = new TransactionFinder(table([]) as never, "x");
  expect([signature.find(), signature.isDone]).toEqual([undefined, true]);
  const all: unknown[] = [first];
  const growing = {
    items: () => ({ first: 0 }),
    item: (id: number) => all[id],
    get total() {
      return all.length;
    },
  };
  const finder = new TransactionFinder(growing as never, bs58.encode(unsent.signature as Uint8Array));
  expect(finder.find()).toBeUndefined();
  all.push(...items);
  expect(finder.isDone).toBe(false);
  expect(finder.find()).toBe(1);
});
