import * as v from "valibot";
import { readAnswer } from "./answer.js";
import { count, u64 } from "./scalars.js";
import { oneOf, opt, text } from "./schema.js";

/**
 * A bundle of blocks that the service can replay. Slots are inclusive. Times are RFC 3339. Several bundles can start at the same
 * slot.
 */
export interface AvailableRange {
  /** The first slot of the bundle. */
  bundleStartSlot: bigint;
  /** The time of the first slot. */
  bundleStartSlotUtc?: string;
  /** The last slot of the bundle. If absent, the bundle cannot be used to split a run. */
  maxBundleEndSlot?: bigint;
  /** The time of the last slot. */
  maxBundleEndSlotUtc?: string;
  /** The size of the bundle, in slots. */
  maxBundleSize?: number;
  /**
   * The content of the range. Only sessions with `replayAccountState` can use a range of the kind `account_state`. If absent, as
   * on older servers, the kind is `blocks`.
   */
  kind?: "blocks" | "account_state";
  /** The scope of the range: usable with every API key (`global`), or only with this API key (`user`). */
  scope?: "global" | "user";
}

/** The schema of the response to `GET /available-ranges`. */
export const availableRanges = v.array(
  v.object({
    bundle_start_slot: u64,
    bundle_start_slot_utc: opt(text),
    max_bundle_end_slot: opt(u64),
    max_bundle_end_slot_utc: opt(text),
    max_bundle_size: opt(count),
    kind: opt(oneOf(["blocks", "account_state"])),
    scope: opt(oneOf(["global", "user"])),
  }),
);

/**
 * Reads the response to `GET /available-ranges`, given as text or as parsed JSON.
 *
 * @throws SimulatorError `http` if it is not a list of ranges; the message names the field
 * @example readAvailableRanges('[{"bundle_start_slot":100,"max_bundle_end_slot":199}]')
 * // [{ bundleStartSlot: 100n, maxBundleEndSlot: 199n }]
 */
export function readAvailableRanges(answer: unknown): AvailableRange[] {
  return readAnswer("available-ranges", availableRanges, answer) as AvailableRange[];
}
