import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { describeIssue } from "./message.js";
import { count, u64 } from "./scalars.js";
import { oneOf, opt, text } from "./schema.js";
import { SimulatorError } from "./simulator-error.js";

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

const availableRange = v.pipe(
  v.object({
    bundle_start_slot: u64,
    bundle_start_slot_utc: opt(text),
    max_bundle_end_slot: opt(u64),
    max_bundle_end_slot_utc: opt(text),
    max_bundle_size: opt(count),
    kind: opt(oneOf(["blocks", "account_state"])),
    scope: opt(oneOf(["global", "user"])),
  }),
  v.transform(
    (wire): AvailableRange => ({
      bundleStartSlot: wire.bundle_start_slot,
      ...(wire.bundle_start_slot_utc !== undefined && { bundleStartSlotUtc: wire.bundle_start_slot_utc }),
      ...(wire.max_bundle_end_slot !== undefined && { maxBundleEndSlot: wire.max_bundle_end_slot }),
      ...(wire.max_bundle_end_slot_utc !== undefined && { maxBundleEndSlotUtc: wire.max_bundle_end_slot_utc }),
      ...(wire.max_bundle_size !== undefined && { maxBundleSize: wire.max_bundle_size }),
      ...(wire.kind !== undefined && { kind: wire.kind }),
      ...(wire.scope !== undefined && { scope: wire.scope }),
    }),
  ),
);

const availableRanges = v.array(availableRange);

/**
 * The ranges in an answer of `GET /available-ranges`, from its text or from what `parseJson` made of it.
 *
 * @throws SimulatorError `http` if it isn't a list of ranges; the message names the field
 * @example readAvailableRanges('[{"bundle_start_slot":100,"max_bundle_end_slot":199}]')
 * // [{ bundleStartSlot: 100n, maxBundleEndSlot: 199n }]
 */
export function readAvailableRanges(answer: unknown): AvailableRange[] {
  const parsed = v.safeParse(availableRanges, typeof answer === "string" ? parseAnswer(answer) : answer);
  if (parsed.success) return parsed.output;
  throw new SimulatorError("http", `available-ranges: ${describeIssue(parsed.issues[0], "the answer").problem}`);
}

function parseAnswer(answer: string): unknown {
  try {
    return parseJson(answer, { integersOnly: true });
  } catch (cause) {
    throw new SimulatorError("http", "available-ranges: the answer is not JSON", { cause, body: answer });
  }
}
