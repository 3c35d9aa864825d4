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

/** The members of a decoded scheduled action that `findActionProblem` checks. */
interface DecodedAction {
  anchor: { at: string };
  /** The number of slots in the anchor. `undefined` for an anchor without slots. */
  slotCount: number | undefined;
  kind: "simulate" | "send";
  transactionCount: number;
  feedsReroute: boolean;
  resolve?: { type: string } | undefined;
}

/**
 * Returns why a scheduled action is invalid, or `undefined`.
 *
 * @param replaysState whether the session is created with `replayAccountState`
 */
export function findActionProblem(action: DecodedAction, replaysState: boolean): string | undefined {
  const { anchor, slotCount, kind, transactionCount, feedsReroute, resolve } = action;
  if (kind === "send" && replaysState) return "kind send cannot be used with replayAccountState, which executes nothing";
  if (feedsReroute && anchor.at !== "beforeSlot") return "feedsReroute needs the anchor beforeSlot";
  if (slotCount !== undefined && transactionCount > 0 && slotCount !== transactionCount) {
    return `expected as many slots as transactions, got ${slotCount} and ${transactionCount}`;
  }
  if (resolve === undefined) return undefined;
  if (kind === "send") return "resolve cannot be used with kind send";
  if (feedsReroute) return "resolve cannot be used with feedsReroute";
  if (transactionCount === 0) return "resolve needs a transaction to rewrite";
  return resolve.type === "liquidityArrays" && transactionCount !== 1
    ? `liquidityArrays rewrites one transaction, got ${transactionCount}`
    : undefined;
}
