// @ts-check
// The balance that the page shows of an account: tokens for a token account, lamports for any other account.
import { decodeAccountData } from "../../../dist/browser.js";
import { toBase58 } from "../base58-address.js";

/** @typedef {import("../../../dist/browser.js").AccountDiff} AccountDiff */
/** @typedef {NonNullable<AccountDiff["post"]>} AccountState */

const TOKEN_PROGRAMS = new Set(["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"]);
/** The size of a token account without extensions, and its layout: mint, owner, amount. */
const TOKEN_ACCOUNT_BYTES = 165;
const ADDRESS_BYTES = 32;
const AMOUNT_AT = 64;
/** In a token account with extensions, byte 165 has this value. In a mint with extensions, byte 165 has another value. */
const ACCOUNT_KIND = 2;

/** Whether a diff changes lamports, or data that a token program owns. @param {AccountDiff} diff */
export function isBalanceChange({ pre, post }) {
  if (pre?.lamports !== post?.lamports) return true;
  const owner = post?.owner ?? pre?.owner;
  return owner !== undefined && TOKEN_PROGRAMS.has(owner) && pre?.data[0] !== post?.data[0];
}

/**
 * Returns the mint of a token account. @param {AccountDiff} diff @returns {string | undefined} `undefined` for any other account
 */
export function mintOf({ pre, post }) {
  const data = tokenDataOf(post) ?? tokenDataOf(pre);
  return data && toBase58(data.subarray(0, ADDRESS_BYTES));
}

/** Returns the lamports of an account, or its tokens in the smallest unit. 0 if the account does not exist. @param {AccountState | undefined} state @param {boolean} isToken */
export function balanceOf(state, isToken) {
  if (!isToken) return state?.lamports ?? 0n;
  const data = tokenDataOf(state);
  return data === undefined ? 0n : new DataView(data.buffer, data.byteOffset).getBigUint64(AMOUNT_AT, true);
}

/** Returns the data of a token account. @param {AccountState | undefined} state */
function tokenDataOf(state) {
  if (state === undefined || !TOKEN_PROGRAMS.has(state.owner)) return undefined;
  const data = dataOf(state);
  const isAccount = data?.length === TOKEN_ACCOUNT_BYTES || data?.[TOKEN_ACCOUNT_BYTES] === ACCOUNT_KIND;
  return isAccount ? data : undefined;
}

export const NOTHING = new Uint8Array();

/** @param {{ data: [string, string] } | undefined} state @returns {Uint8Array | undefined} empty if the data is not base64 */
export function dataOf(state) {
  if (state === undefined) return undefined;
  try {
    return decodeAccountData(state);
  } catch {
    return NOTHING;
  }
}
