import { describe, expectTypeOf, test } from "vitest";
import type { AccountDiff, UiAccount } from "../../src/protocol/account-diff-notification.js";
import type { AvailableRange } from "../../src/protocol/available-range.js";
import type { BacktestError, fromWireError, isTerminal, WireBacktestError } from "../../src/protocol/backtest-error.js";
import type { BacktestRequest, DecodedRequest, decodeRequest, encodeRequest } from "../../src/protocol/requests.js";
import type {
  BacktestResponse,
  BacktestStatus,
  DecodedResponse,
  decodeResponse,
  SessionEvent,
} from "../../src/protocol/responses.js";
import type { SessionSummary } from "../../src/protocol/session-summary.js";
import type { AccountData, DiscoveryFilter } from "../../src/protocol/shapes.js";
import type { SimulatorError, SimulatorErrorCode } from "../../src/protocol/simulator-error.js";
import type { SubscriptionMessage } from "../../src/protocol/subscription-message.js";
import type { ConfirmedTransaction, TransactionMeta } from "../../src/protocol/transaction-notification.js";

/** The member of a union that has the given method. */
type Of<T extends { method: string }, M extends T["method"]> = Extract<T, { method: M }>;
type ParamsOf<T extends { method: string }, M extends T["method"]> = Of<T, M> extends { params: infer P } ? P : never;

