import * as v from "valibot";
import { accountModifications } from "./account-modifications.js";
import { address, nonZeroU64, u8 } from "./scalars.js";
import { anything, boolean, oneOf, opt, tagged, text } from "./schema.js";
import { discoveryFilter } from "./shapes.js";

const cadence = { everyNSlots: v.optional(nonZeroU64, 1n) };
/** JSON, compressed to a zstd frame, in base64. The default is an empty list, as in the Rust crate. */
const compressed = v.optional(text, "KLUv/SACEQAAW10=");
const match = { filter: discoveryFilter };

/** Returns the schema of an anchor. `slots` is the schema of its list of slots. */
function anchorWith<T extends v.GenericSchema>(slots: T) {
  return tagged("at", {
    beforeSlot: { slots },
    afterSlot: { slots },
    beforeEverySlot: cadence,
    afterEverySlot: cadence,
    beforeMatch: match,
    afterMatch: match,
  });
}

/** The wire format of an anchor, which determines when an action or a probe fires. `slots` is compressed. */
export const actionAnchor = anchorWith(compressed);
/** An anchor whose `slots` is a list. */
export const decodedAnchor = anchorWith(v.array(anything));

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

/** A scheduled action whose lists are not compressed. */
interface DecodedAction {
  anchor: { at: string; slots?: { readonly length: number } };
  kind?: "simulate" | "send";
  transactions?: { readonly length: number };
  feedsReroute?: boolean;
  resolve?: { type: string };
}

/**
 * Returns why a scheduled action is invalid, or `undefined`.
 *
 * @param replaysState whether the session is created with `replayAccountState`
 */
export function findActionProblem(action: DecodedAction, replaysState: boolean): string | undefined {
  const { anchor, kind, transactions: { length } = [], feedsReroute, resolve } = action;
  const { at, slots } = anchor;
  if (kind === "send" && replaysState) return "kind send cannot be used with replayAccountState, which executes nothing";
  if (feedsReroute && at !== "beforeSlot") return "feedsReroute needs the anchor beforeSlot";
  if (slots !== undefined && length > 0 && slots.length !== length) {
    return `expected as many slots as transactions, got ${slots.length} and ${length}`;
  }
  if (resolve === undefined) return undefined;
  if (kind === "send") return "resolve cannot be used with kind send";
  if (feedsReroute) return "resolve cannot be used with feedsReroute";
  if (length === 0) return "resolve needs a transaction to rewrite";
  return resolve.type === "liquidityArrays" && length !== 1
    ? `liquidityArrays rewrites one transaction, got ${length}`
    : undefined;
}
