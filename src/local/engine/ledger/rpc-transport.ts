import type { CaptureClock } from "./capture-clock.js";
import type { RpcError } from "./rpc-error.js";
import type { ReceivedResponse } from "./rpc-response.js";

/** Options for sending one request and reading its response. */
export interface PostOptions {
  url: string;
  headers: Record<string, string>;
  body: string;
  fetch: typeof fetch;
  /** The request fails if no bytes arrive for this long, in ms. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  clock: CaptureClock;
  /** Called every 5 s while no bytes arrive. `waitedMs` is the time since the last bytes. */
  onSilence(waitedMs: number): void;
}

/** The connection failed before the response was complete. */
export class ConnectionFailure extends Error {
  override readonly name = "ConnectionFailure";
  readonly error: RpcError;
  /** Whether another attempt can succeed. */
  readonly isTransient: boolean;

  constructor(message: string, isTransient: boolean) {
    super(message);
    this.error = { message };
    this.isTransient = isTransient;
  }
}

/** The client refuses longer responses. A full block has about 10 MB. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** The time between two calls of `onSilence`, in ms. */
const SILENCE_MS = 5_000;

/** Sends a POST request and reads the response. @throws ConnectionFailure */
export async function post({
  url,
  headers,
  body,
  fetch,
  timeoutMs,
  signal,
  clock,
  onSilence,
}: PostOptions): Promise<ReceivedResponse> {
  const attempt = new AbortController();
  const handleAbort = (): void => attempt.abort();
  signal?.addEventListener("abort", handleAbort);
  /** Rejects if a step takes too long. The signal alone is not enough, because a replaced `fetch` may ignore it. */
  const within = async <T>(step: Promise<T>): Promise<T> => {
    let stop = (): void => {};
    const end = new Promise<never>((_, reject) => {
      const fail = (message: string) => (): void => reject(new ConnectionFailure(message, true));
      const startedAt = clock.elapsed();
      const timer = clock.setTimeout(fail(`no data was received for ${timeoutMs / 1000} s`), timeoutMs);
      const report = (): void => {
        silence = clock.setTimeout(report, SILENCE_MS);
        onSilence(clock.elapsed() - startedAt);
      };
      let silence = clock.setTimeout(report, SILENCE_MS);
      const handleCancel = fail("the call was cancelled");
      attempt.signal.addEventListener("abort", handleCancel);
      stop = () => {
        clock.clearTimeout(timer);
        clock.clearTimeout(silence);
        attempt.signal.removeEventListener("abort", handleCancel);
      };
    });
    try {
      return await Promise.race([step, end]);
    } finally {
      stop();
    }
  };
  try {
    const response = await within(
      // Redirects are not followed, because the API key must not be sent to another host.
      fetch(url, { method: "POST", redirect: "manual", headers, body, signal: attempt.signal }),
    );
    const text = await readText(response, within);
    return { status: response.status, isOpaqueRedirect: response.type === "opaqueredirect", headers: response.headers, text };
  } catch (error) {
    attempt.abort();
    throw error instanceof ConnectionFailure ? error : describeFailure(error);
  } finally {
    signal?.removeEventListener("abort", handleAbort);
  }
}

async function readText(response: Response, within: <T>(step: Promise<T>) => Promise<T>): Promise<string> {
  if (response.body === null) return within(response.text());
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await within(reader.read());
    if (done) break;
    chunks.push(value);
    length += value.byteLength;
    if (length > MAX_RESPONSE_BYTES) {
      throw new ConnectionFailure(`the response is larger than ${MAX_RESPONSE_BYTES / 1024 ** 2} MiB`, false);
    }
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Error codes of Node.js and OpenSSL, each with a message and whether another attempt may succeed. */
const CAUSES: Readonly<Record<string, readonly [message: string, isTransient: boolean]>> = {
  ECONNREFUSED: ["the connection was refused", true],
  ECONNRESET: ["the connection was reset", true],
  EPIPE: ["the connection was reset", true],
  UND_ERR_SOCKET: ["the connection was closed", true],
  ETIMEDOUT: ["the connection timed out", true],
  UND_ERR_CONNECT_TIMEOUT: ["the connection timed out", true],
  EHOSTUNREACH: ["the host cannot be reached", true],
  ENETUNREACH: ["the network cannot be reached", true],
  EAI_AGAIN: ["the host name could not be resolved", true],
  ENOTFOUND: ["the host name is unknown", false],
  EPROTO: ["the node does not speak TLS", false],
  ERR_SSL_WRONG_VERSION_NUMBER: ["the node does not speak TLS", false],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ["the node does not speak TLS", false],
  ERR_TLS_CERT_ALTNAME_INVALID: ["its certificate is for another host", false],
  CERT_HAS_EXPIRED: ["its certificate has expired", false],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["its certificate is self-signed", false],
  SELF_SIGNED_CERT_IN_CHAIN: ["its certificate is self-signed", false],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["its certificate cannot be verified", false],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["its certificate cannot be verified", false],
};

/** Describes why a fetch failed. The platform's message may contain the URL with its key, so it is not used. */
function describeFailure(error: unknown): ConnectionFailure {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code } = cause as NodeJS.ErrnoException;
    const known = typeof code === "string" && Object.hasOwn(CAUSES, code) ? CAUSES[code] : undefined;
    if (known !== undefined) return new ConnectionFailure(...known);
  }
  return new ConnectionFailure("the connection failed", true);
}
