import type { AccountState } from "../engine.js";
import {
  BPF_LOADER,
  BPF_LOADER_DEPRECATED,
  CLOCK_SYSVAR,
  EPOCH_SCHEDULE_SYSVAR,
  INSTRUCTIONS_SYSVAR,
  LAST_RESTART_SLOT_SYSVAR,
  NATIVE_LOADER,
  RECENT_BLOCKHASHES_SYSVAR,
  RENT_SYSVAR,
  SLOT_HASHES_SYSVAR,
  STAKE_HISTORY_SYSVAR,
  SYSVAR_OWNER,
  UPGRADEABLE_LOADER,
} from "./programs.js";

/** The maximum size of account data on Solana, in bytes. The VM aborts if it has to copy a larger account. */
const MAX_DATA_BYTES = 10 * 1024 * 1024;

/** Loaders whose programs the VM can load. The VM has no account for Loader V4, so Loader V4 is not listed. */
const LOADERS: ReadonlySet<string> = new Set([BPF_LOADER_DEPRECATED, BPF_LOADER, UPGRADEABLE_LOADER]);

/**
 * Programs that are built into validators. The VM has accounts for most of these programs, and aborts if a client changes such an
 * account.
 */
const BUILTINS: ReadonlySet<string> = new Set([
  "11111111111111111111111111111111",
  "AddressLookupTab1e1111111111111111111111111",
  "ComputeBudget111111111111111111111111111111",
  "Config1111111111111111111111111111111111111",
  "Ed25519SigVerify111111111111111111111111111",
  "Feature111111111111111111111111111111111111",
  "KeccakSecp256k11111111111111111111111111111",
  "LoaderV411111111111111111111111111111111111",
  "Secp256r1SigVerify1111111111111111111111111",
  "Stake11111111111111111111111111111111111111",
  "Vote111111111111111111111111111111111111111",
  "ZkE1Gama1Proof11111111111111111111111111111",
  "ZkTokenProof1111111111111111111111111111111",
  NATIVE_LOADER,
  SYSVAR_OWNER,
  ...LOADERS,
]);

/** The sysvars that a client is allowed to change. For each sysvar: the minimum and maximum length of its data, in bytes. */
const SYSVAR_BYTES: ReadonlyMap<string, { least: number; most: number }> = new Map([
  [CLOCK_SYSVAR, { least: 40, most: 40 }],
  [RECENT_BLOCKHASHES_SYSVAR, { least: 8, most: 6_008 }],
  [SLOT_HASHES_SYSVAR, { least: 8, most: 20_488 }],
]);
/** All sysvars. The VM accepts any data for a sysvar, but aborts later if it cannot read the data. */
const SYSVARS: ReadonlySet<string> = new Set([
  ...SYSVAR_BYTES.keys(),
  EPOCH_SCHEDULE_SYSVAR,
  INSTRUCTIONS_SYSVAR,
  "SysvarEpochRewards1111111111111111111111111",
  "SysvarFees111111111111111111111111111111111",
  LAST_RESTART_SLOT_SYSVAR,
  RENT_SYSVAR,
  "SysvarRewards111111111111111111111111111111",
  "SysvarS1otHistory11111111111111111111111111",
  STAKE_HISTORY_SYSVAR,
]);

/**
 * Returns why an account state from a client cannot be applied. The VM aborts the process on states that cannot exist on a
 * validator, so these states are refused.
 *
 * @param state `undefined` deletes the account
 * @param current the current state of the account
 * @returns `undefined` if the state can be applied
 */
export function overrideProblem(
  address: string,
  state: AccountState | undefined,
  current: AccountState | undefined,
): string | undefined {
  if (BUILTINS.has(address) || current?.owner === NATIVE_LOADER) return "a program that is built into the VM cannot be changed";
  if (SYSVARS.has(address)) return sysvarProblem(address, state);
  if (current?.executable && !state?.executable) return "a program cannot be deleted or replaced by an account without code";
  if (state === undefined) return undefined;
  const { owner } = state;
  if (owner === NATIVE_LOADER) return `only programs that are built into the VM can be owned by ${NATIVE_LOADER}`;
  if (owner === SYSVAR_OWNER) return `only sysvars can be owned by ${SYSVAR_OWNER}`;
  return stateProblem(state);
}

/** Returns the reason why the VM cannot load an account with this state. Does not check the address. */
export function stateProblem({ owner, executable, data }: AccountState): string | undefined {
  if (data.length > MAX_DATA_BYTES) return `an account can have at most ${MAX_DATA_BYTES} bytes, not ${data.length}`;
  if (!executable || LOADERS.has(owner) || owner === NATIVE_LOADER) return undefined;
  return `a program must be owned by a loader (${[...LOADERS].join(", ")}), not by ${owner}`;
}

function sysvarProblem(address: string, state: AccountState | undefined): string | undefined {
  const bytes = SYSVAR_BYTES.get(address);
  if (bytes === undefined) return "this sysvar cannot be changed";
  if (state === undefined) return "a sysvar cannot be deleted";
  if (state.owner !== SYSVAR_OWNER) return `a sysvar must be owned by ${SYSVAR_OWNER}, not by ${state.owner}`;
  if (state.executable) return "a sysvar cannot be executable";
  const { length } = state.data;
  if (length >= bytes.least && length <= bytes.most) return undefined;
  const expected = bytes.least === bytes.most ? `${bytes.least}` : `${bytes.least} to ${bytes.most}`;
  return `this sysvar must have ${expected} bytes, not ${length}`;
}
