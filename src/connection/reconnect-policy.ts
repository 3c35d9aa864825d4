import type { SimulatorErrorCode } from "../protocol/simulator-error.js";

/** Describes a failed attempt, for `shouldRetry`. */
export interface RetryContext {
  /** The code of the error. If there is no retry, the session or the subscription fails with this error. */
  code: SimulatorErrorCode;
  /** HTTP status of a refused upgrade request. Absent in browsers. */
  status?: number;
  /** The message of the error. If there is no retry, the session or the subscription fails with this error. */
  message: string;
  /** The number of the next attempt, starting at 1. */
  attempt: number;
}

/** How lost connections are retried. The defaults are those of the Rust crate (`simulator-client` 0.28, `managed/mod.rs`). */
export interface ReconnectPolicy {
  /**
   * Base of the waits before retries, in ms. The first wait is random, from 0 to twice the base. The second wait equals the base,
   * and later waits grow by `multiplier`.
   *
   * @default 1000
   */
  initialBackoffMs: number;
  /** Maximum wait between attempts, in ms. `jitter` can make the wait longer. @default 30000 */
  maxBackoffMs: number;
  /** Factor between two waits. @default 2 */
  multiplier: number;
  /**
   * How much a wait may deviate, as a fraction of the wait: 0.2 means ±20 %. With 0, all waits are exact, including the first wait.
   * @default 0.2
   */
  jitter: number;
  /** Maximum number of consecutive attempts. @default 20 */
  maxAttempts: number;
  /**
   * Maximum time for consecutive attempts, in ms. The time starts at the first loss. It does not run while the connection waits
   * for other streams (`parked`) or the page is frozen (`suspended`).
   * @default 300000
   */
  maxElapsedMs: number;
  /**
   * Number of attempts after which a subscription waits for other streams of a parallel run. The first connection counts as an
   * attempt.
   *
   * @default 5
   */
  ungatedAttempts: number;
  /**
   * A stream counts as idle after this time without received data, in ms. Idle streams do not delay the reconnects of other
   * streams.
   * @default 2000
   */
  idleStreamMs: number;
  /**
   * How long a connection must be up to restart the retry budget, in ms. After a shorter connection, the used attempts still
   * count.
   * @default 30000
   */
  uptimeResetMs: number;
  /**
   * Called before each retry, on the control connection and on subscriptions. Return `false` to give up at once. Not called for
   * failures that are never retried, such as a refused API key on the first connection or an invalid subscribe request.
   *
   * @default retries within the budget
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
