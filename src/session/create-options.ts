import type { CreateOptions } from "../channels/create-attempts.js";
import { createOptions } from "../protocol/create-params.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { definedOnly, readParams } from "../protocol/message.js";
import type { RerouteParams } from "../protocol/reroute.js";
import { toU64, U64_MAX } from "../protocol/scalars.js";
import { normalizeSessionName } from "../protocol/session-name.js";
import type { DiscoveryFilter } from "../protocol/shapes.js";
import type { Platform } from "../transport/platform.js";
import type { SlotRange } from "./coverage.js";
import { type DiagnosticProbe, packActions, packProbes, type ScheduledAction } from "./pack-actions.js";
import { checkedExtra, refuseUnknownParams } from "./unknown-create-params.js";

/**
 * The parameters of a session: what to replay, and how.
 *
 * @example { startSlot: 300_000_000n, slotCount: 500, sendSummary: true }
 */
export type CreateSession = {
  /** First slot of the range, inclusive. */
  startSlot: bigint | number;
  /** Whether the event `completed` contains a summary. @default false */
  sendSummary?: boolean;
  /**
   * Up to 100 letters, digits, `-`, `_` and `.`. Upper case becomes lower case. A name can be used only once.
   *
   * With `false`, the server chooses the name. If the connection is lost during the create request, the client cannot repeat the
   * request. The server may then keep an unused session.
   *
   * @default a random name, so that a lost create request can be retried
   */
  name?: string | false;
  /** How long the server may wait for capacity, in seconds. @default the create request fails at once if there is no capacity */
  capacityWaitTimeoutSecs?: number;
  /**
   * How long the server keeps the session while no client is connected, in seconds. The server allows at most 900.
   *
   * @default 360 (longer than the reconnect budget of 300 s), or 900 in a browser page
   */
  disconnectTimeoutSecs?: number;
  /** Compute units to add to the limit of each transaction. @default none */
  extraComputeUnits?: number;
  /** Replays recorded account states instead of executing transactions. @default false */
  replayAccountState?: boolean;
  /**
   * Filters that find transactions before they are executed, for `advanceToDiscovery` and the event `discoveryBatch`.
   *
   * @default none
   */
  discoveries?: DiscoveryFilter[];
  /**
   * Transactions that the server executes at given slots, or at batches that match a filter. `subscribeActions` delivers the
   * results.
   *
   * @default none
   */
  actions?: ScheduledAction[];
  /** Markets whose depth the router measures at the end of slots. `subscribeDiagnostics` delivers the samples. @default none */
  diagnosticProbes?: DiagnosticProbe[];
  /** Re-quotes historical swaps. @default none */
  reroute?: RerouteParams;
  /** Additional parameters that a newer server supports. They are sent unchanged. @default none */
  extra?: Readonly<Record<string, unknown>>;
} & (
  | {
      /** Last slot, inclusive. */
      endSlot: bigint | number;
      /** Not allowed together with `endSlot`. */
      slotCount?: undefined;
    }
  | {
      /**
       * Number of slots in the range. The last slot is `startSlot + slotCount - 1`. In the Rust crate, the last slot is
       * `startSlot + slotCount`.
       */
      slotCount: bigint | number;
      /** Not allowed together with `slotCount`. */
      endSlot?: undefined;
    }
);

/** 300 s of reconnect budget, plus 60 s for the handshakes. The Rust crate has the same `DEFAULT_DISCONNECT_TIMEOUT_SECS`. */
const DISCONNECT_TIMEOUT_SECS = 360;
/** For pages: the maximum that the server allows, because a page may be frozen for a long time. */
const PAGE_DISCONNECT_TIMEOUT_SECS = 900;

const NAME_BYTES = 8;
const TOKEN_BYTES = 16;

/**
 * Returns the request that creates a session, and the slots that the session covers.
 *
 * @throws SimulatorError `invalidParams`, naming the field
 */
export function toCreateRequest(
  create: CreateSession,
  platform: Platform,
  parallel = false,
): CreateOptions & { range: SlotRange } {
  if (typeof create !== "object" || create === null) {
    throw invalidParams("create", "expected an object with startSlot and endSlot");
  }
  refuseUnknownParams(create);
  const { startSlot: from, endSlot: to, slotCount, name, actions, diagnosticProbes, extra = {}, ...options } = create;
  const startSlot = toU64(from, "startSlot");
  const range: SlotRange = { startSlot, endSlot: toEndSlot(startSlot, to, slotCount) };
  const params = {
    ...range,
    ...readParams(createOptions, {
      // The default for single sessions. A parallel run keeps the server's default, which is longer.
      ...(!parallel && { disconnectTimeoutSecs: platform.hasPage ? PAGE_DISCONNECT_TIMEOUT_SECS : DISCONNECT_TIMEOUT_SECS }),
      ...definedOnly(options),
      ...(actions?.length && { actions: packActions(actions, create.replayAccountState ?? false) }),
      ...(diagnosticProbes?.length && { diagnosticProbes: packProbes(diagnosticProbes) }),
    }),
    ...(parallel && { parallel }),
    ...toNameAndToken(name, platform),
    ...checkedExtra(extra),
  };
  return {
    create: { method: "createBacktestSession", params },
    ...(name === undefined && { newName: () => newNameAndToken(platform) }),
    range,
  };
}

function toEndSlot(startSlot: bigint, endSlot: unknown, slotCount: unknown): bigint {
  if (endSlot !== undefined && slotCount !== undefined) throw invalidParams("endSlot", "give endSlot or slotCount, not both");
  if (slotCount !== undefined) {
    const count = toU64(slotCount, "slotCount");
    if (count === 0n) throw invalidParams("slotCount", "expected at least 1 slot");
    const end = startSlot + count - 1n;
    if (end > U64_MAX) throw invalidParams("slotCount", `the last slot would be ${end}, over ${U64_MAX}`);
    return end;
  }
  if (endSlot === undefined) throw invalidParams("endSlot", "give the last slot (endSlot) or a number of slots (slotCount)");
  const end = toU64(endSlot, "endSlot");
  if (end < startSlot) throw invalidParams("endSlot", `${end} is before startSlot ${startSlot}`);
  return end;
}

function toNameAndToken(name: unknown, platform: Platform): { name?: string; createToken?: string } {
  if (name === false) return {};
  const fresh = newNameAndToken(platform);
  if (name === undefined) return fresh;
  if (typeof name !== "string") throw invalidParams("name", "expected a string, or false for the server's choice");
  const normalized = normalizeSessionName(name);
  if ("error" in normalized) throw invalidParams("name", normalized.error);
  return { ...fresh, name: normalized.ok };
}

function newNameAndToken(platform: Platform): { name: string; createToken: string } {
  return { name: `js-${platform.randomHex(NAME_BYTES)}`, createToken: platform.randomHex(TOKEN_BYTES) };
}
