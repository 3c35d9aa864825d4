import { describe, expect, test } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { compareRuns } from "../../src/compare/compare-runs.js";
import { comparisonMarkdown } from "../../src/compare/comparison-markdown.js";
import { readRecord } from "../../src/compare/read-record.js";
import { isSimulatorError } from "../../src/protocol/simulator-error.js";
import { ACCOUNT, PROGRAM } from "../cli/run/sample-events.js";
import { recordOf, sourceOf } from "./sample-records.js";

const SIGNATURE = "2".repeat(88);
/** An object from JSON for which `String` throws. */
const HOSTILE = { toString: 1, valueOf: 2 };

const TOKEN = { accountIndex: 1, mint: PROGRAM, owner: ACCOUNT, uiTokenAmount: { amount: "5", decimals: 6 } };
const META = {
  err: null,
  fee: 5000,
  preBalances: [10, 20],
  postBalances: [5, 25],
  logMessages: ["Program log: a"],
  computeUnitsConsumed: 150,
  preTokenBalances: [TOKEN],
  postTokenBalances: [{ ...TOKEN, uiTokenAmount: { amount: "7", decimals: 6 } }],
  loadedAddresses: { writable: [PROGRAM], readonly: [ACCOUNT] },
};
const MESSAGE = { accountKeys: [{ pubkey: ACCOUNT }, PROGRAM] };

const LINES: readonly [name: string, line: object][] = [
  [
    "transaction with a parsed message",
    {
      type: "transaction",
      slot: 1,
      signature: SIGNATURE,
      program: PROGRAM,
      transaction: { slot: 1, transaction: { message: MESSAGE }, meta: META },
    },
  ],
  [
    "transaction in base64",
    {
      type: "transaction",
      slot: 1,
      signature: SIGNATURE,
      program: PROGRAM,
      transaction: { slot: 1, transaction: ["AQ==", "base64"], meta: META },
    },
  ],
  [
    "tx",
    {
      type: "tx",
      data: {
        slot: 1,
        signature: SIGNATURE,
        success: false,
        error: "InstructionError",
        logs: ["Program log: a"],
        sol_changes: [{ pubkey: ACCOUNT, pre_lamports: 1, post_lamports: 2 }],
        token_changes: [{ pubkey: ACCOUNT, mint: PROGRAM, owner: ACCOUNT, pre_amount: 1, post_amount: 2, decimals: 6 }],
      },
    },
  ],
  ["run", { type: "run", startSlot: 1, endSlot: 9, programs: [PROGRAM], streams: ["transaction"], changes: ["a change"] }],
  ["session", { type: "session", sessionId: "backtest_x", startSlot: 1, endSlot: 9 }],
];

/** Returns copies of a value. In each copy, `HOSTILE` replaces a different part of the value. */
function* mutations(value: unknown): Generator<unknown> {
  yield HOSTILE;
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    for (const mutated of mutations(member)) {
      yield Array.isArray(value)
        ? value.map((item, index) => (`${index}` === key ? mutated : item))
        : { ...value, [key]: mutated };
    }
  }
}

async function failureOf(attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(LINES)("a record with objects in place of texts: %s", (name, line) => {
  const records = [...mutations(parseJson(stringifyJson(line)))].map(
    (mutated) => `${recordOf([{ byte: 1 }], { end: "" })}${stringifyJson(mutated)}\n`,
  );
  const intact = `${recordOf([{ byte: 1 }], { end: "" })}${stringifyJson(line)}\n`;

  test(`readRecord throws only SimulatorErrors for a record with objects in place of texts: ${name}`, async () => {
    for (const record of records) {
      const error = await failureOf(async () => {
        for await (const entry of readRecord(sourceOf(record))) {
          if (entry.type === "transaction") void [entry.transaction.balances, entry.transaction.logs, entry.transaction.err];
        }
      });
      expect(error === undefined || isSimulatorError(error), `${record}\n${error instanceof Error ? error.stack : ""}`).toBe(
        true,
      );
    }
  });

  test(`compareRuns throws only SimulatorErrors for a record with objects in place of texts: ${name}`, async () => {
    for (const record of records) {
      for (const [a, b] of [
        [record, intact],
        [intact, record],
        [record, record],
      ] as const) {
        const error = await failureOf(async () => comparisonMarkdown(await compareRuns(sourceOf(a), sourceOf(b))));
        expect(error === undefined || isSimulatorError(error), `${record}\n${error instanceof Error ? error.stack : ""}`).toBe(
          true,
        );
      }
    }
  });
});
