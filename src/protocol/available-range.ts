import * as v from "valibot";
import { readAnswer } from "./answer.js";
import { count, u64 } from "./scalars.js";
import { oneOf, opt, text } from "./schema.js";

/** A bundle of blocks that the service can replay. Slots are inclusive, times RFC 3339. Several can start at one slot. */
export interface AvailableRange {
  /** The bundle's first slot: where a session that replays it starts. */
  bundleStartSlot: bigint;
  bundleStartSlotUtc?: string;
  /** The bundle's last slot; absent where the server tells none, and then no run can be split along it. */
  maxBundleEndSlot?: bigint;
  maxBundleEndSlotUtc?: string;
  /** Slots in the bundle. */
  maxBundleSize?: number;
  /** What the range can be used for: `account_state` for `replayAccountState` alone. Absent, from older servers, means `blocks`. */
  kind?: "blocks" | "account_state";
  /** Who may use it: everybody, or only the API key that asked. */
  scope?: "global" | "user";
}

/** What `GET /available-ranges` answers. */
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
 * The ranges in an answer of `GET /available-ranges`, from its text or from what `parseJson` made of it.
 *
 * @throws SimulatorError `http` if it isn't a list of ranges; the message names the field
 * @example readAvailableRanges('[{"bundle_start_slot":100,"max_bundle_end_slot":199}]')
 * // [{ bundleStartSlot: 100n, maxBundleEndSlot: 199n }]
 */
export function readAvailableRanges(answer: unknown): AvailableRange[] {
  return readAnswer("available-ranges", availableRanges, answer) as AvailableRange[];
}
