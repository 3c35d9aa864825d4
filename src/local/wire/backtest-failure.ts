import type { WireBacktestError } from "../../protocol/backtest-error.js";

/** A failure that the client is told in the protocol's own words. */
export class BacktestFailure extends Error {
  override readonly name = "BacktestFailure";
  readonly wire: WireBacktestError;

  constructor(wire: WireBacktestError) {
    super(typeof wire === "string" ? wire : Object.keys(wire)[0]);
    this.wire = wire;
  }
}

export function invalidRequest(error: string): BacktestFailure {
  return new BacktestFailure({ invalidRequest: { error } });
}

/** What the client is told of something that was thrown. */
export function toWireError(error: unknown): WireBacktestError {
  if (error instanceof BacktestFailure) return error.wire;
  return { internal: { error: reasonOf(error) } };
}

/** What something that was thrown says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
