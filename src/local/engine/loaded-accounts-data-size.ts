import type { AccountState } from "./engine.js";

/** Counted for each existing account, in bytes (SIMD-0186). */
const ACCOUNT_BYTES = 64;
/** Counted for each address lookup table, in bytes. */
const LOOKUP_TABLE_BYTES = 8_248;
/** The account that the VM makes for each transaction. It counts nothing. */
const INSTRUCTIONS_SYSVAR = "Sysvar1nstructions1111111111111111111111111";

/**
 * The bytes of accounts that a transaction loads, as validators count them (SIMD-0186): each existing account once, with the code of
 * an upgradeable program, and each lookup table.
 *
 * @param codeOf the ProgramData address of an upgradeable program, `undefined` for any other account
 */
export function loadedAccountsDataSize(
  addresses: readonly string[],
  lookupTables: number,
  read: (address: string) => AccountState | undefined,
  codeOf: (state: AccountState) => string | undefined,
): number {
  const counted = new Set<string>();
  let bytes = lookupTables * LOOKUP_TABLE_BYTES;
  const count = (address: string): void => {
    const state = address === INSTRUCTIONS_SYSVAR || counted.has(address) ? undefined : read(address);
    if (state === undefined) return;
    counted.add(address);
    bytes += ACCOUNT_BYTES + state.data.length;
    const code = codeOf(state);
    if (code !== undefined) count(code);
  };
  for (const address of addresses) count(address);
  return bytes;
}
