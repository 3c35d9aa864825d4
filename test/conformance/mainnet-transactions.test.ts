import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../src/codec/base64.js";
import { parseJson } from "../../src/codec/json.js";
import { type ExplainedInstruction, explainTransaction } from "../../src/explain/index.js";
import { BacktestClient } from "../../src/index.js";
import { generateLedger } from "../../src/local/engine/ledger/generate-ledger.js";
import { createLocalSimulator } from "../../src/local/index.js";
import { readVectors } from "./vectors.js";

// Four transactions of mainnet (slots 376243586 to 376411673), as `getTransaction` returned them. `parsed` is the output of the
// crate solana-transaction-status 4.2.2 for their instructions with the encoding jsonParsed. `parsed` is null for programs without
// a parser.

type Parsed = { program: string; parsed: string | { type: string; info?: Record<string, unknown> } } | null;
interface Case {
  parsed: Parsed[];
  innerParsed: { index: number; parsed: Parsed[] }[];
  transaction: { transaction: { signatures: string[] } };
}

const cases = readVectors("mainnet-transactions.json") as Case[];

/** Programs that are decoded without an IDL. */
const NATIVE = /^(?:11111|Token|ATokenG|ComputeB|Memo|Stake1|BPFLoader|AddressLook|Vote111)/;

/** Returns an instruction and all instructions that it invoked, in the order of execution. */
function flatten(instruction: ExplainedInstruction): ExplainedInstruction[] {
  return [instruction, ...instruction.inner.flatMap(flatten)];
}

/** Compares the names, accounts and arguments of an instruction with the `jsonParsed` form of the RPC. */
function expectAgreement(instruction: ExplainedInstruction | undefined, parsed: Parsed): void {
  if (parsed === null || instruction === undefined) return;
  expect(instruction.program.rpcName).toBe(parsed.program);
  if (typeof parsed.parsed === "string") return expect(instruction.args.memo).toBe(parsed.parsed);
  expect(instruction.name).toBe(parsed.parsed.type);
  for (const [name, value] of Object.entries(parsed.parsed.info ?? {})) {
    const account = instruction.accounts.find((one) => one.name === name)?.address;
    const ours = account ?? instruction.args[name];
    if (typeof value === "object" && value !== null && "uiAmountString" in value) {
      const { amount, decimals, uiAmountString } = value as unknown as Record<string, unknown>;
      expect(ours).toEqual({ amount: BigInt(String(amount)), decimals, uiAmountString });
    } else if (Array.isArray(value)) {
      const named = instruction.accounts.filter((one) => one.name === name).map(({ address }) => address);
      expect(named.length > 0 ? named : ours, name).toEqual(value);
    } else expect(String(ours), name).toBe(String(value));
  }
}

describe.each(cases.map((one) => [one.transaction.transaction.signatures[0], one] as const))("the transaction %s", (_, one) => {
  const explained = explainTransaction(one.transaction);

  test("a mainnet transaction is explained without problems, and each of its instructions has succeeded", () => {
    expect(explained).toMatchObject({ status: "succeeded", problems: [], otherLogs: [], areLogsTruncated: false, version: 0 });
    for (const instruction of explained.instructions.flatMap(flatten)) expect(instruction.outcome).toBe("succeeded");
    expect(explained.solChanges.reduce((sum, { change }) => sum + change, 0n)).toBe(-(explained.fee ?? 0n));
  });

  test("a mainnet transaction is explained with the same names, accounts and arguments as in the encoding jsonParsed", () => {
    for (const [index, parsed] of one.parsed.entries()) expectAgreement(explained.instructions[index], parsed);
    for (const { index, parsed } of one.innerParsed) {
      const inner = explained.instructions[index]?.inner.flatMap(flatten) ?? [];
      expect(inner).toHaveLength(parsed.length);
      for (const [at, expected] of parsed.entries()) expectAgreement(inner[at], expected);
    }
  });
});

const REPLAYED = new URL("../local/engine/litesvm/mainnet/mainnet-transactions.ndjson", import.meta.url);

describe("the transactions of mainnet that the simulator replays", () => {
  const all = readFileSync(REPLAYED, "utf8")
    .trim()
    .split("\n")
    .map((line) => explainTransaction(parseJson(line)));

  test("the mainnet transactions of the replay tests are explained without problems, and native instructions have names", () => {
    for (const { problems, instructions, otherLogs } of all) {
      expect(problems).toEqual([]);
      expect(otherLogs).toEqual([]);
      expectNamed(instructions);
    }
  });

  test("the failed mainnet transactions of the replay tests are explained with a readable reason", () => {
    const errors = all.flatMap(({ status, error }) => (status === "failed" ? [error?.text] : []));
    expect(errors).toEqual(
      expect.arrayContaining([
        "an account would have too few lamports to be rent-exempt (account #3)",
        "Vote: the vote is already recorded, or not in the slot hashes (instruction #1, vote)",
      ]),
    );
  });
});

/**
 * Expects a name for every instruction of a native program. An instruction without data is known only from the logs, so it may
 * have no name.
 */
function expectNamed(instructions: readonly ExplainedInstruction[]): number {
  const all = instructions
    .flatMap(flatten)
    .filter(({ program, data, name }) => NATIVE.test(program.address) && (data !== undefined || name !== undefined));
  for (const { name, program } of all) expect(name, program.address).toBeDefined();
  return all.length;
}

describe("200 transactions", () => {
  test("200 transactions of a generated ledger are explained without problems", async () => {
    const ledger = generateLedger({ seed: "explain", startSlot: 500n, endSlot: 700n, skipRate: 0, transactionsPerSlot: 3 });
    let transactions = 0;
    let named = 0;
    for (let slot = 500n; transactions < 200; slot++) {
      const block = await ledger.blockFrom(slot);
      for (const { wire } of block?.transactions ?? []) {
        const { problems, instructions } = explainTransaction({ slot, transaction: [encodeBase64(wire), "base64"], meta: null });
        expect(problems).toEqual([]);
        named += expectNamed(instructions);
        transactions++;
      }
    }
    expect(named).toBeGreaterThanOrEqual(transactions);
  });

  test("200 transactions that a session delivers are explained, and each failed transaction has a reason", async () => {
    const simulator = createLocalSimulator({ startSlot: 100, slots: 200 });
    const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
    const session = await client.startSession({ startSlot: 100, slotCount: 150 });
    session.subscribeTransactions(simulator.programs.slice(0, 2));
    let transactions = 0;
    let failed = 0;
    for await (const event of session.run()) {
      if (event.type !== "transaction") continue;
      const explained = explainTransaction(event);
      transactions++;
      expect(explained.problems).toEqual([]);
      expectNamed(explained.instructions);
      expect(explained.status === "failed").toBe(explained.error !== undefined);
      if (explained.error === undefined) continue;
      failed++;
      expect(explained.error.text).toMatch(/^(Token: insufficient funds|System: insufficient lamports) \(instruction #\d/);
    }
    await client.close();
    await simulator.close();
    expect(transactions).toBeGreaterThan(200);
    expect(failed).toBeGreaterThan(5);
  });
});
