import * as v from "valibot";
import { either, pair } from "./rare-schema.js";
import { i64, u32, u64 } from "./scalars.js";
import { oneOf, opt, text } from "./schema.js";

/** The whole of a transaction notification, as the wire has it; for `validate: "full"`. */
export const transactionSchema = v.object({
  slot: u64,
  blockTime: opt(i64),
  transaction: either(text, pair(text, oneOf(["base64", "base58"]))),
  meta: opt(
    v.object({
      fee: u64,
      preBalances: v.array(u64),
      postBalances: v.array(u64),
      logMessages: opt(v.array(text)),
      computeUnitsConsumed: opt(u64),
    }),
  ),
  version: opt(either(u32, oneOf(["legacy"]))),
  transactionIndex: opt(u32),
});
