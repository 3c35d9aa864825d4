import * as v from "valibot";
import { u32, u64 } from "./scalars.js";
import { anything, opt, text } from "./schema.js";

/** The result of a `diagnosticNotification`. */
export const diagnosticSample = v.object({
  context: v.object({ slot: u64 }),
  slot: u64,
  probeIndex: u32,
  label: opt(text),
  market: text,
  usdValue: u32,
  routerSlot: opt(u64),
  results: anything,
  accountHashes: v.optional(v.array(text), []),
  err: opt(text),
});
/** The router's quote for one market at one size. */
export type DiagnosticSample = v.InferOutput<typeof diagnosticSample>;
