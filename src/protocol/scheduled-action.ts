import * as v from "valibot";
import { accountModifications } from "./account-modifications.js";
import { address, nonZeroU64, u8 } from "./scalars.js";
import { boolean, oneOf, opt, tagged, text } from "./schema.js";
import { discoveryFilter } from "./shapes.js";

const cadence = { everyNSlots: v.optional(nonZeroU64, 1n) };
/** JSON, compressed to a zstd frame, in base64. The default is an empty list, as in the Rust crate. */
const compressed = v.optional(text, "KLUv/SACEQAAW10=");
const schedule = { slots: compressed };
const match = { filter: discoveryFilter };

/** The wire format of an anchor, which determines when an action or a probe fires. `slots` is compressed. */
export const actionAnchor = tagged("at", {
  beforeSlot: schedule,
  afterSlot: schedule,
  beforeEverySlot: cadence,
  afterEverySlot: cadence,
  beforeMatch: match,
  afterMatch: match,
});

const arrayKeyIndices = v.pipe(
  v.array(u8),
  v.custom<number[]>((value) => {
    const { length } = value as number[];
    return length > 0 && new Set(value as number[]).size === length;
  }, "expected distinct indices, at least one"),
);

const resolver = tagged("type", {
  liquidityArrays: { pool: address, inputMint: address, arrayKeyIndices },
  quoteStamp: {},
});

/** The wire format of a scheduled action in the compressed `actions`. Its `transactions` are compressed too. */
export const scheduledAction = v.object({
  anchor: actionAnchor,
  kind: v.optional(oneOf(["simulate", "send"]), "simulate"),
  transactions: compressed,
  accountOverrides: v.optional(accountModifications, {}),
  feedsReroute: v.optional(boolean),
  returnAccounts: v.optional(v.array(address), []),
  label: opt(text),
  resolve: opt(resolver),
});
