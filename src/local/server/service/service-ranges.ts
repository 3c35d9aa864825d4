import type { LedgerBundle } from "../../engine/engine.js";
import type { Bundles } from "./bundles.js";

/**
 * Returns the list for `/available-ranges`: the bundles of the ledger, then the bundles that clients have built.
 *
 * @param includeAccountState `true`: the list also has the ranges of kind `account_state`, for sessions with `replayAccountState`
 */
export function availableRanges(ledger: readonly LedgerBundle[], own: Bundles["own"], includeAccountState: boolean): unknown[] {
  const tellLedger = (kind: string, scope: string) => (bundle: LedgerBundle) => ({
    bundle_start_slot: bundle.startSlot,
    bundle_start_slot_utc: utc(bundle.startTime),
    max_bundle_end_slot: bundle.endSlot,
    max_bundle_end_slot_utc: utc(bundle.endTime),
    max_bundle_size: bundle.endSlot - bundle.startSlot + 1n,
    kind,
    scope,
  });
  const tellOwn = ({ startSlot, endSlot, kind }: Bundles["own"][number]) => ({
    bundle_start_slot: startSlot,
    bundle_start_slot_utc: null,
    max_bundle_end_slot: endSlot,
    max_bundle_end_slot_utc: null,
    max_bundle_size: endSlot - startSlot + 1n,
    kind,
    scope: "user",
  });
  return [
    ...ledger.map(tellLedger("blocks", "global")),
    ...own.filter(({ kind }) => kind === "blocks" || includeAccountState).map(tellOwn),
    ...(includeAccountState ? ledger.map(tellLedger("account_state", "user")) : []),
  ];
}

/** Formats a time as in RFC 3339. Returns null for a time that `Date` does not support. */
function utc(seconds: bigint): string | null {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
