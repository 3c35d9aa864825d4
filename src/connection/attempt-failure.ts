import { messageOf } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { nameCloseCode } from "../transport/close-codes.js";
import { type Closure, openSocket, type Socket, type SocketListener, type SocketTarget } from "../transport/socket.js";
import type { WebSocketLike } from "../transport/websocket-like.js";
import { FatalFailure, fatalFailure } from "./channel-socket.js";
import type { Failure } from "./connection-state.js";
import { findPermanentCause } from "./permanent-connect-error.js";
import { isFatalRefusal, refusedUpgrade } from "./refused-upgrade.js";

/** How an attempt failed. A retry may succeed after `lost`, but not after `refused`. */
export type AttemptFailure = { type: "lost"; reason: string; error?: unknown } | { type: "refused"; failure: Failure };

type Redact = (text: string) => string;

/** The maximum length of a reason in a message, in characters. A redirect target in the reason can be very long. */
const MAX_DETAIL = 400;

/** Describes why a socket closed, for messages. */
export function describeClosure({ code, reason, status, location, error }: Closure, redact: Redact): string {
  const why = location === undefined ? (error === undefined ? reason : messageOf(error)) : `redirected to ${location}`;
  const detail = redact(why).slice(0, MAX_DETAIL);
  const what = status === undefined ? nameCloseCode(code) : `HTTP ${status}`;
  return detail === "" ? what : `${what} (${detail})`;
}

/**
 * Classifies why a socket closed. The platform's own error is not kept, because its message may contain the URL and the key.
 *
 * @param isFirstConnect `true`: the control connection has never been open, so a permanent failure is not retried
 */
export function judgeClosure(closure: Closure, redact: Redact, isFirstConnect: boolean): AttemptFailure {
  const { status, error: platformError } = closure;
  const reason = describeClosure(closure, redact);
  if (status !== undefined) {
    const error = refusedUpgrade(status, reason);
    return isFatalRefusal(status, isFirstConnect) ? refused(error.message, error) : { type: "lost", reason, error };
  }
  const cause = isFirstConnect ? findPermanentCause(platformError) : undefined;
  if (cause === undefined) return { type: "lost", reason };
  const message = redact(`${cause}: ${messageOf(platformError)}`);
  return refused(message, new SimulatorError("unreachable", message));
}

/**
 * Classifies an error of a channel, or of its `target` function. A `SimulatorError` is not retried, because it has a permanent
 * cause, such as a key that cannot be sent.
 */
export function judgeError(error: unknown, redact: Redact): AttemptFailure {
  const reason = redact(messageOf(error));
  if (error instanceof FatalFailure) return refused(reason, error.cause);
  if (error instanceof SimulatorError) return refused(reason, error);
  return { type: "lost", reason, error: error instanceof Error ? error.cause : undefined };
}

/**
 * Opens a socket. If the constructor throws, a retry cannot help: the address or the subprotocol is invalid, or an `https:` page
 * uses a `ws:` URL. The platform's error is not attached, because its message may contain the URL and the key.
 *
 * @throws FatalFailure
 */
export function constructSocket(
  WebSocket: WebSocketLike | undefined,
  target: SocketTarget,
  listener: SocketListener,
  redact: Redact,
): Socket {
  if (WebSocket === undefined) {
    throw fatalFailure("unsupported", "this platform has no WebSocket: pass the option WebSocket");
  }
  try {
    return openSocket(WebSocket, target, listener);
  } catch (error) {
    throw fatalFailure("unreachable", redact(`the platform's WebSocket refused to connect: ${messageOf(error)}`));
  }
}

function refused(reason: string, error: unknown): AttemptFailure {
  return { type: "refused", failure: { cause: "refused", reason, error } };
}
