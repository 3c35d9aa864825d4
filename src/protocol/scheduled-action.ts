import * as v from "valibot";
import { address, opt, u8, u32, u64 } from "./scalars.js";
import { accountModifications, discoveryFilter } from "./shapes.js";

const everyNSlots = v.pipe(
  v.optional(u64, 1n),
  v.check((n) => n > 0n, "expected at least 1"),
);
/** Base64 of a zstd frame of JSON; the crate's default is the empty list's. */
const compressed = v.optional(v.string(), "KLUv/SACEQAAW10=");

/** Where an action or a probe fires, as the wire has it: `slots` is compressed. */
export const actionAnchor = v.variant("at", [
  v.object({ at: v.literal("beforeSlot"), slots: compressed }),
  v.object({ at: v.literal("afterSlot"), slots: compressed }),
  v.object({ at: v.literal("beforeEverySlot"), everyNSlots }),
  v.object({ at: v.literal("afterEverySlot"), everyNSlots }),
  v.object({ at: v.literal("beforeMatch"), filter: discoveryFilter }),
  v.object({ at: v.literal("afterMatch"), filter: discoveryFilter }),
]);

const arrayKeyIndices = v.pipe(
  v.array(u8),
  v.minLength(1, "expected at least one index"),
  v.check((indices) => new Set(indices).size === indices.length, "expected distinct indices"),
);

const resolver = v.variant("type", [
  v.object({ type: v.literal("liquidityArrays"), pool: address, inputMint: address, arrayKeyIndices }),
  v.object({ type: v.literal("quoteStamp") }),
]);

/** A scheduled action, as the wire has it within the compressed `actions`: `transactions` is compressed again. */
export const scheduledAction = v.object({
  anchor: actionAnchor,
  kind: v.optional(v.picklist(["simulate", "send"]), "simulate"),
  transactions: compressed,
  accountOverrides: v.optional(accountModifications, {}),
  feedsReroute: v.optional(v.boolean()),
  returnAccounts: v.optional(v.array(address), []),
  label: opt(v.string()),
  resolve: opt(resolver),
});

/** A router's depth, sampled where the anchor says. */
export const diagnosticProbe = v.object({
  anchor: actionAnchor,
  markets: v.array(address),
  usdValues: v.array(u32),
  label: opt(v.string()),
});
