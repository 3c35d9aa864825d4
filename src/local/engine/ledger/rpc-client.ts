import { encodeBase64 } from "../../../codec/base64.js";
import { parseJson, stringifyJson } from "../../../codec/json.js";
import { cancelled } from "../../../protocol/error-helpers.js";
import { redactor } from "../../../protocol/redact.js";
import { SimulatorError } from "../../../protocol/simulator-error.js";
import { describeRpcError, isTransient, type RpcError, readRpcError } from "./rpc-error.js";

/** The retry behaviour of a call. */
export interface RpcRetry {
  /** Attempts in all, the first one included. @default 8 */
  attempts?: number;
  /** Pause before the second attempt, in ms. Each further pause is twice as long, up to 32 times. @default 250 */
  delayMs?: number;
}

export interface RpcClientOptions {
  /** May contain `user:password@`, which is sent as an Authorization header. */
  url: string;
  fetch: typeof fetch;
  retry?: RpcRetry | undefined;
  /** Limits the calls per second. @default no limit */
  requestsPerSecond?: number | undefined;
  signal?: AbortSignal | undefined;
}

export type RpcAnswer = { result: unknown } | { error: RpcError };

const MAX_DOUBLINGS = 5;
const MAX_RETRY_AFTER_MS = 60_000;
/** The words of a node are cut after this many characters. */
const MAX_WORDS = 300;
/** Shorter parts of a URL are words such as `rpc`, not keys. */
const MIN_KEY_LENGTH = 8;

/** A client of Solana's JSON-RPC over HTTP. Its URL may contain a key: errors name only the host. */
export class RpcClient {
  readonly #options: RpcClientOptions;
  readonly #url: string;
  readonly #host: string;
  readonly #authorization: string | undefined;
  readonly #redact: (text: string) => string;
  #lastId = 0;
  /** When the next call may start, in ms of `performance.now`. */
  #nextCallAt = 0;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#redact = redactor(secretsOf(options.url));
    const url = new URL(options.url);
    const { username, password } = url;
    if (username !== "" || password !== "") {
      // fetch refuses URLs with credentials.
      this.#authorization = `Basic ${encodeBase64(new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`))}`;
      url.username = "";
      url.password = "";
    }
    this.#url = url.href;
    this.#host = url.host;
  }

  /**
   * Calls a method. Errors that can pass are retried; others are returned.
   *
   * @throws SimulatorError `http` if the last attempt fails, `cancelled`
   */
  async call(method: string, params: readonly unknown[]): Promise<RpcAnswer> {
    const { attempts = 8 } = this.#options.retry ?? {};
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(method, params);
      if ("result" in outcome) return outcome;
      if (!outcome.isTransient) return { error: outcome.error };
      if (attempt >= attempts) throw this.failure(method, outcome.error);
      await this.#pause(attempt, outcome.retryAfterMs);
    }
  }

  /** The error of a refused call, with the message of the node. */
  failure(call: string, error: RpcError): SimulatorError {
    const { status } = error;
    return new SimulatorError("http", `${call} at ${this.#host}: ${describeRpcError(error)}`, {
      ...(status !== undefined && { status }),
    });
  }

  async #try(method: string, params: readonly unknown[]): Promise<{ result: unknown } | Failure> {
    const { signal } = this.#options;
    await this.#waitForTurn();
    const body = stringifyJson({ jsonrpc: "2.0", id: ++this.#lastId, method, params });
    let response: Response;
    let text: string;
    try {
      response = await this.#options.fetch(this.#url, {
        method: "POST",
        // Not followed: the key must not be sent elsewhere, and 301 and 302 turn the POST into a GET.
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        },
        body,
        ...(signal !== undefined && { signal }),
      });
      text = await response.text();
    } catch {
      this.#throwIfAborted();
      // The message of fetch may contain the URL with its key.
      return { error: { message: "the connection failed" }, isTransient: true };
    }
    return this.#read(response, text);
  }

  #read(response: Response, text: string): { result: unknown } | Failure {
    const { status, headers, type } = response;
    if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
      return { error: { status, message: this.#describeRedirect(headers.get("location")) }, isTransient: false };
    }
    let value: unknown;
    let isJson = true;
    try {
      value = parseJson(text);
    } catch {
      isJson = false;
    }
    const found = readRpcError(value);
    if (response.ok && found === undefined) {
      if (typeof value === "object" && value !== null && "result" in value) return { result: value.result };
      return { error: { message: isJson ? "the response is not JSON-RPC" : "the response is not JSON" }, isTransient: true };
    }
    const words = found?.message ?? wordsOf(text);
    const error: RpcError = {
      ...(found?.code !== undefined && { code: found.code }),
      ...(!response.ok && { status }),
      message: this.#redact(words).replace(/\s+/g, " ").slice(0, MAX_WORDS) || "no reason given",
    };
    const retryAfterMs = readRetryAfter(headers.get("retry-after"), Date.now());
    return { error, isTransient: isTransient(error), ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }

  /** Waits until the rate limit permits another call. */
  async #waitForTurn(): Promise<void> {
    this.#throwIfAborted();
    const { requestsPerSecond } = this.#options;
    const now = performance.now();
    const at = Math.max(now, this.#nextCallAt);
    this.#nextCallAt = at + (requestsPerSecond === undefined ? 0 : 1_000 / requestsPerSecond);
    if (at > now) await this.#sleep(at - now);
  }

  async #pause(attempt: number, retryAfterMs: number | undefined): Promise<void> {
    const ms = retryAfterMs ?? (this.#options.retry?.delayMs ?? 250) * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
    // `Retry-After` concerns the client, not one call.
    if (retryAfterMs !== undefined) this.#nextCallAt = Math.max(this.#nextCallAt, performance.now() + ms);
    await this.#sleep(ms);
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#options;
    this.#throwIfAborted();
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end);
    });
    this.#throwIfAborted();
  }

  #throwIfAborted(): void {
    if (this.#options.signal?.aborted) throw cancelled("the capture", this.#options.signal);
  }

  /** Names the target of a redirect without its path, which may repeat a key. */
  #describeRedirect(location: string | null): string {
    const target = location !== null && URL.canParse(location, this.#url) ? new URL(location, this.#url) : undefined;
    const to = target === undefined || target.host === this.#host ? "another path" : target.origin;
    return `the node redirects to ${this.#redact(to)}; use the URL of the target`;
  }
}

interface Failure {
  error: RpcError;
  isTransient: boolean;
  retryAfterMs?: number;
}

/** The parts of a URL that can contain a key. */
function secretsOf(text: string): string[] {
  const { username, password, pathname, searchParams } = new URL(text);
  const parts = [username, password, ...pathname.split("/")].map(decoded);
  return [...parts, ...searchParams.values()].filter((part) => part.length >= MIN_KEY_LENGTH);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The text of a response body that is not JSON-RPC, without the tags of HTML. */
function wordsOf(text: string): string {
  return text
    .slice(0, 10 * MAX_WORDS)
    .replace(/<(style|script)\b[^>]*>.*?<\/\1>|<[^>]*>/gis, " ")
    .trim();
}

/** The value of `Retry-After` (RFC 9110, 10.2.3) in ms: seconds or a date. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
