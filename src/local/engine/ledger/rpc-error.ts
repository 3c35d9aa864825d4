/** An error from an RPC node: a JSON-RPC error, an HTTP status or a connection error. */
export interface RpcError {
  /** The code of the JSON-RPC error. `undefined` if the node sent no code. */
  code?: number;
  /** The HTTP status. Absent if it is 200. */
  status?: number;
  /** The error message of the node. */
  message: string;
}

/** What an error means for the call. */
export type RpcErrorMeaning =
  /** The slot has no block. The next block confirms this with its `parentSlot`. */
  | "skipped"
  /**
   * The node does not have the block of the slot yet, or does not have it at all. Some providers also give this answer for skipped
   * slots.
   */
  | "unavailable"
  /** A rate limit of the node. The retry and all later calls wait. */
  | "limited"
  /** Another attempt may succeed. */
  | "transient"
  /** No attempt can succeed. */
  | "final";

/*
 * Error codes of Solana (agave, rpc-client-api/src/custom_error.rs), of JSON-RPC 2.0 and of providers. Providers use one code for
 * several errors, so the error text is checked before the code.
 */

/** Codes for: block not available, block status not available yet. */
const UNAVAILABLE_CODES: ReadonlySet<number> = new Set([-32004, -32014]);
/** Codes that providers use for rate limits. */
const LIMIT_CODES: ReadonlySet<number> = new Set([-32429, 429]);
/** Codes for: node unhealthy, minimum context slot not reached, long-term storage unreachable, internal error. */
const TRANSIENT_CODES: ReadonlySet<number> = new Set([-32005, -32016, -32019, -32603]);
/**
 * Codes for: block cleaned up, key excluded from the index, history not available, unsupported transaction version, invalid
 * request, unknown method, invalid parameters, parse error.
 */
const FINAL_CODES: ReadonlySet<number> = new Set([-32001, -32010, -32011, -32015, -32600, -32601, -32602, -32700]);
/** Codes for a slot without a block. Providers also use them for rate limits. */
const SKIPPED_CODES: ReadonlySet<number> = new Set([-32007, -32009]);

const SKIPPED_WORDS = /\bskipped\b|\bmissing\b/i;
/** Solana's message for a skipped slot. Some providers send it with another code. */
const SKIPPED_SENTENCE = /^slot \d+ was skipped, or missing\b/i;
const UNAVAILABLE_SENTENCE = /^block (?:status )?not (?:yet )?available\b/i;

/** Words for a quota that is exhausted for hours or days, such as "Monthly capacity limit exceeded". */
const QUOTA_WORDS =
  /\bmax(?:imum)? usage reached|\bmonthly\b|\bdaily\b|\bper (?:day|month)\b|\b(?:out of|insufficient|no(?: more)?) credits\b|\bcredits?(?: \w+){0,3} (?:exhausted|exceeded|depleted|used up)|\bbilling\b|\bpayment required\b|\bsubscription (?:\w+ )?(?:expired|ended|inactive)/i;
/** Words for a rate limit that ends soon, such as "50/second request limit reached". */
const LIMIT_WORDS =
  /rate.?limit|rate exceeded|too many (?:requests|connections)|request limit|\bper (?:second|minute)\b|\/s(?:ec(?:ond)?)?\b|\brps\b|throttl|slow down|concurren|over capacity|at capacity|capacity exceeded/i;
const TRANSIENT_WORDS =
  /try again|retry|timed? ?-?out|temporar|overloaded|unavailable right now|service unavailable|bad gateway|no healthy upstream|upstream|internal (?:server )?error|node is (?:behind|unhealthy)|connection (?:reset|refused|closed)/i;
/** A response that is not JSON-RPC counts as a refusal if it contains one of these words. */
const REFUSAL_WORDS =
  /unauthori[sz]ed|forbidden|access denied|not (?:allowed|permitted|authori[sz]ed)|disabled|blocked|invalid (?:api[ -]?)?(?:key|token|credentials)|api[ -]?key|\bauthenticat/i;

