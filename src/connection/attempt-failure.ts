import { messageOf, SimulatorError } from "../protocol/simulator-error.js";
import { nameCloseCode } from "../transport/close-codes.js";
import type { Closure } from "../transport/socket.js";
import { FatalFailure } from "./channel-socket.js";
import type { Failure } from "./machine.js";

/** What ended an attempt: something that may pass, or that will be the same next time. */
export type AttemptFailure = { type: "lost"; reason: string; error?: unknown } | { type: "refused"; failure: Failure };

type Redact = (text: string) => string;

/** Upgrades that will be refused the next time too. */
const FATAL_UPGRADES: ReadonlySet<number> = new Set([401, 403, 404]);

/** A socket's end, in words. */
export function describeClosure({ code, reason, status, error }: Closure, redact: Redact): string {
  const said = error === undefined ? reason : messageOf(error);
  const how = status === undefined ? nameCloseCode(code) : `HTTP ${status}`;
  return redact(said === "" ? how : `${how} (${said})`);
}

/** What a socket's end means. What the platform said of it is in the reason, without its secrets; it is not kept itself. */
export function judgeClosure(closure: Closure, redact: Redact): AttemptFailure {
  const reason = describeClosure(closure, redact);
  const { status } = closure;
  if (status === undefined || !FATAL_UPGRADES.has(status)) return { type: "lost", reason };
  const message = `the server refused the connection: ${reason}`;
  const error = new SimulatorError(status === 404 ? "unreachable" : "unauthorized", message, { status });
  return refused(message, error);
}

/**
 * What an error means that was thrown by a channel or by what gives it its target. A `SimulatorError` is meant for the user
 * (a key that can't be sent, an address that mustn't be used): no retry mends it.
 */
export function judgeError(error: unknown, redact: Redact): AttemptFailure {
  const reason = redact(messageOf(error));
  if (error instanceof FatalFailure) return refused(reason, error.cause);
  if (error instanceof SimulatorError) return refused(reason, error);
  return { type: "lost", reason, error: error instanceof Error ? error.cause : undefined };
}

/** A platform without a WebSocket. */
export function missingWebSocket(): FatalFailure {
  const message = "this platform has no WebSocket: give one as the client's option WebSocket";
  return new FatalFailure(message, { cause: new SimulatorError("unsupported", message) });
}

/**
 * What a WebSocket's constructor threw. What it refuses once (an address, a subprotocol, `ws:` in a page of `https:`) it
 * always will. The error is not kept as the cause: its message may hold the URL, and with it the key.
 */
export function refusedByPlatform(error: unknown, redact: Redact): FatalFailure {
  const message = redact(`this platform can't connect: ${messageOf(error)}`);
  return new FatalFailure(message, { cause: new SimulatorError("unreachable", message) });
}

function refused(reason: string, error: unknown): AttemptFailure {
  return { type: "refused", failure: { cause: "refused", reason, error } };
}
