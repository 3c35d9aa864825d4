import * as v from "valibot";
import { pair } from "./rare-schema.js";
import { i64, u32, u64 } from "./scalars.js";
import { boolean, opt, text } from "./schema.js";

/** An account's state as Solana's RPC gives it. */
export const uiAccount = v.object({
  lamports: u64,
  data: pair(text, text),
  owner: text,
  executable: boolean,
  rentEpoch: u64,
  space: opt(u64),
});

/** The whole of an account diff, as the wire has it; for `validate: "full"`. */
export const accountDiffSchema = v.object({
  context: v.object({ slot: u64 }),
  account: opt(text),
  signature: opt(text),
  tx_index: opt(u32),
  block_time: opt(i64),
  pre: opt(uiAccount),
  post: opt(uiAccount),
});
