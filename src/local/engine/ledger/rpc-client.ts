import { parseJson, stringifyJson } from "../../../codec/json.js";
import { cancelled, SimulatorError } from "../../../protocol/simulator-error.js";

/** How often and how long a call is tried. */
export interface RpcRetry {
  /** Tries in all, the first one included. Default: 8. */
  attempts?: number;
  /** Pause before the second try, in ms; each further one doubles it, up to 32 times. Default: 250. */
  delayMs?: number;
}

export interface RpcClientOptions {
  url: string;
  fetch: typeof fetch;
  retry?: RpcRetry | undefined;
  signal?: AbortSignal | undefined;
}

/** An error that the server answered with. */
export interface RpcError {
  code: number;
  message: string;
}

export type RpcAnswer = { result: unknown } | { error: RpcError };

const MAX_DOUBLINGS = 5;
const MAX_RETRY_AFTER_MS = 60_000;

/** Not yet there, behind, or asked too much: the next try may find it otherwise. */
const TRANSIENT_ERRORS: ReadonlySet<number> = new Set([-32004, -32005, -32014, -32016, 429]);

/** Speaks to Solana's JSON-RPC. Its address may hold a key: errors name the host alone. */
export class RpcClient {
  readonly #options: RpcClientOptions;
  readonly #host: string;
  #lastId = 0;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#host = new URL(options.url).host;
  }

  /**
   * What a method answers, once it does; an error that trying again doesn't mend is returned.
   *
   * @throws SimulatorError `http` if it can't be had, `cancelled`
   */
  async call(method: string, params: readonly unknown[]): Promise<RpcAnswer> {
    const { attempts = 8 } = this.#options.retry ?? {};
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(method, params);
      if ("answer" in outcome) return outcome.answer;
      if (attempt >= attempts || !outcome.again) throw this.#failure(method, outcome);
      await this.#pause(attempt, outcome.retryAfterMs);
    }
  }

  async #try(method: string, params: readonly unknown[]): Promise<{ answer: RpcAnswer } | Failure> {
    const { url, signal } = this.#options;
    this.#throwIfAborted();
    const body = stringifyJson({ jsonrpc: "2.0", id: ++this.#lastId, method, params });
    let response: Response;
    let text: string;
    try {
      response = await this.#options.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        ...(signal !== undefined && { signal }),
      });
      text = await response.text();
    } catch {
      this.#throwIfAborted();
      // What fetch says of it may name the address, key and all.
      return { problem: "the connection failed", again: true };
    }
    if (!response.ok) {
      const { status } = response;
      const seconds = Number(response.headers.get("retry-after"));
      return {
        problem: `HTTP ${status}`,
        status,
        again: status === 429 || status >= 500,
        ...(seconds > 0 && { retryAfterMs: Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) }),
      };
    }
    return readAnswer(text);
  }

  async #pause(attempt: number, retryAfterMs: number | undefined): Promise<void> {
    const { signal, retry } = this.#options;
    this.#throwIfAborted();
    const ms = retryAfterMs ?? (retry?.delayMs ?? 250) * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
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

  #failure(method: string, { problem, status }: Failure): SimulatorError {
    return new SimulatorError("http", `${method} at ${this.#host}: ${problem}`, { ...(status !== undefined && { status }) });
  }
}

interface Failure {
  problem: string;
  again: boolean;
  status?: number;
  retryAfterMs?: number;
}

function readAnswer(text: string): { answer: RpcAnswer } | Failure {
  let value: { result?: unknown; error?: Partial<RpcError> } | null;
  try {
    value = parseJson(text) as typeof value;
  } catch {
    return { problem: "the answer is not JSON", again: true };
  }
  const { code, message } = value?.error ?? {};
  if (typeof code === "number") {
    const error = { code, message: String(message) };
    if (TRANSIENT_ERRORS.has(code)) return { problem: `${error.message} (${code})`, again: true };
    return { answer: { error } };
  }
  if (typeof value !== "object" || value === null || !("result" in value)) {
    return { problem: "the answer is not JSON-RPC", again: true };
  }
  return { answer: { result: value.result } };
}
