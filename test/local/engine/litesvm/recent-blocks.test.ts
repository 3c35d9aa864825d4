import { describe, expect, test } from "vitest";
import { addressText } from "../../../../src/local/engine/litesvm/address-text.js";
import { RecentBlocks } from "../../../../src/local/engine/litesvm/recent-blocks.js";

const HASH = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";

function slotsOf(data: Uint8Array): bigint[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = Number(view.getBigUint64(0, true));
  expect(data).toHaveLength(8 + count * 40);
  return Array.from({ length: count }, (_, index) => view.getBigUint64(8 + index * 40, true));
}

describe("the slot hashes of a captured ledger", () => {
  test("the slot hashes of a captured ledger contain the 512 slots before the first block, newest first", () => {
    const recent = new RecentBlocks();
    recent.seedSlotHashes(1_000n);
    recent.push({ slot: 1_000n, height: 900n, blockhash: HASH });
    const slots = slotsOf(recent.slotHashes);
    expect([slots.length, slots[0], slots[1], slots.at(-1)]).toEqual([512, 1_000n, 999n, 489n]);
    expect(addressText(recent.slotHashes.subarray(16, 48))).toBe(HASH);
  });

  test("the slot hashes of a captured ledger that starts at slot 3 contain the slots 3, 2, 1 and 0", () => {
    const recent = new RecentBlocks();
    recent.seedSlotHashes(3n);
    recent.push({ slot: 3n, height: 3n, blockhash: HASH });
    expect(slotsOf(recent.slotHashes)).toEqual([3n, 2n, 1n, 0n]);
  });

  test("the slot hashes of a captured ledger are not valid blockhashes, because they are derived from the slots", () => {
    const recent = new RecentBlocks();
    recent.seedSlotHashes(1_000n);
    expect(recent.newest).toBeUndefined();
    expect(slotsOf(recent.recentBlockhashes)).toEqual([]);
  });
});
