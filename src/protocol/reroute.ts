import * as v from "valibot";
import { address, u8, u32 } from "./scalars.js";
import { encodedBinary } from "./shapes.js";

const oneOrMany = v.union([u8, v.array(u8)]);
const flag = v.optional(v.boolean(), false);

/** Leaves a list out where it is empty, as the crate does. */
function unlessEmpty<T extends v.GenericSchema>(item: T) {
  return v.optional(
    v.pipe(
      v.array(item),
      v.transform((list): v.InferOutput<T>[] | undefined => (list.length === 0 ? undefined : list)),
    ),
  );
}

const directFillTemplate = v.object({
  label: v.string(),
  mode: v.picklist(["ExactIn", "ExactOut"]),
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
    inputTokenAccount: oneOrMany,
    outputTokenAccount: oneOrMany,
    derived: unlessEmpty(
      v.object({
        program: address,
        seeds: v.array(v.union([v.literal("user"), v.object({ utf8: v.string() })])),
        slots: oneOrMany,
      }),
    ),
  }),
});

/** Re-quoting historical swaps; its presence is the switch. */
export const reroute = v.object({
  aggregators: v.optional(v.array(v.picklist(["jupiter", "okx", "titan", "dflow"])), ["jupiter"]),
  filter: v.nullish(v.object({ pairs: v.optional(v.array(v.tuple([address, address])), []) })),
  detectFailedL1Swaps: flag,
  circularArbs: flag,
  requote: v.optional(v.boolean(), true),
  directFill: unlessEmpty(directFillTemplate),
  extraMarkets: unlessEmpty(address),
});
/** Re-quoting historical swaps: which routers' swaps, which mint pairs, and what stands in for them. */
export type RerouteParams = v.InferInput<typeof reroute>;
