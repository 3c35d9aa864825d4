import { describe, expect, it } from "vitest";
import { readDroppedFile } from "../../../demo/dashboard/ab/dropped-file.js";
import { COLUMNS, toCsv, toNdjson } from "../../../demo/dashboard/worker/table-export.js";
import { CSV_HEADER } from "../../../src/compare/csv-encoder.js";
import { elfFile } from "../../support/elf-file.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const read = (content: string | Uint8Array<ArrayBuffer>, name: string) => readDroppedFile(new File([content], name));

describe("readDroppedFile", () => {
  it("readDroppedFile recognizes a program by its content, and reads the address from its file name", async () => {
    expect(await read(elfFile(), `old-${TOKEN}.so`)).toMatchObject({ kind: "program", address: TOKEN });
    expect(await read(elfFile(), "program.so")).toMatchObject({ kind: "program", address: "" });
    expect(await read(elfFile(), "program.txt")).toMatchObject({ kind: "program" });
  });

  it("readDroppedFile reads account states and transactions in the JSON format of the command line", async () => {
    const account = { lamports: 5, owner: TOKEN, data: ["AAAA", "base64"], executable: false };
    const accounts = await read(JSON.stringify({ [TOKEN]: account }), "a.json");
    expect(accounts).toMatchObject({ kind: "accounts", accounts: { [TOKEN]: { lamports: 5n, space: 3n } } });
    expect(await read('\n { "300000010": ["AAAA"] }', "t.json")).toMatchObject({
      kind: "transactions",
      transactions: [{ slot: 300_000_010n, transactions: ["AAAA"] }],
    });
  });

  it("readDroppedFile recognizes records of the command `run`, and the output of the command `sim`", async () => {
    expect((await read('{"type":"run","version":1}\n', "run.ndjson")).kind).toBe("record");
    expect((await read('{"type":"metadata","data":{}}\n', "sim.jsonl")).kind).toBe("record");
  });

  it.each([
    ["a CSV record", CSV_HEADER, "run.csv", /a CSV record has no logs, balances and instructions.*“run --out run\.ndjson”/],
    [
      "a CSV record that a spreadsheet has saved",
      `\ufeff${CSV_HEADER.replaceAll(",", ";")}`,
      "run.csv",
      /a CSV record has no logs/,
    ],
    ["a Parquet record", "PAR1…", "a.b.parquet", /a Parquet record has no logs.*“run --out a\.b\.ndjson”/],
    ["the CSV export of a table", toCsv([], COLUMNS.transactions), "f", /the export of a table, not the record of a run/],
    ["the CSV export of account diffs", toCsv([], COLUMNS.accountDiffs), "f", /the export of a table/],
    ["the CSV export of logs", toCsv([], COLUMNS.logs), "f", /the export of a table/],
    ["the NDJSON export of a table", toNdjson([{ id: 0, slot: 5n, signature: "s" }]), "f", /the export of a table/],
    ["a compressed file", new Uint8Array([0x1f, 0x8b, 8, 0]), "f", /compressed \(gzip\)\. Unpack it/],
    ["a shell script", "#!/bin/sh", "f", /not a program \(ELF\), not JSON, and not a record/],
    ["an empty file", "", "f", /the file is empty/],
    ["JSON that is neither accounts nor transactions", '{"a":1}', "f", /a is not a base58 address/],
    ["a transaction that is not base64", '{"5":["?"]}', "f", /slot 5: a transaction is not base64/],
    ["a truncated program", elfFile().subarray(0, -1), "f.so", /the file is cut: it has 207 bytes/],
    ["a program for another machine", elfFile({ machine: 62 }), "f.so", /x86-64 processors, not for Solana/],
  ])("readDroppedFile refuses %s, and names the file", async (_, content, name, message) => {
    await expect(read(content, name)).rejects.toThrow(message);
    await expect(read(content, name)).rejects.toThrow(new RegExp(`^${name}: `));
  });

  it("readDroppedFile refuses a program that exceeds the maximum size of an account", async () => {
    const large = new File([elfFile(), new Uint8Array(11 * 1024 * 1024)], "large.so");
    await expect(readDroppedFile(large)).rejects.toThrow(/^large\.so: the program has 11,534,544 bytes.*at most 10,485,715/);
  });
});
