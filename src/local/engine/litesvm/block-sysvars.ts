import type { AccountState } from "../engine.js";
import type { LedgerBlock } from "../ledger/ledger.js";
import { clockData, epochScheduleData, SLOTS_PER_EPOCH } from "./clock.js";
import { CLOCK_SYSVAR, EPOCH_SCHEDULE_SYSVAR, RECENT_BLOCKHASHES_SYSVAR, SLOT_HASHES_SYSVAR, SYSVAR_OWNER } from "./programs.js";
import type { RecentBlocks } from "./recent-blocks.js";
import type { Vm } from "./vm.js";

/** Sets the epoch schedule, which is the same for all blocks. */
export function putEpochSchedule(vm: Vm): void {
  vm.put(EPOCH_SCHEDULE_SYSVAR, sysvar(epochScheduleData()));
}

/**
 * Sets the sysvars that Solana's bank sets before the first transaction of a block: the clock, the slot hashes and the recent
 * blockhashes.
 *
 * @param timeOf estimates the time of a slot, in Unix seconds
 */
export function putBlockSysvars(vm: Vm, block: LedgerBlock, recent: RecentBlocks, timeOf: (slot: bigint) => bigint): void {
  const { slot } = block;
  const epochStart = timeOf((slot / SLOTS_PER_EPOCH) * SLOTS_PER_EPOCH);
  vm.put(CLOCK_SYSVAR, sysvar(clockData({ slot, time: block.blockTime ?? timeOf(slot), epochStart })));
  vm.put(SLOT_HASHES_SYSVAR, sysvar(recent.slotHashes));
  vm.put(RECENT_BLOCKHASHES_SYSVAR, sysvar(recent.recentBlockhashes));
}

function sysvar(data: Uint8Array): AccountState {
  return { lamports: 1n, owner: SYSVAR_OWNER, executable: false, data };
}
