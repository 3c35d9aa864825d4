import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { compareRecords } from "../../../src/cli/compare/compare-records.js";
import { partitionCount } from "../../../src/cli/compare/partitions.js";
import { findMismatches } from "../../../src/cli/compare/recorded-run.js";
import { ndjsonHeader, ndjsonLine } from "../../../src/cli/run/ndjson.js";
import { transactionSignature } from "../../../src/protocol/transaction.js";
import { PROGRAM, transactionEvent } from "../run/sample-events.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
const options = { limit: 100, ignored: [], interrupt: new AbortController().signal };
const header = { startSlot: 1n, endSlot: 9n, programs: [PROGRAM], streams: ["transaction"] as const };
const END = ndjsonLine({ type: "completed" }) ?? "";

type Meta = NonNullable<Parameters<typeof transactionEvent>[1]>;

/** Writes a record of transactions made of one byte each. */
async function record(
  name: string,
  transactions: [byte: number, meta?: Meta][],
  frame: [string, string] = [ndjsonHeader(header), END],
) {
  const lines = transactions.map(([byte, meta]) => ndjsonLine(transactionEvent(byte, meta)) ?? "");
  await writeFile(folder.path(name), [frame[0], ...lines, frame[1]].join(""));
  return folder.path(name);
}

const all: [number, Meta?][] = Array.from({ length: 200 }, (_, byte) => [byte]);
const signatureOf = (byte: number) => transactionSignature(transactionEvent(byte).transaction);

describe("compareRecords", () => {
  it.each([
    ["in memory", undefined],
    ["in partitions on disk", 20_000],
  ])("compares %s, in any order", async (_, partitionBytes) => {
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith("simulator-client-compare-"));
    const a = await record("a.ndjson", all);
    const changed: [number, Meta?][] = all
      .filter(([byte]) => byte !== 40)
      .map(([byte]) => {
        if (byte === 10) return [byte, { err: "AccountInUse" }];
        if (byte === 20) return [byte, { postBalances: [6n] }];
        if (byte === 30) return [byte, { logMessages: ["other"] }];
        return [byte];
      });
    const b = await record("b.ndjson", [...changed.reverse(), [222]]);
    const {
      comparison,
      a: factsOfA,
      b: factsOfB,
    } = await compareRecords(a, b, { ...options, ...(partitionBytes && { partitionBytes }) });
    expect(comparison.same).toBe(196);
    expect(comparison.counts).toEqual({ regression: 1, improvement: 0, error: 0, balance: 1, log: 1, missing: 1, extra: 1 });
    expect(comparison.differences.map(({ kind, signature }) => [kind, signature])).toEqual([
      ["regression", signatureOf(10)],
      ["balance", signatureOf(20)],
      ["log", signatureOf(30)],
      ["missing", signatureOf(40)],
      ["extra", signatureOf(222)],
    ]);
    expect([factsOfA.transactions, factsOfB.transactions, factsOfB.failed]).toEqual([200, 200, 1]);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("simulator-client-compare-"))).toEqual(before);
  });

  it("limits the number of partitions", () => {
    expect([partitionCount(0), partitionCount(100, 100), partitionCount(101, 100), partitionCount(1e15, 100)]).toEqual([
      1, 1, 2, 256,
    ]);
  });

  it("reports records of different or incomplete runs", async () => {
    const a = await record("a.ndjson", all);
    const other = ndjsonHeader({ ...header, endSlot: 10n, programs: [] });
    const b = await record("b.ndjson", all, [other, ""]);
    const compared = await compareRecords(a, b, options);
    expect(findMismatches(compared.a, compared.b)).toEqual([
      "the last slot of the runs differ: 9 and 10",
      `the programs of the runs differ: ["${PROGRAM}"] and []`,
      `${b}: the run has not completed`,
    ]);
    const same = await compareRecords(a, a, options);
    expect(findMismatches(same.a, same.b)).toEqual([]);
  });

  it.each([
    ["does not exist", undefined, "no such file"],
    ["is not NDJSON", "type,slot\r\ntransaction,5\r\n", "not NDJSON"],
    ["is cut", `${ndjsonHeader(header)}{"type":"transac`, "line 2 is not JSON or incomplete"],
    ["has no transaction", ndjsonHeader(header), "the record has no transactions"],
    ["is empty", "", "the record has no transactions"],
  ])("reports a record that %s in one line", async (_, text, problem) => {
    const a = await record("a.ndjson", all);
    const b = folder.path("b.ndjson");
    if (text !== undefined) await writeFile(b, text);
    const small = { ...options, partitionBytes: 10_000 };
    for (const compare of [
      () => compareRecords(a, b, options),
      () => compareRecords(b, a, options),
      () => compareRecords(a, b, small),
    ]) {
      await expect(compare()).rejects.toThrow(problem);
      await expect(compare()).rejects.toThrow(/^[^\n]*b\.ndjson[^\n]*$/);
    }
  });

  it("stops when the command is interrupted", async () => {
    const a = await record("a.ndjson", all);
    const interrupt = AbortSignal.abort(new Error("enough"));
    await expect(compareRecords(a, a, { ...options, interrupt })).rejects.toThrow("enough");
  });
});
