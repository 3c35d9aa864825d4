import type { AccountDiff, UiAccount } from "./account-diff-notification.js";
import { U64_MAX } from "./scalars.js";

/** A JSON integer without a leading zero. It has at most 20 digits, as 2^64 − 1 does. */
const INTEGER = "(0|[1-9]\\d{0,19})";
/** A string without escapes or control characters. */
const TEXT = '"([^"\\\\\\x00-\\x1f]*)"';
const SUBSCRIPTION = `"subscription":${INTEGER}`;
/** Matches `null` (no account), or an account up to the start of its base64 data. */
const ACCOUNT_START = `(?:null|\\{"lamports":${INTEGER},"data":\\[")`;
const ACCOUNT_REST = `","base64"\\],"owner":${TEXT},"executable":(?:(true)|false),"rentEpoch":${INTEGER},"space":${INTEGER}\\}`;

/**
 * The patterns for the text around the data of `pre` and `post`. A pattern is twice as fast as several `startsWith` calls
 * (docs/benchmarks.md). The data itself is skipped with `indexOf`, because `indexOf` is faster for long data.
 */
const START = sticky(
  '\\{"jsonrpc":"2\\.0","method":"accountDiffNotification","params":\\{' +
    `(?:${SUBSCRIPTION},)?"result":\\{"context":\\{"slot":${INTEGER}\\},"account":${TEXT},"signature":${TEXT},` +
    `"tx_index":${INTEGER},"block_time":${INTEGER},"pre":${ACCOUNT_START}`,
);
const POST = sticky(`,"post":${ACCOUNT_START}`);
const REST_AND_POST = sticky(`${ACCOUNT_REST},"post":${ACCOUNT_START}`);
const REST = sticky(ACCOUNT_REST);
const END = sticky(`\\}(?:,${SUBSCRIPTION})?\\}\\}$`);

/** A double can represent every integer of up to 15 digits. Longer integers are converted from their digits to `bigint`. */
const SAFE_DIGITS = 15;
const U64_MAX_DIGITS = String(U64_MAX);

/**
 * Reads an account diff notification without building a JSON tree. Every integer is exact. The members must be in
 * the order of the server.
 *
 * @returns `undefined` for any other text. The general parser must then read the text
 */
export function scanAccountDiffNotification(text: string): { subscription: number; diff: AccountDiff } | undefined {
  const start = match(START, text, 0);
  if (start === null) return undefined;
  const slot = toInteger(start[2] as string);
  const account = start[3] as string;
  const signature = start[4] as string;
  let pre: UiAccount | undefined;
  let at = START.lastIndex;
  let postLamports: string | undefined;
  if (start[7] === undefined) {
    const post = match(POST, text, at);
    if (post === null) return undefined;
    postLamports = post[1];
    at = POST.lastIndex;
  } else {
    const end = text.indexOf('"', at);
    const rest = match(REST_AND_POST, text, end);
    if (rest === null) return undefined;
    pre = toAccount(start[7], text.slice(at, end), rest);
    postLamports = rest[5];
    at = REST_AND_POST.lastIndex;
  }
  let post: UiAccount | undefined;
  if (postLamports !== undefined) {
    const end = text.indexOf('"', at);
    const rest = match(REST, text, end);
    if (rest === null) return undefined;
    post = toAccount(postLamports, text.slice(at, end), rest);
    at = REST.lastIndex;
  }
  const end = match(END, text, at);
  const txIndex = Number(start[5]);
  // The subscription id is either before or after the result.
  const subscription = Number(start[1] ?? end?.[1] ?? Number.NaN);
  if (end === null || (start[1] !== undefined) === (end[1] !== undefined) || !Number.isSafeInteger(subscription))
    return undefined;
  if (slot > U64_MAX || !Number.isSafeInteger(txIndex) || text.includes("\\")) return undefined;
  const blockTime = toInteger(start[6] as string);
  const owner = pre?.owner ?? post?.owner ?? "";
  const copy = copied(account + signature + owner);
  const ownerAt = account.length + signature.length;
  const diff: AccountDiff = {
    context: { slot },
    account: copy.slice(0, account.length),
    signature: copy.slice(account.length, ownerAt),
    txIndex,
    blockTime,
  };
  const ownerCopy = copy.slice(ownerAt);
  if (pre !== undefined) {
    pre.owner = ownerCopy;
    diff.pre = pre;
  }
  if (post !== undefined) {
    post.owner = post.owner === owner ? ownerCopy : copied(post.owner);
    diff.post = post;
  }
  return { subscription, diff };
}

function sticky(source: string): RegExp {
  return new RegExp(source, "y");
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function toAccount(lamports: string, data: string, rest: RegExpExecArray): UiAccount {
  const rentEpoch = rest[3] as string;
  return {
    lamports: toInteger(lamports),
    data: [data, "base64"],
    owner: rest[1] as string,
    executable: rest[2] !== undefined,
    // The `rentEpoch` of nearly every account is 2^64 − 1. The constant saves the conversion.
    rentEpoch: rentEpoch === U64_MAX_DIGITS ? U64_MAX : toInteger(rentEpoch),
    space: toInteger(rest[4] as string),
  };
}

function toInteger(digits: string): bigint {
  return BigInt(digits.length <= SAFE_DIGITS ? Number(digits) : digits);
}

/**
 * Copies a string. In most engines, a substring shares the memory of the whole text, so a consumer that stores one address would
 * keep kilobytes in memory.
 */
function copied(text: string): string {
  return ` ${text}`.slice(1);
}
