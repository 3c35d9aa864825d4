/* Addresses of builtin programs and sysvars. */

export const SYSTEM_PROGRAM = "11111111111111111111111111111111";
export const COMPUTE_BUDGET_PROGRAM = "ComputeBudget111111111111111111111111111111";
export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
export const MEMO_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
export const LOOKUP_TABLE_PROGRAM = "AddressLookupTab1e1111111111111111111111111";

export const NATIVE_LOADER = "NativeLoader1111111111111111111111111111111";
export const BPF_LOADER_DEPRECATED = "BPFLoader1111111111111111111111111111111111";
export const BPF_LOADER = "BPFLoader2111111111111111111111111111111111";
export const UPGRADEABLE_LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";

export const SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111";
export const CLOCK_SYSVAR = "SysvarC1ock11111111111111111111111111111111";
export const SLOT_HASHES_SYSVAR = "SysvarS1otHashes111111111111111111111111111";
export const RECENT_BLOCKHASHES_SYSVAR = "SysvarRecentB1ockHashes11111111111111111111";
export const EPOCH_SCHEDULE_SYSVAR = "SysvarEpochSchedu1e111111111111111111111111";
export const RENT_SYSVAR = "SysvarRent111111111111111111111111111111111";
export const STAKE_HISTORY_SYSVAR = "SysvarStakeHistory1111111111111111111111111";
export const LAST_RESTART_SLOT_SYSVAR = "SysvarLastRestartS1ot1111111111111111111111";
export const INSTRUCTIONS_SYSVAR = "Sysvar1nstructions1111111111111111111111111";

/** The data of an upgradeable program starts with this number (u32). The address of its ProgramData account follows. */
const PROGRAM_TAG = 2;
const PROGRAM_BYTES = 36;

/** Returns the ProgramData address of an upgradeable program. `undefined` for any other account. */
export function programDataAddress({ owner, data }: { owner: string; data: Uint8Array }): Uint8Array | undefined {
  if (owner !== UPGRADEABLE_LOADER || data.length < PROGRAM_BYTES || data[0] !== PROGRAM_TAG) return undefined;
  return data.subarray(4, PROGRAM_BYTES);
}

/** Whether an account is a ProgramData account: its data starts with the u32 3. */
export function isProgramData(state: { owner: string; data: Uint8Array } | undefined): boolean {
  return state?.owner === UPGRADEABLE_LOADER && state.data[0] === 3;
}
