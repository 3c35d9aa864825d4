import { messageOf } from "../../protocol/error-helpers.js";
import { SimulatorError, type SimulatorErrorCode, type SimulatorErrorDetails } from "../../protocol/simulator-error.js";
import { withDeadline } from "../../transport/request-deadline.js";
import { MAX_RESPONSE, responseText } from "../../transport/response-text.js";

/** The members of `Platform` that HTTP calls use. */
export interface HttpPlatform {
  /** Wall-clock time in ms. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Returns a random number from 0 up to, but not including, 1. */
  random(): number;
  /** Returns this many random bytes in hexadecimal. */
  randomHex(bytes: number): string;
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

/** The server address, the headers and the defaults of HTTP calls. */
export interface HttpContext {
  readonly platform: HttpPlatform;
  /** The address of the server without a path: `https://host`. */
  readonly base: string;
  /** The headers, read for each attempt, with `X-API-Key` if there is a key. */
  readonly headers: () => Promise<Record<string, string>>;
  /** Removes secrets from a text. */
  readonly redact: (text: string) => string;
  /** The default for the `timeoutMs` of a call. @default 30000 */
  readonly timeoutMs?: number;
}

/** The options of each HTTP call. */
export interface CallOptions {
  /** Cancels the call. @default none */
  signal?: AbortSignal;
  /** Time limit of the whole call, including retries and waits, in ms. @default 30000 */
  timeoutMs?: number;
}

/** The first wait before a retry, in ms. The wait doubles with each retry and has a jitter of 20 %, as for reconnects. */
const BACKOFF_MS = 1_000;
const MAX_ATTEMPTS = 3;
/**
 * The maximum number of UTF-16 code units that are read from an error response. The error stores only 4,096 units. Redaction reads
 * more units, because it cannot detect a secret that is cut off.
 */
const MAX_ERROR_ANSWER = 16_384;
/** The maximum number of causes in the message of a failed `fetch`. */
const MAX_CAUSES = 5;

/**
 * Sends a request and returns the text of its 2xx answer. A `repeatable` request is retried twice after a transient failure (no
 * connection, 429, 5xx): after 1 and 2 s, or after `Retry-After`. If a wait would exceed the time limit of the call, the call fails
 * at once. Redirects are not followed, because the API key would be sent to the new address.
 *
 * @throws SimulatorError `unauthorized` (401, 403), `http` (any other status, or an answer that is too long), `unreachable`,
 * `timeout`, `cancelled`; and what `headers` throws
 */
export async function exchange(
  context: HttpContext,
  method: string,
  target: string,
  repeatable: boolean,
  { signal, timeoutMs = context.timeoutMs ?? 30_000 }: CallOptions = {},
  body?: string,
): Promise<string> {
  const { platform, base, redact } = context;
  const what = `${method} ${base}/${target.replace(/\?.*/, "")}`;
  const deadline = platform.now() + timeoutMs;
  let pause: unknown;

  const send = async (stop: AbortSignal): Promise<string> => {
    for (let attempt = 1; ; attempt++) {
      let waitMs = BACKOFF_MS * 2 ** (attempt - 1) * (0.8 + 0.4 * platform.random());
      let status = 0;
      let failure: [SimulatorErrorCode, reason: string, SimulatorErrorDetails];
      try {
        const headers = { ...(await context.headers()), ...(body && { "Content-Type": "application/json" }) };
        // The signal is checked here, because a custom fetch may ignore it.
        stop.throwIfAborted();
        const init = { method, headers, signal: stop, redirect: "manual", ...(body && { body }) } as const;
        const response = await platform.fetch(`${base}/${target}`, init);
        const limit = response.ok ? MAX_RESPONSE : MAX_ERROR_ANSWER;
        const text = await responseText(response, limit);
        status = response.status;
        if (response.ok && text.length <= limit) return text;
        const asked = response.headers.get("Retry-After") ?? "";
        // `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3).
        waitMs = Math.max(waitMs, Number(asked) * 1000 || Date.parse(asked) - platform.now() || 0);
        const received = response.ok ? "response over 64 MiB" : redact(text);
        const isRefused = status === 401 || status === 403;
        const reason = `HTTP ${status}${isRefused ? " (check the API key)" : ""} ${received.slice(0, 200)}`;
        failure = [isRefused ? "unauthorized" : "http", reason, { status, body: received }];
      } catch (error) {
        if (error instanceof SimulatorError) throw error;
        const reason = redact(reasonOf(error));
        // The cause is not `error` itself: the error of a custom `fetch` can contain the API key.
        failure = ["unreachable", reason, { cause: new Error(reason) }];
      }
      const mayPass = repeatable && (status === 0 || status === 429 || status >= 500);
      const inTime = !stop.aborted && platform.now() + waitMs < deadline;
      if (!mayPass || !inTime || attempt === MAX_ATTEMPTS) {
        const [code, reason, details] = failure;
        throw new SimulatorError(code, `${what}: ${reason}`.trim(), details);
      }
      await new Promise<void>((wake) => {
        pause = platform.setTimeout(wake, waitMs);
      });
    }
  };

  try {
    return await withDeadline(platform, { what, timeoutMs, signal }, send);
  } finally {
    platform.clearTimeout(pause);
  }
}

/**
 * Returns why a fetch failed. In Node.js the reason is in the error's cause. If several addresses were tried, the cause has a
 * code but no message. The depth of the recursion is limited, because an error can be its own cause.
 */
function reasonOf(error: unknown, depth = 0): string {
  const { cause } = Object(error);
  return cause && depth < MAX_CAUSES ? `${messageOf(error)}: ${reasonOf(cause, depth + 1)}` : messageOf(error);
}
