import { describe, expect, it } from "vitest";
import { CSV_HEADER, csvLine } from "../../src/compare/csv-encoder.js";
import { transactionSignature } from "../../src/protocol/transaction-notification.js";
import { ACCOUNT, accountDiffEvent, PROGRAM, transactionEvent } from "../cli/run/sample-events.js";

/** Reads a CSV line as RFC 4180 specifies. */
function cells(line: string): Record<string, string> {
  expect(line.endsWith("\r\n")).toBe(true);
  const read = (text: string) =>
    [...text.trimEnd().matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = ""]) =>
      cell.replace(/^"|"$/g, "").replaceAll('""', '"'),
    );
  const names = read(CSV_HEADER);
  return Object.fromEntries(names.map((name, index) => [name, read(line)[index] ?? ""]));
}

describe("csvLine", () => {
  it("csvLine writes the figures of a transaction, and leaves the account columns empty", () => {
    const event = transactionEvent(7);
    expect(cells(csvLine(event) ?? "")).toMatchObject({
      type: "transaction",
      slot: "300000000",
      block_time: "1704368940",
      tx_index: "3",
      signature: transactionSignature(event.transaction),
      program: PROGRAM,
      account: "",
      err: "",
      fee: "5000",
      compute_units: "150",
      lamports_after: "",
    });
  });

  it("csvLine writes values of a wrong type as JSON, because the client does not validate them", () => {
    const event = transactionEvent(7, { fee: { toString: 1 } as never, computeUnitsConsumed: Number.POSITIVE_INFINITY as never });
    expect(cells(csvLine(event) ?? "")).toMatchObject({ fee: '{"toString":1}', compute_units: "1e999" });
    const diff = accountDiffEvent();
    diff.diff.pre = { lamports: [1] } as never;
    diff.diff.post = 5 as never;
    expect(cells(csvLine(diff) ?? "")).toMatchObject({ lamports_before: "[1]", bytes_before: "", bytes_after: "" });
  });

  it("for a transaction of the unknown version 2, csvLine writes `unknown version 2` in the column `signature`", () => {
    const event = transactionEvent(7);
    event.transaction.transaction = [Buffer.alloc(200, 0x82).toString("base64"), "base64"];
    event.transaction.version = 2;
    expect(cells(csvLine(event) ?? "").signature).toBe("unknown version 2");
  });

  it("csvLine writes the error of a transaction as quoted JSON", () => {
    const line = csvLine(transactionEvent(7, { err: { InstructionError: [0, { Custom: 1 }] } })) ?? "";
    expect(line).toContain('"{""InstructionError"":[0,{""Custom"":1}]}"');
    expect(cells(line).err).toBe('{"InstructionError":[0,{"Custom":1}]}');
  });

  it("csvLine writes the figures of an account change without rounding 64-bit integers", () => {
    expect(cells(csvLine(accountDiffEvent()) ?? "")).toMatchObject({
      type: "accountDiff",
      slot: "300000001",
      signature: "5igna,ture",
      account: ACCOUNT,
      lamports_before: "7",
      lamports_after: "9223372036854775808",
      bytes_before: "165",
      bytes_after: "3",
    });
  });

  it("csvLine writes an empty cell for a missing value", () => {
    const event = accountDiffEvent();
    const { pre: _, ...created } = event.diff;
    expect(cells(csvLine({ ...event, diff: created }) ?? "")).toMatchObject({ lamports_before: "", bytes_before: "" });
    const bare = transactionEvent(7);
    expect(cells(csvLine({ ...bare, transaction: { ...bare.transaction, meta: null, blockTime: null } }) ?? "")).toMatchObject({
      fee: "",
      block_time: "",
      err: "",
    });
  });

  it("csvLine returns undefined for events that are neither transactions nor account changes", () => {
    expect(csvLine({ type: "slot", slot: 5n })).toBeUndefined();
    expect(csvLine({ type: "completed" })).toBeUndefined();
  });

  it.each([
    "=1+1",
    "+1+cmd",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\rx",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    '"=1"',
    "'=1",
    "`=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "\n=1",
    "+1e5",
    "-1-",
  ])("csvLine writes an apostrophe before %j, so that no spreadsheet evaluates it as a formula", (text) => {
    const event = accountDiffEvent();
    const line = csvLine({ ...event, diff: { ...event.diff, account: text, signature: text } }) ?? "";
    const { account = "" } = cells(line);
    expect(account).toMatch(/^'/);
    expect(account.replaceAll("'", "")).toBe(text.replaceAll("'", ""));
  });

  it.each(["a;=1", "a;\uff1d1", "a\t=1", "a\n=1", "a|=1", "a; =1"])(
    "csvLine writes an apostrophe after the separator in the text %j, so that no spreadsheet evaluates a formula",
    (text) => {
      const event = accountDiffEvent();
      expect(cells(csvLine({ ...event, diff: { ...event.diff, account: text } }) ?? "").account).toMatch(/[;\t\n|]'/);
    },
  );

  it.each(["5", "-5", "+5", "1.25", "-0.5"])("csvLine writes the number %s unchanged", (text) => {
    const event = accountDiffEvent();
    expect(cells(csvLine({ ...event, diff: { ...event.diff, account: text } }) ?? "").account).toBe(text);
  });
});
