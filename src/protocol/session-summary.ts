import * as v from "valibot";
import { count, i64, u64 } from "./scalars.js";
import { opt, record, text } from "./schema.js";

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

/**
 * The outcomes of all transactions in the range, compared with the recorded outcomes. Only the local simulator sends `withoutMeta`
 * and `notReplayed`.
 */
export const sessionSummary = v.object({
  correctSimulation: count,
  incorrectSimulation: count,
  executionErrors: count,
  balanceDiff: count,
  logDiff: count,
  unsanitizable: v.optional(count, 0),
  withoutMeta: opt(count),
  notReplayed: opt(v.array(v.object({ reason: text, count }))),
  rerouteStats: opt(rerouteStats),
});
/**
 * The outcomes of all transactions in the range, compared with the recorded outcomes. Each transaction is in exactly one of the
 * counts from `correctSimulation` to `unsanitizable`. `correctSimulation` includes transactions without a recorded outcome.
 * `withoutMeta` is the number of these transactions. `notReplayed` groups the transactions of `executionErrors` and
 * `unsanitizable` by reason.
 */
export type SessionSummary = v.InferOutput<typeof sessionSummary>;
