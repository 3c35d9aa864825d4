import type { AccountState } from "./engine.js";

/** The number of bytes that is added for each existing account (SIMD-0186). */
const ACCOUNT_BYTES = 64;
/** The number of bytes that is counted for each address lookup table. */
const LOOKUP_TABLE_BYTES = 8_248;
/** The VM creates this account for each transaction. Its size is not counted. */
const INSTRUCTIONS_SYSVAR = "Sysvar1nstructions1111111111111111111111111";

/**
 * Returns the number of account bytes that a transaction loads, as validators count them (SIMD-0186). Each existing account is
 * counted once. The code of an upgradeable program and each lookup table are counted, too.
 *
 * @param codeOf returns the ProgramData address of an upgradeable program, `undefined` for any other account
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
