import { requireObject } from "../../protocol/arguments.js";
import type { WireBacktestError } from "../../protocol/backtest-error.js";
import { messageOf } from "../../protocol/error-helpers.js";

/** An error that is sent to the client as a BacktestError. */
export class BacktestFailure extends Error {
  /** The name of the class. */
  override readonly name = "BacktestFailure";
  /** The error in the wire format. */
  readonly wire: WireBacktestError;

  /** @throws SimulatorError `invalidParams` if `wire` is neither a string nor an object */
  constructor(wire: WireBacktestError) {
    if (typeof wire !== "string") requireObject(wire, "wire", "a BacktestError: a string, or an object with one member");
    super(typeof wire === "string" ? wire : Object.keys(wire)[0]);
    this.wire = wire;
  }
}

export function invalidRequest(error: string): BacktestFailure {
  return new BacktestFailure({ invalidRequest: { error } });
}

/** Converts a thrown value to a BacktestError. */
export function toWireError(error: unknown): WireBacktestError {
  if (error instanceof BacktestFailure) return error.wire;
  return { internal: { error: reasonOf(error) } };
}

/** Returns the message of a thrown value. */
export const reasonOf = messageOf;
