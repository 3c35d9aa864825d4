import { describe, expect, test } from "vitest";
import { stringifyJson } from "../../../src/codec/json.js";
import { readCheckpoint } from "../../../src/session/checkpoint/checkpoint-reader.js";
import type { SessionCheckpoint } from "../../../src/session/checkpoint/session-checkpoint.js";
import { toBareContinue, toContinueToRequest } from "../../../src/session/continues/continue-params.js";
import { thrownBy } from "../../protocol/thrown.js";

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

describe("the pending continue request of a checkpoint", () => {
  test.each([toBareContinue(2n ** 64n - 1n), toContinueToRequest({ slot: 5, batchIndex: 3 })])(
    "readCheckpoint returns the pending request of a checkpoint: $method",
    (request) => {
      const { continues } = readCheckpoint(pending(stringifyJson(request)));
      expect(continues).toEqual({ atStop: false, inFlight: { request, phase: "written" }, stopsAhead: 0 });
    },
  );

  test("readCheckpoint returns the transactions and account states of a pending continue request", () => {
    const request = { method: "continue", params: { advanceCount: 1n, transactions: ["AQ=="], modifyAccountStates: {} } };
    expect(readCheckpoint(pending(stringifyJson(request))).continues.inFlight?.request).toEqual(request);
  });

  test.each([
    ["an invalid count", '{"method":"continue","params":{"advanceCount":-1}}', "advanceCount"],
    ["an invalid transaction", '{"method":"continue","params":{"transactions":[5]}}', "transactions.0"],
    ["no slot", '{"method":"continueTo","params":{}}', "slot"],
    ["no parameters", '{"method":"continueTo"}', "params"],
  ])("readCheckpoint refuses a pending request with %s", (_, request, field) => {
    expect(thrownBy(() => readCheckpoint(pending(request)))).toMatchObject({ code: "invalidParams", field });
  });
});

describe("an invalid checkpoint is refused with an error that names the field", () => {
  const good = pending('{"method":"continue","params":{}}');
  const subscription = { kind: "slot", filters: [""], config: {}, complete: false, cursors: [null] };

  test("readCheckpoint returns the positions of a valid checkpoint, with 64-bit integers as bigint", () => {
    const made = { ...good, sequence: "18446744073709551615", stopsAhead: 2, subscriptions: [subscription] } as const;
    expect(readCheckpoint(made as unknown as SessionCheckpoint)).toMatchObject({
      sequence: 18_446_744_073_709_551_615n,
      range: { startSlot: 100n, endSlot: 18_446_744_073_709_551_615n },
      continues: { stopsAhead: 2 },
      open: [{ kind: "slot", filters: [""] }],
    });
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a text", "checkpoint"],
    ["a list", []],
    ["a later version", { ...good, version: 2 }],
    ["an invalid session id", { ...good, sessionId: "backtest_1" }],
    ["a parallel run's id", { ...good, sessionId: "parallel_01980f5a7c2b7e3d8a4b5c6d7e8f9012" }],
    ["a slot as a number", { ...good, startSlot: 100 }],
    ["a negative slot", { ...good, endSlot: "-1" }],
    ["an invalid sequence", { ...good, sequence: "1.5" }],
    ["a highest slot as a number", { ...good, slot: 100 }],
    ["no atStop", { ...good, atStop: undefined }],
    ["a negative count of stops", { ...good, stopsAhead: -1 }],
    ["a pending continue without its request", { ...good, pendingContinue: { received: true } }],
    ["a pending continue that is not JSON", { ...good, pendingContinue: { request: "{", received: true } }],
    ["no subscriptions", { ...good, subscriptions: undefined }],
    ["a subscription without filters", { ...good, subscriptions: [{ ...subscription, filters: undefined }] }],
    ["a cursor without a slot", { ...good, subscriptions: [{ ...subscription, cursors: [{ keys: [] }] }] }],
    ["a cursor with a number as a key", { ...good, subscriptions: [{ ...subscription, cursors: [{ slot: "1", keys: [1] }] }] }],
  ])("readCheckpoint refuses an invalid checkpoint: %s", (_, checkpoint) => {
    expect(thrownBy(() => readCheckpoint(checkpoint as SessionCheckpoint))).toMatchObject({
      code: "invalidParams",
      field: "checkpoint",
    });
  });

  test("readCheckpoint refuses a checkpoint with an unknown kind of subscription", () => {
    const checkpoint = { ...good, subscriptions: [{ ...subscription, kind: "weather" }] };
    expect(thrownBy(() => readCheckpoint(checkpoint as unknown as SessionCheckpoint))).toMatchObject({ code: "invalidParams" });
  });
});
