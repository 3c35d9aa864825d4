import type { SimulatorErrorCode } from "../protocol/simulator-error.js";

/** A failed attempt, for `shouldRetry`. */
export interface RetryContext {
  /** The code of the error that the session or the subscription fails with if it is not retried. */
  code: SimulatorErrorCode;
  /** HTTP status of a refused upgrade. Browsers do not show it. */
  status?: number;
  message: string;
  /** Number of the attempt that would be made next, from 1. */
  attempt: number;
}

/**
 * The retry behaviour of lost connections. The defaults are those of the Rust crate (`simulator-client` 0.28, `managed/mod.rs`).
 */
export interface ReconnectPolicy {
  /**
   * Base of the backoff, in ms. The first wait after a loss is a random time up to twice as long. The second one is this long,
   * and later ones grow by `multiplier`.
   *
   * @default 1000
   */
  initialBackoffMs: number;
  /** Longest wait before jitter, in ms. @default 30000 */
  maxBackoffMs: number;
  /** Factor between two waits. @default 2 */
  multiplier: number;
  /** Largest random deviation of a wait, as a fraction of it. 0 also removes the randomness of the first wait. @default 0.2 */
  jitter: number;
  /** Number of attempts in a row. @default 20 */
  maxAttempts: number;
  /** Total time of a series of attempts, from the first loss, in ms. Time parked or frozen does not count. @default 300000 */
  maxElapsedMs: number;
  /**
   * Number of connects of a subscription, including the first, that do not wait for the other streams of a parallel run.
   *
   * @default 5
   */
  ungatedAttempts: number;
  /** A stream that received nothing for this long counts as idle, in ms. Parked siblings do not wait for it. @default 2000 */
  idleStreamMs: number;
  /** A loss after this long up restarts the budget, in ms. A server that accepts and drops is not hammered. @default 30000 */
  uptimeResetMs: number;
  /**
   * Called before each retry, on the control connection and on subscriptions. Return `false` to give up at once. It cannot
   * make a fatal failure (a refused API key on the first connect, an invalid subscribe) retryable.
   *
   * @default every retryable failure is retried within the budget
   * @example shouldRetry: ({ status, attempt }) => status !== 403 || attempt <= 3
   */
  shouldRetry?: (failed: RetryContext) => boolean;
}

export const DEFAULT_RECONNECT: ReconnectPolicy = {
  initialBackoffMs: 1_000,
  maxBackoffMs: 30_000,
  multiplier: 2,
  jitter: 0.2,
  maxAttempts: 20,
  maxElapsedMs: 300_000,
  ungatedAttempts: 5,
  idleStreamMs: 2_000,
  uptimeResetMs: 30_000,
};
