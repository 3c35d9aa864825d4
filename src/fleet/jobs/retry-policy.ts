import { messageOf } from "../../protocol/error-helpers.js";
import { SimulatorError, type SimulatorErrorCode } from "../../protocol/simulator-error.js";
import type { JobFailure } from "./job-end.js";

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 60_000;

/** Error codes after which another attempt cannot succeed. */
const FINAL: ReadonlySet<SimulatorErrorCode> = new Set(["invalidParams", "unauthorized", "unsupported"]);
/** HTTP statuses of a server that asks clients to wait. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([429, 503]);
const NO_CAPACITY = /capacity|no room|is room for|too many sessions|session limit|rate.?limit/i;

/**
 * Returns how long to wait before another attempt, in ms. The time doubles with each failure. It is partly random, so that jobs
 * that fail at the same time are not retried at the same time.
 */
export function retryDelay(failures: number, random: () => number): number {
  const longest = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 10));
  return Math.round(longest * (0.5 + random() / 2));
}

export function isFinal(error: unknown): boolean {
  return error instanceof SimulatorError && FINAL.has(error.code);
}

/** Whether the simulator refused a session because of a rate limit or a lack of capacity. */
export function isNoCapacity(error: unknown): boolean {
  if (!(error instanceof SimulatorError)) return false;
  if (error.status !== undefined && BUSY_STATUSES.has(error.status)) return true;
  return error.code === "create" && NO_CAPACITY.test(error.message);
}

export function toFailure(error: unknown): JobFailure {
  return { code: error instanceof SimulatorError ? error.code : "failed", message: messageOf(error).slice(0, 2_000) };
}