/** HTTP statuses after which another attempt may succeed (RFC 9110, RFC 6585). */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 423, 425, 429]);
const NOT_IMPLEMENTED = 501;

/** Returns what an error means for the call. */
export function meaningOf({ code, status = 200, message }: RpcError): RpcErrorMeaning {
  if (QUOTA_WORDS.test(message)) return "final";
  const hasLimitWords = LIMIT_WORDS.test(message);
  if (!hasLimitWords) {
    if (code !== undefined && SKIPPED_CODES.has(code) && SKIPPED_WORDS.test(message)) return "skipped";
    if (SKIPPED_SENTENCE.test(message)) return "skipped";
    if (code !== undefined && UNAVAILABLE_CODES.has(code)) return "unavailable";
    if (UNAVAILABLE_SENTENCE.test(message)) return "unavailable";
  }
  if (hasLimitWords || status === 429 || (code !== undefined && LIMIT_CODES.has(code)))
    return isRefused(status) ? "final" : "limited";
  if (code !== undefined && FINAL_CODES.has(code)) return "final";
  if (code !== undefined && TRANSIENT_CODES.has(code)) return "transient";
  if (TRANSIENT_STATUSES.has(status) || (status >= 500 && status !== NOT_IMPLEMENTED)) return "transient";
  return status < 400 && TRANSIENT_WORDS.test(message) ? "transient" : "final";
}

/**
 * With status 401 or 402, the provider rejects the API key or requires a payment. A retry cannot help, even if the message names a
 * rate limit.
 */
function isRefused(status: number): boolean {
  return status === 401 || status === 402;
}

/**
 * Returns the meaning of a response that is not JSON-RPC. The response has no error code, so the function uses the HTTP status
 * and the text.
 */
export function meaningOfText(error: RpcError): RpcErrorMeaning {
  const { status = 200, message } = error;
  if (status >= 300 || QUOTA_WORDS.test(message) || LIMIT_WORDS.test(message)) return meaningOf(error);
  return REFUSAL_WORDS.test(message) && !TRANSIENT_WORDS.test(message) ? "final" : "transient";
}

/** The code for a block that the node no longer has. */
export const BLOCK_CLEANED_UP = -32001;

/**
 * The codes with which providers refuse a call with too many accounts. Other providers use an HTTP status or words in the
 * message.
 */
const ACCOUNT_LIMIT_CODES: ReadonlySet<number> = new Set([-32615, -32008]);
const ACCOUNT_LIMIT_WORDS =
  /too many (?:inputs|accounts|addresses|pubkeys)|limited to|(?:too|is) (?:large|big|long)|exceeds? the (?:max|size|limit)|max(?:imum)? (?:of )?\d+ accounts/i;
const PAYLOAD_TOO_LARGE = 413;

/**
 * If a call was refused because it had too many accounts, returns the number of accounts to request per call. Returns `undefined`
 * for any other error.
 *
 * @param asked the number of accounts in the refused call
 */
export function accountLimit({ code, status, message }: RpcError, asked: number): number | undefined {
  const isAboutSize =
    status === PAYLOAD_TOO_LARGE || (code !== undefined && ACCOUNT_LIMIT_CODES.has(code)) || ACCOUNT_LIMIT_WORDS.test(message);
  if (!isAboutSize || asked <= 1) return undefined;
  const named = Number(/\b(\d{1,3})\b/.exec(message)?.[1]);
  return named >= 1 && named < asked ? named : Math.floor(asked / 2);
}

/** Formats an error as text for a message: `Block not found (HTTP 200, -32004)`. */
export function describeRpcError({ code, status, message }: RpcError): string {
  const facts = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(code === undefined ? [] : [`${code}`])];
  return facts.length === 0 ? message : `${message} (${facts.join(", ")})`;
}