describe("requests", () => {
  type Create = ParamsOf<BacktestRequest, "createBacktestSession">;
  type DecodedCreate = ParamsOf<DecodedRequest, "createBacktestSession">;

  test("the type BacktestRequest is a union that is discriminated by `method`", () => {
    expectTypeOf<BacktestRequest["method"]>().toEqualTypeOf<
      | "createBacktestSession"
      | "continue"
      | "continueTo"
      | "continueSessionV1"
      | "continueToSessionV1"
      | "closeBacktestSession"
      | "closeSessionV1"
      | "attachBacktestSession"
      | "resumeAttachedSession"
      | "attachParallelControlSessionV2"
    >();
    expectTypeOf<DecodedRequest["method"]>().toEqualTypeOf<BacktestRequest["method"]>();
  });

  test("an encoded request accepts 64-bit integers as bigint or number, and a decoded request has them as bigint", () => {
    expectTypeOf<Create["startSlot"]>().toEqualTypeOf<bigint | number>();
    expectTypeOf<DecodedCreate["startSlot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ParamsOf<BacktestRequest, "continue">["advanceCount"]>().toEqualTypeOf<bigint | number | undefined>();
    expectTypeOf<ParamsOf<DecodedRequest, "continue">["advanceCount"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ParamsOf<BacktestRequest, "attachBacktestSession">["last_sequence"]>().toEqualTypeOf<
      bigint | number | null | undefined
    >();
    expectTypeOf<ParamsOf<DecodedRequest, "attachBacktestSession">["last_sequence"]>().toEqualTypeOf<bigint | null>();
    expectTypeOf<ParamsOf<DecodedRequest, "attachParallelControlSessionV2">["last_sequences"]>().toEqualTypeOf<{
      [id: string]: bigint;
    }>();
  });

  test("in a decoded request, `batchIndex` and `disconnectTimeoutSecs` have the type `number`", () => {
    expectTypeOf<DecodedCreate["disconnectTimeoutSecs"]>().toEqualTypeOf<number | null>();
    expectTypeOf<ParamsOf<DecodedRequest, "continueTo">["batchIndex"]>().toEqualTypeOf<number | null>();
  });

  test("the type BacktestRequest requires only the fields without a default", () => {
    expectTypeOf<{ startSlot: 1; endSlot: 2n }>().toExtend<Create>();
    expectTypeOf<{ startSlot: 1 }>().not.toExtend<Create>();
    expectTypeOf<{ startSlot: "1"; endSlot: 2 }>().not.toExtend<Create>();
    expectTypeOf<{ method: "closeBacktestSession" }>().toExtend<BacktestRequest>();
    expectTypeOf<{ method: "continue" }>().not.toExtend<BacktestRequest>();
    expectTypeOf<{ method: "attachBacktestSession"; params: { sessionId: string } }>().not.toExtend<BacktestRequest>();
    expectTypeOf<{ method: "nope" }>().not.toExtend<BacktestRequest>();
  });

  test("encodeRequest accepts a decoded request", () => {
    expectTypeOf<DecodedRequest>().toExtend<BacktestRequest>();
    expectTypeOf<typeof encodeRequest>().toEqualTypeOf<(request: BacktestRequest) => string>();
    expectTypeOf<typeof decodeRequest>().toEqualTypeOf<(text: string) => DecodedRequest>();
  });
});

describe("responses", () => {
  test("a decoded response has an optional sequence and an optional session id", () => {
    expectTypeOf<typeof decodeResponse>().toEqualTypeOf<(text: string) => DecodedResponse>();
    expectTypeOf<DecodedResponse>().toEqualTypeOf<{ sequence?: bigint; sessionId?: string; response: BacktestResponse }>();
  });

  test("the type BacktestResponse is a union that is discriminated by `method`", () => {
    expectTypeOf<BacktestResponse["method"]>().toEqualTypeOf<
      | "sessionCreated"
      | "sessionAttached"
      | "sessionsCreatedV2"
      | "parallelSessionAttachedV2"
      | "readyForContinue"
      | "slotNotification"
      | "paused"
      | "discoveryBatch"
      | "status"
      | "completed"
      | "error"
      | "success"
      | "sessionEventV2"
      | "unrecognized"
    >();
    expectTypeOf<Of<BacktestResponse, "readyForContinue">>().toEqualTypeOf<{ method: "readyForContinue" }>();
    expectTypeOf<Of<BacktestResponse, "slotNotification">>().toEqualTypeOf<{ method: "slotNotification"; params: bigint }>();
    expectTypeOf<Of<BacktestResponse, "unrecognized">>().toEqualTypeOf<{ method: "unrecognized"; raw: string; reason: string }>();
  });

  test("a decoded response has the field names of the wire, and 64-bit integers as bigint", () => {
    type Created = ParamsOf<BacktestResponse, "sessionCreated">;
    expectTypeOf<Created["session_id"]>().toEqualTypeOf<string>();
    expectTypeOf<Created["task_id"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<ParamsOf<BacktestResponse, "sessionsCreatedV2">["start_slots"]>().toEqualTypeOf<bigint[]>();
    expectTypeOf<ParamsOf<BacktestResponse, "sessionsCreatedV2">["task_ids"]>().toEqualTypeOf<(string | null)[]>();
    expectTypeOf<ParamsOf<BacktestResponse, "paused">["slot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ParamsOf<BacktestResponse, "paused">["batchIndex"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ParamsOf<BacktestResponse, "discoveryBatch">["transactionIndices"]>().toEqualTypeOf<number[]>();
    expectTypeOf<ParamsOf<BacktestResponse, "status">["status"]>().toEqualTypeOf<BacktestStatus>();
    expectTypeOf<ParamsOf<BacktestResponse, "completed">["summary"]>().toEqualTypeOf<SessionSummary | undefined>();
    expectTypeOf<ParamsOf<BacktestResponse, "error">>().toEqualTypeOf<WireBacktestError>();
  });

  test("the response sessionEventV2 contains an event, never a handshake response", () => {
    type Event = ParamsOf<BacktestResponse, "sessionEventV2">;
    expectTypeOf<Event>().toEqualTypeOf<{ session_id: string; seq_id: bigint; event: SessionEvent }>();
    expectTypeOf<
      Extract<SessionEvent, { method: "sessionCreated" | "sessionEventV2" | "unrecognized" }>
    >().toEqualTypeOf<never>();
    expectTypeOf<SessionEvent>().toExtend<BacktestResponse>();
  });

  test("the counts of a session summary are number, and those of its reroute statistics are bigint", () => {
    expectTypeOf<SessionSummary["correctSimulation"]>().toEqualTypeOf<number>();
    expectTypeOf<NonNullable<SessionSummary["rerouteStats"]>["swapsDetected"]>().toEqualTypeOf<bigint>();
  });

  test("a switch statement narrows a response by its method", () => {
    const slotOf = (response: BacktestResponse): bigint | undefined => {
      switch (response.method) {
        case "slotNotification":
          return response.params;
        case "paused":
        case "discoveryBatch":
          return response.params.slot;
        case "sessionEventV2":
          return slotOf(response.params.event);
        default:
          return undefined;
      }
    };
    expectTypeOf(slotOf).returns.toEqualTypeOf<bigint | undefined>();
  });
});

describe("errors", () => {
  test("the type BacktestError is discriminated by `kind`", () => {
    expectTypeOf<Extract<BacktestError, { kind: "noMoreBlocks" }>>().toEqualTypeOf<{ kind: "noMoreBlocks" }>();
    type NotFound = Extract<BacktestError, { kind: "sessionNotFound" }>;
    expectTypeOf<NotFound["sessionId"]>().toEqualTypeOf<string>();
    expectTypeOf<NotFound>().not.toHaveProperty("session_id");
    type Range = Extract<BacktestError, { kind: "bundleNotFound" | "noProducedBlocksInRange" }>;
    expectTypeOf<Range["startSlot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<Extract<BacktestError, { kind: "invalidTransactionFormat" }>["index"]>().toEqualTypeOf<number>();
    expectTypeOf<typeof fromWireError>().toEqualTypeOf<(wire: WireBacktestError) => BacktestError>();
    expectTypeOf<typeof isTerminal>().parameter(0).toEqualTypeOf<BacktestError>();
  });

  test("the code of a SimulatorError is one of the listed codes", () => {
    expectTypeOf<SimulatorError["code"]>().toEqualTypeOf<SimulatorErrorCode>();
    expectTypeOf<"whatever">().not.toExtend<SimulatorErrorCode>();
    expectTypeOf<SimulatorError["cause"]>().toEqualTypeOf<unknown>();
  });
});

describe("shapes", () => {
  test("the type AccountData accepts u64 as bigint or number", () => {
    expectTypeOf<AccountData["lamports"]>().toEqualTypeOf<bigint | number>();
    expectTypeOf<AccountData["space"]>().toEqualTypeOf<bigint | number>();
    expectTypeOf<AccountData["data"]>().toEqualTypeOf<{ data: string; encoding: "base64" }>();
  });

  test("the value of a discovery filter depends on its kind", () => {
    expectTypeOf<Extract<DiscoveryFilter, { kind: "programExecuted" }>["value"]>().toEqualTypeOf<string>();
    expectTypeOf<Extract<DiscoveryFilter, { kind: "oracleUpdate" }>["value"]>().toEqualTypeOf<{
      programs: string[];
      accounts?: string[];
    }>();
  });

  test("the slots of an available range are bigint", () => {
    expectTypeOf<AvailableRange["bundleStartSlot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<AvailableRange["maxBundleEndSlot"]>().toEqualTypeOf<bigint | undefined>();
    expectTypeOf<AvailableRange["maxBundleSize"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<AvailableRange["kind"]>().toEqualTypeOf<"blocks" | "account_state" | undefined>();
    expectTypeOf<AvailableRange["scope"]>().toEqualTypeOf<"global" | "user" | undefined>();
  });

  test("the 64-bit integers of a notification are bigint, and its indices are number", () => {
    expectTypeOf<AccountDiff["context"]>().toEqualTypeOf<{ slot: bigint }>();
    expectTypeOf<AccountDiff["txIndex"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<AccountDiff>().not.toHaveProperty("tx_index");
    expectTypeOf<UiAccount["lamports"]>().toEqualTypeOf<bigint>();
    expectTypeOf<UiAccount["rentEpoch"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ConfirmedTransaction["slot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ConfirmedTransaction["transactionIndex"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<TransactionMeta["preBalances"]>().toEqualTypeOf<bigint[]>();
  });

  test("the type SubscriptionMessage is discriminated by `type`, and `result` has the type `unknown`", () => {
    expectTypeOf<SubscriptionMessage["type"]>().toEqualTypeOf<
      "notification" | "complete" | "answer" | "refusal" | "unrecognized"
    >();
    expectTypeOf<Extract<SubscriptionMessage, { type: "notification" }>["result"]>().toEqualTypeOf<unknown>();
  });
});
