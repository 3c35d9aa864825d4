import { encodeBase64 } from "../../../codec/base64.js";
import { stringifyJson } from "../../../codec/json.js";
import { cancelled } from "../../../protocol/error-helpers.js";
import { redactor } from "../../../protocol/redact.js";
import { SimulatorError } from "../../../protocol/simulator-error.js";
import { type CaptureClock, type CapturePlatform, captureClock } from "./capture-clock.js";
import { describeRpcError, type RpcError, type RpcErrorMeaning } from "./rpc-error.js";
import { type RpcOutcome, readResponse } from "./rpc-response.js";
import { ConnectionFailure, post } from "./rpc-transport.js";

/** The retry behaviour of a call. */
export interface RpcRetry {
  /** Total number of attempts, including the first one. @default 8 */
  attempts?: number;
  /** Pause before the second attempt, in ms. Each further pause is twice as long, up to 32 times this value. @default 250 */
  delayMs?: number;
  /** An attempt fails if no bytes arrive for this long, in ms. @default 30_000 */
  timeoutMs?: number;
  /**
   * How long to retry until the node answers for the first time, in ms. During this time, `attempts` does not apply.
   *
   * @default not set: `attempts` always applies
   */
  connectMs?: number;
}

/** A failed attempt of an RPC call that will be retried. */
export interface RpcAttempt {
  /** The host of the node. */
  host: string;
  /** Why there is another attempt: the call with its error, or the block that is missing. */
  reason: string;
  /** The number of the next attempt. */
  attempt: number;
  /** The maximum number of attempts. Absent if `RpcRetry.connectMs` limits the time instead. */
  attempts?: number;
  /** Pause before the next attempt, in ms. */
  delayMs: number;
}

/** Reported while an attempt of an RPC call waits for bytes from the node. */
export interface RpcWait {
  /** The host of the node. */
  host: string;
  /** The method that was called. */
  method: string;
  /** The time since the last received bytes, or since the start of the attempt, in ms. */
  waitedMs: number;
  /** The attempt fails if no bytes arrive for this long, in ms. */
  timeoutMs: number;
}

export interface RpcClientOptions {
  /** The URL of the node. It may contain `user:password@`, which is sent as an Authorization header. */
  url: string;
  fetch: typeof fetch;
  retry?: RpcRetry | undefined;
  /** The maximum number of calls per second. @default no limit */
  requestsPerSecond?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called before each pause. */
  onRetry?: ((next: RpcAttempt) => void) | undefined;
  /** Called every 5 s while a call receives no bytes. */
  onWait?: ((wait: RpcWait) => void) | undefined;
  /** @default the clock and timers of the runtime */
  platform?: CapturePlatform | undefined;
}

/** The result of a call, or an error that is not retried. */
export type RpcAnswer = { result: unknown } | { error: RpcError; meaning: RpcErrorMeaning };

type FailedAttempt = Extract<RpcOutcome, { error: RpcError }>;

const DEFAULT_ATTEMPTS = 8;
const DEFAULT_DELAY_MS = 250;
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_DOUBLINGS = 5;
/** The minimum length of a key in a URL. Shorter path segments and parameters are words such as `rpc`. */
const MIN_KEY_LENGTH = 8;

/** A client for Solana's JSON-RPC over HTTP. Its URL may contain an API key, so errors name only the host. */
export class RpcClient {
  readonly #options: RpcClientOptions;
  readonly #clock: CaptureClock;
  readonly #url: string;
  readonly #host: string;
  readonly #authorization: string | undefined;
  readonly #redact: (text: string) => string;
  /** Total number of attempts per call. */
  readonly attempts: number;
  #lastId = 0;
  #hasAnswered = false;
  /** The start of the first call, in ms of the monotonic clock. */
  #startedAt: number | undefined;
  /** The earliest start of the next call, in ms of the monotonic clock. */
  #nextCallAt = 0;

  constructor(options: RpcClientOptions) {
    this.attempts = options.retry?.attempts ?? DEFAULT_ATTEMPTS;
    this.#options = options;
    this.#clock = captureClock(options.platform);
    this.#redact = redactor(secretsOf(options.url));
    const url = new URL(options.url);
    const { username, password } = url;
    if (username !== "" || password !== "") {
      // `fetch` rejects URLs with a user name or a password, so both are sent in a header.
      this.#authorization = `Basic ${encodeBase64(new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`))}`;
      url.username = "";
      url.password = "";
    }
    this.#url = url.href;
    this.#host = url.host;
  }

