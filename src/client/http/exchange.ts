import {
  cancelled,
  SimulatorError,
  type SimulatorErrorCode,
  type SimulatorErrorDetails,
} from "../../protocol/simulator-error.js";

/** What the calls need of the platform; the transport's `Platform` has it all. */
export interface HttpPlatform {
  /** Milliseconds by the wall clock. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 up to 1. */
  random(): number;
  /** As many random bytes, in hexadecimal. */
  randomHex(bytes: number): string;
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

/** Where the calls go, and what goes along. */
export interface HttpContext {
  readonly platform: HttpPlatform;
  /** `https://host`, without a path. */
  readonly base: string;
  /** Asked for at each attempt: `X-API-Key` where there is a key, and what else goes along. */
  readonly headers: () => Promise<Record<string, string>>;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  /** A call's `timeoutMs` where it gives none. Default: 30,000. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  /** Calls it off: `cancelled`. */
  signal?: AbortSignal;
  /** How long the whole call may take, its repetitions and waits included, in ms. Default: 30,000. */
  timeoutMs?: number;
}

/** The first wait. As with a reconnect it is doubled each time, and strays by 20 % to either side. */
const BACKOFF_MS = 1_000;
const MAX_ATTEMPTS = 3;
/** 64 Mi UTF-16 units, which in the service's answers are bytes. */
const MAX_ANSWER = 64 * 2 ** 20;
/** Of an error's. More than is kept of it, so that no secret is cut in two before it is taken out. */
const MAX_ERROR_ANSWER = 16_384;

/**
 * Sends a request and returns the text of its answer, which has a status of 2xx. What may pass (no connection, 429, 5xx) is
 * tried three times in all if the request is `repeatable`, after 1 and 2 s, or after what `Retry-After` asks for; a wait that
 * would outlive the call isn't begun. Redirects are not followed: the API key would go along.
 *
 * @throws SimulatorError `unauthorized` (401, 403), `http` (any other status, or too long an answer), `unreachable`,
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
  const stop = new AbortController();
  let pause: unknown;

  const send = async (): Promise<string> => {
    for (let attempt = 1; ; attempt++) {
      let waitMs = BACKOFF_MS * 2 ** (attempt - 1) * (0.8 + 0.4 * platform.random());
      let status = 0;
      let failure: [SimulatorErrorCode, reason: string, SimulatorErrorDetails];
      try {
        const headers = { ...(await context.headers()), ...(body && { "Content-Type": "application/json" }) };
        // A fetch that isn't the platform's own may not look at the signal.
        stop.signal.throwIfAborted();
        const init = { method, headers, signal: stop.signal, redirect: "manual", ...(body && { body }) } as const;
        const response = await platform.fetch(`${base}/${target}`, init);
        const limit = response.ok ? MAX_ANSWER : MAX_ERROR_ANSWER;
        const text = await readText(response, limit);
        status = response.status;
        if (response.ok && text.length <= limit) return text;
        const asked = response.headers.get("Retry-After") ?? "";
        // RFC 9110, 10.2.3: seconds, or a date.
        waitMs = Math.max(waitMs, Number(asked) * 1000 || Date.parse(asked) - platform.now() || 0);
        const said = response.ok ? "over 64 MiB" : redact(text);
        const isRefused = status === 401 || status === 403;
        const reason = `HTTP ${status}${isRefused ? " (check the API key)" : ""} ${said.slice(0, 200)}`;
        failure = [isRefused ? "unauthorized" : "http", reason, { status, body: said }];
      } catch (error) {
        if (error instanceof SimulatorError) throw error;
        const reason = redact(reasonOf(error));
        // Not the error itself: what a fetch of the user's own throws may hold the request's headers.
        failure = ["unreachable", reason, { cause: new Error(reason) }];
      }
      const mayPass = repeatable && (status === 0 || status === 429 || status >= 500);
      const inTime = !stop.signal.aborted && platform.now() + waitMs < deadline;
      if (!mayPass || !inTime || attempt === MAX_ATTEMPTS) {
        const [code, reason, details] = failure;
        throw new SimulatorError(code, `${what}: ${reason}`.trim(), details);
      }
      await new Promise<void>((wake) => {
        pause = platform.setTimeout(wake, waitMs);
      });
    }
  };

  const handleAbort = (): void => stop.abort(cancelled(what, signal));
  const timer = platform.setTimeout(() => {
    stop.abort(new SimulatorError("timeout", `${what}: no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  signal?.addEventListener("abort", handleAbort);
  if (signal?.aborted) handleAbort();
  try {
    return await Promise.race([rejectOn(stop.signal), send()]);
  } finally {
    signal?.removeEventListener("abort", handleAbort);
    platform.clearTimeout(timer);
    platform.clearTimeout(pause);
    // Also ends what is left of an answer that wasn't read to its end.
    stop.abort();
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const handleAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", handleAbort);
    if (signal.aborted) handleAbort();
  });
}

/** An answer's text, as far as a bit over `limit`. */
async function readText(response: Response, limit: number): Promise<string> {
  const reader = response.body?.getReader?.();
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length <= limit) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

/** Node.js' fetch says only that it failed. Why stands in its error's cause, which has but a code where it tried several addresses. */
function reasonOf(error: unknown): string {
  const { message, code, cause }: { message?: unknown; code?: unknown; cause?: unknown } = Object(error);
  const said = String(message || code || error);
  return cause ? `${said}: ${reasonOf(cause)}` : said;
}
