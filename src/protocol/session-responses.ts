import * as v from "valibot";
import { record } from "./rare-schema.js";
import { i64, u32, u64 } from "./scalars.js";
import { opt, text } from "./schema.js";
import { discoveryFilter, encodedBinary } from "./shapes.js";
import { HANDSHAKE_ANSWERS, summaryCounts, type Unrecognized, USUAL_EVENTS } from "./usual-responses.js";

const tally = v.optional(u64, 0n);
const outcomes = record(text, u64);

const rerouteStats = v.object({
  swapsDetected: tally,
  swapsFiltered: tally,
  swapsRerouted: tally,
  swapsSimulated: tally,
  swapsSucceeded: tally,
  requoteFailures: tally,
  overrideSetupFailures: tally,
  metisUnavailableBlocks: tally,
  quoteAttemptsUnavailable: tally,
  directFillMatched: tally,
  directFillOutcomes: v.optional(outcomes, {}),
  directFillScored: tally,
  directFillBpsTotal: v.optional(i64, 0n),
  directFillTemplates: v.optional(record(text, v.object({ matched: u64, outcomes, scored: u64, bpsTotal: i64 })), {}),
  originalsScored: tally,
  originalsBpsTotal: v.optional(i64, 0n),
  originalsReplayed: tally,
  datasetUri: opt(text),
});

/** What became of the range's transactions, compared with what the chain recorded. */
export const sessionSummary = v.object({ ...summaryCounts, rerouteStats: opt(rerouteStats) });
/**
 * What became of the range's transactions, compared with what the chain recorded. Counts of transactions; the reroute
 * figures are 64-bit and so `bigint`.
 */
export type SessionSummary = v.InferOutput<typeof sessionSummary>;

/** What both a response and a sub-session's event can be, by method; `null` where it has no parameters. */
export const EVENTS = {
  ...USUAL_EVENTS,
  discoveryBatch: v.object({
    slot: u64,
    batchIndex: u32,
    matched: v.array(discoveryFilter),
    transactions: v.array(encodedBinary),
    transactionIndices: v.optional(v.array(u32), []),
  }),
  completed: v.object({ summary: opt(sessionSummary) }),
};

/** What the server of a single session says: its events, and what answers the handshakes. */
export const SESSION_TABLE = { ...EVENTS, ...HANDSHAKE_ANSWERS };

export type Message<T, M extends keyof T> = T[M] extends v.GenericSchema
  ? { method: M; params: v.InferOutput<T[M]> }
  : { method: M };

/** What a sub-session's event can be. */
export type SessionEvent = { [M in keyof typeof EVENTS]: Message<typeof EVENTS, M> }[keyof typeof EVENTS];

/** What the server of a single session can say. */
export type SessionResponse =
  | { [M in keyof typeof SESSION_TABLE]: Message<typeof SESSION_TABLE, M> }[keyof typeof SESSION_TABLE]
  | Unrecognized;
