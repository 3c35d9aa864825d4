/** Slots per epoch on mainnet. */
export const SLOTS_PER_EPOCH = 432_000n;

/** Returns the data of the Clock sysvar. Times are Unix seconds; `epochStart` is the time of the first slot of the epoch. */
export function clockData({ slot, time, epochStart }: { slot: bigint; time: bigint; epochStart: bigint }): Uint8Array {
  const data = new Uint8Array(40);
  const view = new DataView(data.buffer);
  const epoch = slot / SLOTS_PER_EPOCH;
  view.setBigUint64(0, slot, true);
  view.setBigInt64(8, epochStart, true);
  view.setBigUint64(16, epoch, true);
  view.setBigUint64(24, epoch + 1n, true);
  view.setBigInt64(32, time, true);
  return data;
}

/** Returns the data of the EpochSchedule sysvar, as on mainnet: all epochs have the same length. */
export function epochScheduleData(): Uint8Array {
  const data = new Uint8Array(33);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, SLOTS_PER_EPOCH, true);
  view.setBigUint64(8, SLOTS_PER_EPOCH, true);
  return data;
}
