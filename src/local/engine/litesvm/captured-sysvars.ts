import type { AccountState } from "../engine.js";
import { LAST_RESTART_SLOT_SYSVAR, RENT_SYSVAR, STAKE_HISTORY_SYSVAR, SYSVAR_OWNER } from "./programs.js";

const STAKE_HISTORY_ENTRY_BYTES = 32;

/**
 * Sysvars that do not change from slot to slot, each with a check of its data. The check is needed because the VM aborts on
 * invalid data.
 */
const CHECKS: Readonly<Record<string, (data: DataView) => boolean>> = {
  // Fields: lamports per byte and year (u64), years of rent in an exempt account (f64), burn percentage (u8).
  [RENT_SYSVAR]: (data) =>
    data.byteLength === 17 &&
    data.getBigUint64(0, true) > 0n &&
    Number.isFinite(data.getFloat64(8, true)) &&
    data.getFloat64(8, true) > 0 &&
    data.getUint8(16) <= 100,
  [LAST_RESTART_SLOT_SYSVAR]: (data) => data.byteLength === 8,
  // Fields: the number of entries (u64), and then the entries.
  [STAKE_HISTORY_SYSVAR]: (data) =>
    data.byteLength >= 8 && data.getBigUint64(0, true) * BigInt(STAKE_HISTORY_ENTRY_BYTES) + 8n <= BigInt(data.byteLength),
};

/**
 * Filters the accounts of a captured ledger for the VM. Removes the sysvars that change with each block, because the engine sets
 * these sysvars for each block. Keeps the other sysvars if their data is valid.
 */
export function withoutStaleSysvars(accounts: Iterable<readonly [string, AccountState]>): (readonly [string, AccountState])[] {
  return [...accounts].filter(([address, { owner, data }]) => {
    if (owner !== SYSVAR_OWNER) return true;
    const check = Object.hasOwn(CHECKS, address) ? CHECKS[address] : undefined;
    return check?.(new DataView(data.buffer, data.byteOffset, data.byteLength)) ?? false;
  });
}