  /**
   * Calls a method. Retries after each error that is not in `returned`.
   *
   * @param options `returned`: the kinds of errors to return without a retry. `label`: the name of the call in error messages
   * @throws SimulatorError `cancelled`; after the last attempt `http`, or `unreachable` if the node has never answered
   */
  async call(
    method: string,
    params: readonly unknown[],
    { returned = ["final", "skipped"], label = method }: { returned?: readonly RpcErrorMeaning[]; label?: string } = {},
  ): Promise<RpcAnswer> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.try(method, params);
      if ("result" in outcome || returned.includes(outcome.meaning)) return outcome;
      if (this.#isLast(attempt, outcome)) throw this.failure(label, outcome.error, attempt);
      await this.pause(attempt, `${label}: ${describeRpcError(outcome.error)}`, outcome);
    }
  }

  /** Whether a failed attempt is the last one. */
  #isLast(attempt: number, failed: FailedAttempt): boolean {
    const { connectMs } = this.#options.retry ?? {};
    if (this.#hasAnswered || connectMs === undefined) return attempt >= this.attempts;
    return this.#clock.elapsed() + this.#delayOf(attempt, failed) > (this.#startedAt ?? 0) + connectMs;
  }

  #delayOf(attempt: number, failed?: FailedAttempt): number {
    const delayMs = this.#options.retry?.delayMs ?? DEFAULT_DELAY_MS;
    return failed?.retryAfterMs ?? delayMs * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
  }

  /** Calls a method once, without retries. @throws SimulatorError `cancelled` */
  async try(method: string, params: readonly unknown[]): Promise<RpcOutcome> {
    const { signal, fetch, retry, onWait } = this.#options;
    const timeoutMs = retry?.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    await this.#waitForTurn();
    this.#startedAt ??= this.#clock.elapsed();
    try {
      const response = await post({
        url: this.#url,
        headers: {
          "content-type": "application/json",
          ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        },
        body: stringifyJson({ jsonrpc: "2.0", id: ++this.#lastId, method, params }),
        fetch,
        timeoutMs,
        signal,
        clock: this.#clock,
        onSilence: (waitedMs) => onWait?.({ host: this.#host, method, waitedMs, timeoutMs }),
      });
      this.#hasAnswered = true;
      return readResponse(response, {
        redact: this.#redact,
        describeRedirect: (to) => this.#describeRedirect(to),
        now: this.#clock.now(),
      });
    } catch (error) {
      this.#throwIfAborted();
      if (!(error instanceof ConnectionFailure)) throw error;
      return { error: error.error, meaning: error.isTransient ? "transient" : "final" };
    }
  }

  /**
   * Creates the error for a call that the node refused or did not answer. The error contains the node's message.
   *
   * @param attempts the number of failed attempts; if above 1, the error message advises to try again later
   */
  failure(call: string, error: RpcError, attempts = 1): SimulatorError {
    const { status } = error;
    const remedy = attempts === 1 ? "" : `; ${attempts} attempts failed: try again later, or use another node`;
    const code = this.#hasAnswered ? "http" : "unreachable";
    return new SimulatorError(code, `${call} at ${this.#host}: ${describeRpcError(error)}${remedy}`, {
      ...(status !== undefined && { status }),
    });
  }

  /** Creates the error for a result that does not have the expected form. */
  unusable(call: string, problem: string): SimulatorError {
    return new SimulatorError("http", `${call} at ${this.#host}: the result cannot be used: ${problem}; use another node`);
  }

  /** Waits after a failed attempt. @throws SimulatorError `cancelled` */
  async pause(attempt: number, reason: string, failed?: FailedAttempt): Promise<void> {
    const ms = this.#delayOf(attempt, failed);
    const { onRetry, retry } = this.#options;
    const isLimited = this.#hasAnswered || retry?.connectMs === undefined;
    onRetry?.({
      ...{ host: this.#host, reason, attempt: attempt + 1, delayMs: ms },
      ...(isLimited && { attempts: this.attempts }),
    });
    // A rate limit applies to the whole client, so the other calls must wait, too.
    if (failed?.retryAfterMs !== undefined || failed?.meaning === "limited") {
      this.#nextCallAt = Math.max(this.#nextCallAt, this.#clock.elapsed() + ms);
    }
    await this.#sleep(ms);
  }

  /** Waits until the rate limit permits another call. */
  async #waitForTurn(): Promise<void> {
    this.#throwIfAborted();
    const { requestsPerSecond } = this.#options;
    const now = this.#clock.elapsed();
    const at = Math.max(now, this.#nextCallAt);
    this.#nextCallAt = at + (requestsPerSecond === undefined ? 0 : 1_000 / requestsPerSecond);
    if (at > now) await this.#sleep(at - now);
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#options;
    this.#throwIfAborted();
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.#clock.clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.setTimeout(end, ms);
      signal?.addEventListener("abort", end);
    });
    this.#throwIfAborted();
  }

  #throwIfAborted(): void {
    if (this.#options.signal?.aborted) throw cancelled("the capture", this.#options.signal);
  }

  /** Describes the target of a redirect without its path, because the path may contain the key. */
  #describeRedirect(location: string | null): string {
    const target = location !== null && URL.canParse(location, this.#url) ? new URL(location, this.#url) : undefined;
    const to = target === undefined || target.origin === new URL(this.#url).origin ? "another path" : target.origin;
    return `the node redirects to ${this.#redact(to)}; use the URL of the target`;
  }
}

/** The value of a URL parameter with one of these names is treated as a key, even if the value is short. */
const KEY_NAMES = /key|token|secret|auth|pass/i;

/** Returns the parts of a URL that may contain a key. */
function secretsOf(text: string): string[] {
  const url = new URL(text);
  const [username, password] = [decoded(url.username), decoded(url.password)];
  const parts = [username, ...url.pathname.split("/").map(decoded), ...url.searchParams.values()];
  const keys = [...url.searchParams].filter(([name]) => KEY_NAMES.test(name)).map(([, value]) => value);
  return [password, `${username}:${password}`, ...keys, ...parts.filter((part) => part.length >= MIN_KEY_LENGTH)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
