import { describe, expect, test } from "vitest";
import { stringifyJson } from "../../src/codec/json.js";
import type { SessionCheckpoint } from "../../src/session/checkpoint.js";
import { readCheckpoint } from "../../src/session/checkpoint-reader.js";
import { toBareContinue, toContinueToRequest } from "../../src/session/continue-params.js";
import { thrownBy } from "../protocol/thrown.js";

const pending = (request: string): SessionCheckpoint => ({
  version: 1,
  sessionId: "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012",
  startSlot: "100",
  endSlot: "18446744073709551615",
  sequence: null,
  atStop: false,
  pendingContinue: { request, received: false },
  subscriptions: [],
});

describe("a checkpoint's pending continue", () => {
  test.each([toBareContinue(2n ** 64n - 1n), toContinueToRequest({ slot: 5, batchIndex: 3 })])("is read: $method", (request) => {
    const { continues } = readCheckpoint(pending(stringifyJson(request)));
    expect(continues).toEqual({ atStop: false, inFlight: { request, phase: "written" } });
  });

  test("keeps what it changes first", () => {
    const request = { method: "continue", params: { advanceCount: 1n, transactions: ["AQ=="], modifyAccountStates: {} } };
    expect(readCheckpoint(pending(stringifyJson(request))).continues.inFlight?.request).toEqual(request);
  });

  test.each([
    ["a count that is none", '{"method":"continue","params":{"advanceCount":-1}}', "advanceCount"],
    ["a transaction that is none", '{"method":"continue","params":{"transactions":[5]}}', "transactions.0"],
    ["a stop nowhere", '{"method":"continueTo","params":{}}', "slot"],
    ["a stop without parameters", '{"method":"continueTo"}', "params"],
  ])("is refused with %s", (_, request, field) => {
    expect(thrownBy(() => readCheckpoint(pending(request)))).toMatchObject({ code: "invalidParams", field });
  });
});
