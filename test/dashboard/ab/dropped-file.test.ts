import { describe, expect, it } from "vitest";
import { readDroppedFile } from "../../../demo/dashboard/ab/dropped-file.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const read = (content: string | Uint8Array<ArrayBuffer>, name: string) => readDroppedFile(new File([content], name));

describe("readDroppedFile", () => {
  it("readDroppedFile recognizes a program by its content, and an address in its name", async () => {
    expect(await read("\x7fELF and code", `old-${TOKEN}.so`)).toMatchObject({ kind: "program", address: TOKEN });
    expect(await read("\x7fELF and code", "program.so")).toMatchObject({ kind: "program", address: "" });
    expect(await read("\x7fELF and code", "program.txt")).toMatchObject({ kind: "program" });
  });

  it("readDroppedFile reads account states and transactions, which have the form of the command line", async () => {
    const account = { lamports: 5, owner: TOKEN, data: ["AAAA", "base64"], executable: false };
    const accounts = await read(JSON.stringify({ [TOKEN]: account }), "a.json");
    expect(accounts).toMatchObject({ kind: "accounts", accounts: { [TOKEN]: { lamports: 5n, space: 3n } } });
    expect(await read('\n { "300000010": ["AAAA"] }', "t.json")).toMatchObject({
      kind: "transactions",
      transactions: [{ slot: 300_000_010n, transactions: ["AAAA"] }],
    });
  });

  it("readDroppedFile recognizes records of the commands run and sim", async () => {
    expect((await read('{"type":"run","version":1}\n', "run.ndjson")).kind).toBe("record");
    expect((await read('{"type":"metadata","data":{}}\n', "sim.jsonl")).kind).toBe("record");
  });

  it.each([
    ["a CSV record", "type,slot,signature\r\n", /a CSV file has only figures, and cannot be compared/],
    ["a Parquet record", "PAR1…", /a Parquet file has only figures/],
    ["any other file", "#!/bin/sh", /not a program \(ELF\), not JSON, and not a record/],
    ["an empty file", "", /not a program/],
    ["JSON that is neither accounts nor transactions", '{"a":1}', /f: a is not a base58 address/],
    ["a transaction that is not base64", '{"5":["?"]}', /f: slot 5: a transaction is not base64/],
  ])("readDroppedFile refuses %s, and names the file", async (_, content, message) => {
    await expect(read(content, "f")).rejects.toThrow(message);
    await expect(read(content, "f")).rejects.toThrow(/^f: /);
  });
});
