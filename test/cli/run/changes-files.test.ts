import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/cli/command-failure.js";
import { loadChanges } from "../../../src/cli/run/changes-files.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
const ADDRESS = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
const OWNER = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

const account = (changes: object = {}) =>
  JSON.stringify({
    [ADDRESS]: {
      lamports: 1_461_600,
      owner: OWNER,
      data: ["AAAA", "base64"],
      executable: false,
      space: 3,
      rentEpoch: 0,
      ...changes,
    },
  });

describe("loadChanges", () => {
  it("loadChanges reads the files of programs, accounts and transactions, and its descriptions contain the digest of each file", async () => {
    await writeFile(folder.path("p.so"), "\x7fELF and code");
    await writeFile(folder.path("accounts.json"), account());
    await writeFile(folder.path("inject.json"), '{"300000010":["AAAA","BBBB"],"300000020":["CCCC"]}');
    const { changes, descriptions } = await loadChanges({
      programSo: [{ program: ADDRESS, file: folder.path("p.so") }],
      accountOverrides: folder.path("accounts.json"),
      inject: folder.path("inject.json"),
      extraComputeUnits: 7,
    });
    expect(Object.keys(changes.programs ?? {})).toEqual([ADDRESS]);
    expect(changes.accounts).toEqual({
      [ADDRESS]: { lamports: 1_461_600n, owner: OWNER, data: { data: "AAAA", encoding: "base64" }, executable: false, space: 3n },
    });
    expect(changes.transactions).toEqual([
      { slot: 300_000_010n, transactions: ["AAAA", "BBBB"] },
      { slot: 300_000_020n, transactions: ["CCCC"] },
    ]);
    expect(descriptions.map((line) => line.replaceAll(folder.path(), "FOLDER").replace(/[0-9a-f]{12}/, "DIGEST"))).toEqual([
      `program ${ADDRESS} replaced by FOLDER/p.so (sha256 DIGEST)`,
      "1 accounts of FOLDER/accounts.json (sha256 DIGEST)",
      "3 transactions of FOLDER/inject.json injected (sha256 DIGEST)",
      "7 extra compute units",
    ]);
  });

  it("loadChanges refuses a program file that does not exist or is not an ELF file", async () => {
    const programSo = [{ program: ADDRESS, file: folder.path("p.so") }];
    await expect(loadChanges({ programSo })).rejects.toThrow(/--program-so: cannot read .*no such file/);
    await writeFile(folder.path("p.so"), "#!/bin/sh");
    await expect(loadChanges({ programSo })).rejects.toThrow("not an ELF file");
  });

  it("the error of loadChanges for a file with invalid content names the option and the file", async () => {
    await writeFile(folder.path("bad.json"), "{");
    await expect(loadChanges({ accountOverrides: folder.path("bad.json") })).rejects.toThrow(
      `--account-overrides ${folder.path("bad.json")}: not JSON`,
    );
    const loading = loadChanges({ inject: folder.path("bad.json") });
    await expect(loading).rejects.toThrow(`--inject ${folder.path("bad.json")}: not JSON`);
    await expect(loading).rejects.toBeInstanceOf(UsageError);
  });
});
