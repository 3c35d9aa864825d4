import type { CreateRequest } from "../channels/control-channel.js";
import { createOptions } from "../protocol/create-params.js";
import { definedOnly, readParams } from "../protocol/message.js";
import type { RerouteParams } from "../protocol/reroute.js";
import { toU64, U64_MAX } from "../protocol/scalars.js";
import { normalizeSessionName } from "../protocol/session-name.js";
import type { DiscoveryFilter } from "../protocol/shapes.js";
import { invalidParams } from "../protocol/simulator-error.js";
import type { Platform } from "../transport/platform.js";
import type { SlotRange } from "./coverage.js";
import { type DiagnosticProbe, packActions, packProbes, type ScheduledAction } from "./scheduled-actions.js";

/**
 * What to replay, and how.
 *
 * @example { startSlot: 300_000_000n, slotCount: 500, sendSummary: true }
 */
export type CreateSession = {
  /** First slot, inclusive. */
  startSlot: bigint | number;
  /** Whether `completed` brings a summary. Default: false. */
  sendSummary?: boolean;
  /**
   * Up to 100 letters, digits, `-`, `_` and `.`; upper case is lowered; never used again. Made up when left out, so that a
   * create whose answer is lost can be tried again; `false`: the server's choice, and a lost create may leave an orphan.
   */
  name?: string | false;
  /** How long the server may wait for capacity, in s. Default: it fails at once. */
  capacityWaitTimeoutSecs?: number;
  /**
   * How long the server keeps the session without a connection, in s; it caps at 900. Default: 360, which covers the
   * reconnect budget of 300 s; in a page 900.
   */
  disconnectTimeoutSecs?: number;
  /** Compute units to add to each transaction's limit. */
  extraComputeUnits?: number;
  /** Replay recorded account states instead of executing transactions. Default: false. */
  replayAccountState?: boolean;
  /** What to look out for ahead of execution. */
  discoveries?: DiscoveryFilter[];
  /** Transactions that the server runs by itself at slots or matches; what they do comes by `subscribeActions`. */
  actions?: ScheduledAction[];
  /** Markets whose depth the router is asked for at the end of slots; what it says comes by `subscribeDiagnostics`. */
  diagnosticProbes?: DiagnosticProbe[];
  /** Re-quote historical swaps. */
  reroute?: RerouteParams;
} & (
  | { /** Last slot, inclusive. */ endSlot: bigint | number; slotCount?: undefined }
  | { /** Slots after the first one: the last is `startSlot + slotCount`. */ slotCount: bigint | number; endSlot?: undefined }
);

/** The reconnect budget of 300 s, and 60 s for the handshakes. The crate's `DEFAULT_DISCONNECT_TIMEOUT_SECS`. */
const DISCONNECT_TIMEOUT_SECS = 360;
/** The server's cap. A page may be frozen for long. */
const PAGE_DISCONNECT_TIMEOUT_SECS = 900;

const NAME_BYTES = 8;
const TOKEN_BYTES = 16;

/**
 * The request that creates a session, and the slots that it covers.
 *
 * @throws SimulatorError `invalidParams`, naming the field
 */
export function toCreateRequest(
  create: CreateSession,
  platform: Platform,
  parallel = false,
): { request: CreateRequest; range: SlotRange } {
  if (typeof create !== "object" || create === null) {
    throw invalidParams("create", "expected an object with startSlot and endSlot");
  }
  const { startSlot: from, endSlot: to, slotCount, name, actions, diagnosticProbes, ...options } = create;
  const startSlot = toU64(from, "startSlot");
  const range: SlotRange = { startSlot, endSlot: toEndSlot(startSlot, to, slotCount) };
  const params = {
    ...range,
    ...readParams(createOptions, {
      // A parallel run is kept for longer by the server's own default.
      ...(!parallel && { disconnectTimeoutSecs: platform.hasPage ? PAGE_DISCONNECT_TIMEOUT_SECS : DISCONNECT_TIMEOUT_SECS }),
      ...definedOnly(options),
      ...(actions?.length && { actions: packActions(actions, create.replayAccountState ?? false) }),
      ...(diagnosticProbes?.length && { diagnosticProbes: packProbes(diagnosticProbes) }),
    }),
    ...(parallel && { parallel }),
    ...nameAndToken(name, platform),
  };
  return { request: { method: "createBacktestSession", params }, range };
}

function toEndSlot(startSlot: bigint, endSlot: unknown, slotCount: unknown): bigint {
  if (endSlot !== undefined && slotCount !== undefined) throw invalidParams("endSlot", "give endSlot or slotCount, not both");
  if (slotCount !== undefined) {
    const end = startSlot + toU64(slotCount, "slotCount");
    if (end > U64_MAX) throw invalidParams("slotCount", `startSlot + slotCount is ${end}, over ${U64_MAX}`);
    return end;
  }
  if (endSlot === undefined) throw invalidParams("endSlot", "give the last slot (endSlot) or a number of slots (slotCount)");
  const end = toU64(endSlot, "endSlot");
  if (end < startSlot) throw invalidParams("endSlot", `${end} is before startSlot ${startSlot}`);
  return end;
}

function nameAndToken(name: unknown, platform: Platform): { name?: string; createToken?: string } {
  if (name === false) return {};
  const createToken = platform.randomHex(TOKEN_BYTES);
  if (name === undefined) return { name: `js-${platform.randomHex(NAME_BYTES)}`, createToken };
  if (typeof name !== "string") throw invalidParams("name", "expected a string, or false for the server's choice");
  const normalized = normalizeSessionName(name);
  if ("error" in normalized) throw invalidParams("name", normalized.error);
  return { name: normalized.ok, createToken };
}
