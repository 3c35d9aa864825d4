import { cancelled } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { onAbort } from "./on-abort.js";
import type { Platform } from "./platform.js";

export interface RequestLimits {
  /** The name of the request, for error messages. */
  what: string;
  timeoutMs: number;
  /** Cancels the request. */
  signal: AbortSignal | undefined;
}

/**
 * Runs a request with a time limit. The request receives a signal, which fires at the time limit or when the caller cancels. At
 * the end of the call, the signal fires too, and cancels an unread response body.
 *
 * @throws SimulatorError `timeout`, `cancelled`; and any error that the request throws
 */
export async function withDeadline<T>(
  platform: Pick<Platform, "setTimeout" | "clearTimeout">,
  { what, timeoutMs, signal }: RequestLimits,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const handleAbort = (): void => stop.abort(cancelled(what, signal));
  const timer = platform.setTimeout(() => {
    stop.abort(new SimulatorError("timeout", `${what}: no response within ${timeoutMs} ms`));
  }, timeoutMs);
  const stopListening = onAbort(signal, handleAbort);
  if (signal?.aborted) handleAbort();
  const stopped = new Promise<never>((_, reject) => {
    const handleStop = (): void => reject(stop.signal.reason);
    onAbort(stop.signal, handleStop);
    if (stop.signal.aborted) handleStop();
  });
  try {
    return await Promise.race([stopped, request(stop.signal)]);
  } finally {
    stopListening();
    platform.clearTimeout(timer);
    stop.abort();
  }
}
