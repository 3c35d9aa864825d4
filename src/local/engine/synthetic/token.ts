import { encodeBase58 } from "../../../codec/base58.js";
import { toUiTokenAmount } from "../../../protocol/token-amount.js";
import type { AccountState, TokenBalance } from "../engine.js";
import { TOKEN_PROGRAM } from "./synthetic-addresses.js";

/** The decimals of the synthetic mints. */
const DECIMALS = 6;

const TOKEN_ACCOUNT_BYTES = 165;
const AMOUNT_AT = 64;
const STATE_AT = 108;
const INITIALIZED = 1;

/** The rent-exempt balance of a token account. */
export const TOKEN_ACCOUNT_LAMPORTS = 2_039_280n;

/** Encodes an SPL token account: mint, owner, amount, no delegate, initialized, not native, no close authority. */
export function tokenAccountData(mint: Uint8Array, owner: Uint8Array, amount: bigint): Uint8Array {
  const data = new Uint8Array(TOKEN_ACCOUNT_BYTES);
  data.set(mint, 0);
  data.set(owner, 32);
  data[STATE_AT] = INITIALIZED;
  view(data).setBigUint64(AMOUNT_AT, amount, true);
  return data;
}

/** Encodes an SPL mint: supply, decimals, initialized, no authorities. */
export function mintData(supply: bigint): Uint8Array {
  const data = new Uint8Array(82);
  view(data).setBigUint64(36, supply, true);
  data[44] = DECIMALS;
  data[45] = INITIALIZED;
  return data;
}

export interface TokenAccount {
  mint: string;
  owner: string;
  amount: bigint;
}

/** Reads a token account. Returns `undefined` if the state is not a token account. */
export function readTokenAccount(state: AccountState | undefined): TokenAccount | undefined {
  if (state?.owner !== TOKEN_PROGRAM.text || state.data.length !== TOKEN_ACCOUNT_BYTES) return undefined;
  return {
    mint: addressText(state.data.subarray(0, 32)),
    owner: addressText(state.data.subarray(32, 64)),
    amount: view(state.data).getBigUint64(AMOUNT_AT, true),
  };
}

/** Returns a copy of a token account with the given amount. */
export function withAmount(state: AccountState, amount: bigint): AccountState {
  const data = state.data.slice();
  view(data).setBigUint64(AMOUNT_AT, amount, true);
  return { ...state, data };
}

/** Returns the token balances of the accounts of a message, as in `getTransaction`. */
export function tokenBalances(states: readonly (AccountState | undefined)[]): TokenBalance[] {
  const balances: TokenBalance[] = [];
  states.forEach((state, accountIndex) => {
    const account = readTokenAccount(state);
    if (account === undefined) return;
    const { mint, owner, amount } = account;
    balances.push({ accountIndex, mint, owner, programId: TOKEN_PROGRAM.text, uiTokenAmount: toUiTokenAmount(amount, DECIMALS) });
  });
  return balances;
}

function view(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

const known = new Map<number, { bytes: Uint8Array; text: string }[]>();
const MAX_KNOWN = 10_000;

/** Converts an address to base58. The result is cached, because the conversion is the slowest part of a transfer. */
function addressText(bytes: Uint8Array): string {
  const hash = view(bytes).getUint32(0);
  let alike = known.get(hash);
  const found = alike?.find((address) => isSame(address.bytes, bytes));
  if (found !== undefined) return found.text;
  if (known.size >= MAX_KNOWN) known.clear();
  const text = encodeBase58(bytes);
  alike ??= [];
  alike.push({ bytes: bytes.slice(), text });
  known.set(hash, alike);
  return text;
}

/** Uses a loop, because calling a function for each byte takes ten times as long. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
