import { describe, expect, it } from "vitest";
import { CSV_HEADER, csvLine } from "../../../src/cli/run/csv.js";
import { transactionSignature } from "../../../src/protocol/transaction.js";
import { ACCOUNT, accountDiffEvent, PROGRAM, transactionEvent } from "./sample-events.js";

/** Reads a line as RFC 4180 has it. */
function cells(line: string): Record<string, string> {
  expect(line.endsWith("\r\n")).toBe(true);
  const read = (text: string) =>
    [...text.trimEnd().matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = ""]) =>
      cell.replace(/^"|"$/g, "").replaceAll('""', '"'),
    );
  const names = read(CSV_HEADER);
  return Object.fromEntries(names.map((name, index) => [name, read(line)[index] ?? ""]));
}

describe("a record in CSV", () => {
  it("has a transaction's line", () => {
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

  it("puts an error in quotes", () => {
    const line = csvLine(transactionEvent(7, { err: { InstructionError: [0, { Custom: 1 }] } })) ?? "";
    expect(line).toContain('"{""InstructionError"":[0,{""Custom"":1}]}"');
    expect(cells(line).err).toBe('{"InstructionError":[0,{"Custom":1}]}');
  });

  it("has an account change's line, its numbers whole", () => {
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

  it("leaves empty what isn't there", () => {
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

  it("has no other events", () => {
    expect(csvLine({ type: "slot", slot: 5n })).toBeUndefined();
    expect(csvLine({ type: "completed" })).toBeUndefined();
  });
});
