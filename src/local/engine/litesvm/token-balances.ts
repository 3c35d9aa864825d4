import { toUiTokenAmount } from "../../../protocol/token-amount.js";
import type { AccountState, TokenBalance } from "../engine.js";
import { addressText } from "./address-text.js";
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "./programs.js";

const ACCOUNT_BYTES = 165;
const ACCOUNT_AMOUNT_AT = 64;
const ACCOUNT_STATE_AT = 108;
const MINT_BYTES = 82;
const MINT_DECIMALS_AT = 44;
const MINT_INITIALIZED_AT = 45;
/** An account with Token-2022 extensions has a byte for its type after the first 165 bytes. */
const KIND_AT = ACCOUNT_BYTES;
const KIND_MINT = 1;
const KIND_ACCOUNT = 2;

export interface TokenAccount {
  mint: string;
  owner: string;
  amount: bigint;
}

/** Returns the mint of a token account. `undefined` for any other account. */
export function mintOf(state: AccountState | undefined): string | undefined {
  return isTokenAccount(state) ? addressText(state.data.subarray(0, 32)) : undefined;
}

/** Reads a token account. `undefined` for any other account. */
export function readTokenAccount(state: AccountState | undefined): TokenAccount | undefined {
  if (!isTokenAccount(state)) return undefined;
  const { data } = state;
  return {
    mint: addressText(data.subarray(0, 32)),
    owner: addressText(data.subarray(32, 64)),
    amount: new DataView(data.buffer, data.byteOffset).getBigUint64(ACCOUNT_AMOUNT_AT, true),
  };
}

/** Returns the decimals of a mint. `undefined` for any other account. */
export function readDecimals(state: AccountState | undefined): number | undefined {
  if (state === undefined || !isTokenProgram(state.owner)) return undefined;
  const { data } = state;
  if (data[MINT_INITIALIZED_AT] !== 1) return undefined;
  const isMint = data.length === MINT_BYTES || (data.length > ACCOUNT_BYTES && data[KIND_AT] === KIND_MINT);
  return isMint ? data[MINT_DECIMALS_AT] : undefined;
}

/**
 * Returns the token balances of the accounts of a message, in the format of `getTransaction`. `decimals` maps a mint to its
 * decimals. Like Solana, omits a balance if `decimals` does not contain its mint.
 */
export function tokenBalances(
  states: readonly (AccountState | undefined)[],
  decimals: ReadonlyMap<string, number>,
): TokenBalance[] {
  const balances: TokenBalance[] = [];
  for (const [accountIndex, state] of states.entries()) {
    const account = readTokenAccount(state);
    const places = account === undefined ? undefined : decimals.get(account.mint);
    if (account === undefined || places === undefined) continue;
    const { mint, owner, amount } = account;
    const programId = (state as AccountState).owner;
    balances.push({ accountIndex, mint, owner, programId, uiTokenAmount: toUiTokenAmount(amount, places) });
  }
  return balances;
}

function isTokenAccount(state: AccountState | undefined): state is AccountState {
  if (state === undefined || !isTokenProgram(state.owner)) return false;
  const { data } = state;
  if (data.length < ACCOUNT_BYTES || data[ACCOUNT_STATE_AT] === 0) return false;
  return data.length === ACCOUNT_BYTES || data[KIND_AT] === KIND_ACCOUNT;
}

function isTokenProgram(owner: string): boolean {
  return owner === TOKEN_PROGRAM || owner === TOKEN_2022_PROGRAM;
}
