import * as v from "valibot";
import { uiAccount } from "./account-diff-notification.js";
import { u32, u64 } from "./scalars.js";
import { anything, boolean, opt, orNull, text } from "./schema.js";
import { encodedBinary } from "./shapes.js";

const outcome = v.object({
  /** The error of the transaction. Absent if the transaction succeeded. */
  err: anything,
  logs: v.optional(v.array(text), []),
  unitsConsumed: u64,
  fee: opt(u64),
  returnData: opt(v.object({ programId: text, data: v.array(text) })),
});

/** The result of an `actionNotification`. */
export const actionResult = v.object({
  context: v.object({ slot: u64 }),
  slot: u64,
  batchIndex: opt(u32),
  txIndex: opt(u32),
  actionIndex: u32,
  label: opt(text),
  committed: boolean,
  transactionOutcomes: v.optional(v.array(outcome), []),
  accounts: opt(v.array(orNull(uiAccount))),
  matched: opt(encodedBinary),
});
/** The result of a scheduled action. `fee` (lamports) and compute units are `bigint`. */
export type ActionResult = v.InferOutput<typeof actionResult>;
