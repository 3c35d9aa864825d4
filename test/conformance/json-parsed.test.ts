import { describe, expect, test } from "vitest";
import { explainTransaction } from "../../src/explain/index.js";
import { readVectors } from "./vectors.js";

// Instructions as the RPC decodes them with the encoding jsonParsed. They are outputs of `parse_instruction::parse` in the Rust
// crate solana-transaction-status 4.2.2. There are one or two generated instructions of each kind. Kinds whose members differ
// between 4.2 and 4.4 (proof accounts of confidential transfers) are left out.

interface Case {
  programId: string;
  accounts: string[];
  /** The instruction data in base58. */
  data: string;
  program: string;
  parsed: string | { type: string; info?: Record<string, unknown> };
}

const cases = readVectors("json-parsed.json") as Case[];

/** Converts integers to text, because the RPC writes a u64 as a number or as text. Removes null members. */
function comparable(value: unknown): unknown {
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, comparable(member)]));
}

function explain({ programId, accounts, data }: Case) {
  const accountKeys = [...new Set(["11111111111111111111111111111112", ...accounts, programId])];
  const instruction = {
    programIdIndex: accountKeys.indexOf(programId),
    accounts: accounts.map((address) => accountKeys.indexOf(address)),
    data,
  };
  const header = { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 0 };
  return explainTransaction({
    transaction: { signatures: ["s"], message: { header, accountKeys, instructions: [instruction] } },
  });
}

/** Returns the accounts and arguments of an instruction in the form of `info` in `jsonParsed`. */
function infoOf({ instructions: [instruction] }: ReturnType<typeof explain>): Record<string, unknown> {
  const info: Record<string, unknown> = { ...instruction?.args };
  for (const name of ["signers", "sourceAccounts"]) {
    const list = instruction?.accounts.filter((account) => account.name === name) ?? [];
    if (list.length > 0) info[name] = list.map(({ address }) => address);
  }
  for (const { name, address } of instruction?.accounts ?? []) {
    if (name !== undefined && !(name in info)) info[name] = address;
  }
  return info;
}

describe("explainTransaction agrees with jsonParsed", () => {
  for (const [index, vector] of cases.entries()) {
    const type = typeof vector.parsed === "string" ? "memo" : vector.parsed.type;
    test(`explainTransaction returns the same name, accounts and arguments as jsonParsed for instruction ${index}: ${vector.program} ${type}`, () => {
      const explained = explain(vector);
      expect(explained.problems).toEqual([]);
      expect(explained.instructions[0]).toMatchObject({ name: type, program: { rpcName: vector.program } });
      const expected = typeof vector.parsed === "string" ? { memo: vector.parsed } : (vector.parsed.info ?? {});
      const info = infoOf(explained);
      for (const [name, value] of Object.entries(expected)) {
        if (value === null) continue;
        // `uiAmount` is left out, because it is a rounded number.
        const wanted = typeof value === "object" && "uiAmount" in value ? { ...value, uiAmount: null } : value;
        expect(comparable(info[name]), name).toEqual(comparable(wanted));
      }
    });
  }

  test("the test vectors for jsonParsed cover each program whose accounts the RPC decodes", () => {
    expect([...new Set(cases.map(({ program }) => program))].sort()).toEqual([
      "address-lookup-table",
      "bpf-loader",
      "bpf-upgradeable-loader",
      "spl-associated-token-account",
      "spl-memo",
      "spl-token",
      "stake",
      "system",
      "vote",
    ]);
    expect(cases.length).toBeGreaterThan(200);
  });
});
