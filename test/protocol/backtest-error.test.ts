import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import {
  type BacktestError,
  backtestErrorSchema,
  describeBacktestError,
  fromWireError,
  isTerminal,
} from "../../src/protocol/backtest-error.js";
import { decodeResponse } from "../../src/protocol/responses.js";

const ADDRESS = "So11111111111111111111111111111111111111112";
const SESSION = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";

/** Every kind of error: its form on the wire, its form for users, its text in a message, and whether it ends a session. */
const KINDS: { wire: string; error: BacktestError; text: string; terminal?: true }[] = [
  { wire: '"noMoreBlocks"', error: { kind: "noMoreBlocks" }, text: "noMoreBlocks", terminal: true },
  { wire: '"sessionOwnerMismatch"', error: { kind: "sessionOwnerMismatch" }, text: "sessionOwnerMismatch" },
  {
    wire: '{"invalidTransactionEncoding":{"index":0,"error":"bad"}}',
    error: { kind: "invalidTransactionEncoding", index: 0, error: "bad" },
    text: "invalidTransactionEncoding (index 0, bad)",
  },
  {
    wire: '{"invalidTransactionFormat":{"index":1,"error":"bad"}}',
    error: { kind: "invalidTransactionFormat", index: 1, error: "bad" },
    text: "invalidTransactionFormat (index 1, bad)",
  },
  {
    wire: `{"invalidAccountEncoding":{"address":"${ADDRESS}","encoding":"base64","error":"bad"}}`,
    error: { kind: "invalidAccountEncoding", address: ADDRESS, encoding: "base64", error: "bad" },
    text: `invalidAccountEncoding (address ${ADDRESS}, encoding base64, bad)`,
  },
  {
    wire: '{"invalidAccountOwner":{"address":"x","error":"bad"}}',
    error: { kind: "invalidAccountOwner", address: "x", error: "bad" },
    text: "invalidAccountOwner (address x, bad)",
  },
  {
    wire: '{"invalidAccountPubkey":{"address":"x","error":"bad"}}',
    error: { kind: "invalidAccountPubkey", address: "x", error: "bad" },
    text: "invalidAccountPubkey (address x, bad)",
  },
  {
    wire: '{"bundleNotFound":{"start_slot":9007199254740993,"end_slot":18446744073709551615}}',
    error: { kind: "bundleNotFound", startSlot: 9007199254740993n, endSlot: 18446744073709551615n },
    text: "bundleNotFound (startSlot 9007199254740993, endSlot 18446744073709551615)",
    terminal: true,
  },
  {
    wire: '{"noProducedBlocksInRange":{"start_slot":1,"end_slot":2}}',
    error: { kind: "noProducedBlocksInRange", startSlot: 1n, endSlot: 2n },
    text: "noProducedBlocksInRange (startSlot 1, endSlot 2)",
    terminal: true,
  },
  {
    wire: '{"advanceSlotFailed":{"slot":5,"error":"x"}}',
    error: { kind: "advanceSlotFailed", slot: 5n, error: "x" },
    text: "advanceSlotFailed (slot 5, x)",
    terminal: true,
  },
  {
    wire: '{"finalizeSlotFailed":{"slot":5,"error":"x"}}',
    error: { kind: "finalizeSlotFailed", slot: 5n, error: "x" },
    text: "finalizeSlotFailed (slot 5, x)",
    terminal: true,
  },
  {
    wire: '{"invalidBlockhashFormat":{"slot":5,"error":"x"}}',
    error: { kind: "invalidBlockhashFormat", slot: 5n, error: "x" },
    text: "invalidBlockhashFormat (slot 5, x)",
  },
  {
    wire: '{"initializingSysvarsFailed":{"slot":5,"error":"x"}}',
    error: { kind: "initializingSysvarsFailed", slot: 5n, error: "x" },
    text: "initializingSysvarsFailed (slot 5, x)",
  },
  { wire: '{"invalidRequest":{"error":"x"}}', error: { kind: "invalidRequest", error: "x" }, text: "invalidRequest (x)" },
  { wire: '{"internal":{"error":"x"}}', error: { kind: "internal", error: "x" }, text: "internal (x)", terminal: true },
  { wire: '{"clerkError":{"error":"x"}}', error: { kind: "clerkError", error: "x" }, text: "clerkError (x)" },
  { wire: '{"simulationError":{"error":"x"}}', error: { kind: "simulationError", error: "x" }, text: "simulationError (x)" },
  {
    wire: `{"sessionNotFound":{"session_id":"${SESSION}"}}`,
    error: { kind: "sessionNotFound", sessionId: SESSION },
    text: `sessionNotFound (sessionId ${SESSION})`,
  },
  {
    wire: '{"sessionNotFound":{"session_id":"parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9012"}}',
    error: { kind: "sessionNotFound", sessionId: "parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9012" },
    text: "sessionNotFound (sessionId parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9012)",
  },
  {
    wire: '{"sessionOwnershipBusy":{"reason":"handoff"}}',
    error: { kind: "sessionOwnershipBusy", reason: "handoff" },
    text: "sessionOwnershipBusy (handoff)",
  },
  {
    wire: '{"sessionNameTaken":{"session_name":"run-1"}}',
    error: { kind: "sessionNameTaken", sessionName: "run-1" },
    text: "sessionNameTaken (sessionName run-1)",
  },
];

const read = (text: string) => v.safeParse(backtestErrorSchema, parseJson(text, { integersOnly: true }));

describe("errors that the server reports", () => {
  for (const { wire, error, text, terminal = false } of KINDS) {
    test(`the error ${error.kind} ${terminal ? "ends the session" : "does not end the session"}`, () => {
      const parsed = read(wire);
      if (!parsed.success) throw new Error(`${wire} was refused`);
      const given = fromWireError(parsed.output);
      expect(given).toStrictEqual(error);
      expect(isTerminal(given)).toBe(terminal);
      expect(describeBacktestError(given)).toBe(text);
    });
  }

  test("the test table contains all 20 error kinds of the server, and six of them end the session", () => {
    expect(new Set(KINDS.map(({ error }) => error.kind)).size).toBe(20);
    expect(KINDS.filter(({ terminal }) => terminal)).toHaveLength(6);
  });

  test("backtestErrorSchema omits unknown members of a server error", () => {
    const parsed = read('{"internal":{"error":"x","trace":[1]}}');
    expect(parsed.output).toEqual({ internal: { error: "x" } });
  });
});

describe("invalid errors of the server", () => {
  for (const wire of [
    '"brandNew"',
    '"internal"',
    '"toString"',
    '{"brandNew":{"error":"x"}}',
    '{"toString":{"error":"x"}}',
    '{"__proto__":{"error":"x"}}',
    '{"noMoreBlocks":{}}',
    '{"internal":{"error":"x"},"clerkError":{"error":"x"}}',
    '{"internal":{}}',
    '{"internal":{"error":5}}',
    '{"internal":null}',
    '{"advanceSlotFailed":{"slot":"5","error":"x"}}',
    '{"advanceSlotFailed":{"slot":5.0,"error":"x"}}',
    '{"bundleNotFound":{"startSlot":1,"endSlot":2}}',
    "{}",
    "[]",
    "null",
    "5",
  ]) {
    test(`backtestErrorSchema refuses the server error ${wire}, and decodeResponse reports it as unrecognized`, () => {
      expect(read(wire).success).toBe(false);
      const { response, sequence } = decodeResponse(`{"seqId":3,"method":"error","params":${wire}}`);
      expect(response.method).toBe("unrecognized");
      expect(sequence).toBe(3n);
    });
  }
});
