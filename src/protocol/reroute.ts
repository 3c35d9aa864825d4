import * as v from "valibot";
import { address, u8, u32 } from "./scalars.js";
import { boolean, either, flag, list, oneOf, opt, pair, text } from "./schema.js";
import { encodedBinary } from "./shapes.js";

const places = either(u8, v.array(u8));

const directFillTemplate = v.object({
  label: text,
  mode: oneOf(["ExactIn", "ExactOut"]),
  inputMint: address,
  outputMint: address,
  instruction: v.object({
    programId: address,
    accounts: v.array(v.object({ address, writable: flag, signer: flag })),
    data: encodedBinary,
  }),
  amountOffset: u32,
  taker: v.object({
    user: v.array(u8),
    inputTokenAccount: places,
    outputTokenAccount: places,
    derived: list(
      v.object({
        program: address,
        seeds: v.array(either(oneOf(["user"]), v.object({ utf8: text }))),
        slots: places,
      }),
    ),
  }),
});

/** Options for re-quoting (finding new routes for) historical swaps. If absent, no swaps are re-quoted. */
export const reroute = v.object({
  aggregators: v.optional(v.array(oneOf(["jupiter", "okx", "titan", "dflow"])), ["jupiter"]),
  filter: opt(v.object({ pairs: v.optional(v.array(pair(address, address)), []) })),
  detectFailedL1Swaps: flag,
  circularArbs: flag,
  requote: v.optional(boolean, true),
  directFill: list(directFillTemplate),
  extraMarkets: list(address),
});
/** Options for re-quoting historical swaps: routers, mint pairs and templates. */
export type RerouteParams = v.InferInput<typeof reroute>;
