/** An error of an RPC node, from a JSON-RPC response or an HTTP status. */
export interface RpcError {
  /** The code of the JSON-RPC error; `undefined` if the node sent none. */
  code?: number;
  /** The HTTP status, if it is not 200. */
  status?: number;
  /** The words of the node. */
  message: string;
}

/**
 * Codes that another attempt can succeed after. Solana (rpc-client-api/src/custom_error.rs): -32004 block not available yet, -32005
 * node unhealthy, -32014 status not available yet, -32016 minimum context slot not reached, -32019 long-term storage unreachable.
 * JSON-RPC: -32603 internal error. Providers: -32429 and 429 rate limit.
 */
const TRANSIENT_CODES: ReadonlySet<number> = new Set([-32004, -32005, -32014, -32016, -32019, -32429, -32603, 429]);

/** Providers report limits with many codes, also with those of skipped slots. The words decide. */
const TRANSIENT_WORDS =
  /rate.?limit|too many requests|request limit|(?:calls|requests) per second|throttl|compute units per second|try again|timed? ?out|temporar|overloaded|service unavailable/i;

/** HTTP statuses that another attempt can succeed after (RFC 9110, RFC 6585). */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** Codes for a slot without a block, if the words say so. Providers also use them for limits. */
const SKIPPED_CODES: ReadonlySet<number> = new Set([-32007, -32009]);
const SKIPPED_WORDS = /\bskipped\b|\bmissing\b/i;

/** Whether another attempt can succeed. */
export function isTransient({ code, status = 200, message }: RpcError): boolean {
  if (status >= 500 || TRANSIENT_STATUSES.has(status)) return true;
  if (code !== undefined && TRANSIENT_CODES.has(code)) return true;
  return status < 400 && TRANSIENT_WORDS.test(message);
}

/** Whether the node says that a slot has no block. */
export function isSkippedSlot({ code, message }: RpcError): boolean {
  return code !== undefined && SKIPPED_CODES.has(code) && SKIPPED_WORDS.test(message) && !TRANSIENT_WORDS.test(message);
}

/** The node no longer has the block. */
export const BLOCK_CLEANED_UP = -32001;

/**
 * The largest number of accounts in a call, if an error is about it.
 *
 * @param asked the number of accounts in the refused call
 */
export function accountLimit({ code, status, message }: RpcError, asked: number): number | undefined {
  const isAboutSize = status === 413 || code === -32615 || /too many (?:inputs|accounts)|limited to/i.test(message);
  if (!isAboutSize || asked <= 1) return undefined;
  const named = Number(/\b(\d{1,3})\b/.exec(message)?.[1]);
  return named >= 1 && named < asked ? named : Math.floor(asked / 2);
}

/** The error in the body of a response; `undefined` if it has none. */
export function readRpcError(body: unknown): RpcError | undefined {
  if (typeof body !== "object" || body === null || !("error" in body) || body.error == null) return undefined;
  const { error } = body;
  if (typeof error !== "object") return { message: String(error) };
  const { code, message } = error as { code?: unknown; message?: unknown };
  const number = Number(code);
  return {
    ...(code != null && Number.isSafeInteger(number) && { code: number }),
    message: typeof message === "string" ? message : JSON.stringify(error),
  };
}

/** An error for people: `Block not found (HTTP 200, -32004)`. */
export function describeRpcError({ code, status, message }: RpcError): string {
  const facts = [...(status === undefined ? [] : [`HTTP ${status}`]), ...(code === undefined ? [] : [`${code}`])];
  return facts.length === 0 ? message : `${message} (${facts.join(", ")})`;
}
