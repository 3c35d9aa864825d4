import type { LedgerBundle } from "./engine.js";

/** A ledger has at most this many bundles. A longer ledger has larger bundles instead. */
const MAX_BUNDLES = 1_000n;

interface BundledLedger {
  startSlot: bigint;
  /** Inclusive. */
  endSlot: bigint;
  /** Returns the time of a slot in Unix seconds. */
  timeOf(slot: bigint): bigint;
}

/** Returns the bundles of a ledger in the order of their slots. The last bundle can be shorter. */
export function bundlesOf(ledger: BundledLedger, bundleSlots: bigint): LedgerBundle[] {
  const { startSlot, endSlot } = ledger;
  const slots = endSlot - startSlot + 1n;
  const size = slots > bundleSlots * MAX_BUNDLES ? (slots + MAX_BUNDLES - 1n) / MAX_BUNDLES : bundleSlots;
  const bundles: LedgerBundle[] = [];
  for (let start = startSlot; start <= endSlot; start += size) {
    const last = start + size - 1n;
    const end = last < endSlot ? last : endSlot;
    bundles.push({ startSlot: start, endSlot: end, startTime: ledger.timeOf(start), endTime: ledger.timeOf(end) });
  }
  return bundles;
}
