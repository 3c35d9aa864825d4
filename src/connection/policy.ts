/**
 * When and how often a lost connection is tried again. The defaults are the Rust crate's (`simulator-client` 0.28,
 * `managed/mod.rs`).
 */
export interface ReconnectPolicy {
  /** First wait, in ms. Default: 1,000. */
  initialBackoffMs: number;
  /** Longest wait, in ms. Default: 30,000. */
  maxBackoffMs: number;
  /** What each wait is the last one times. Default: 2. */
  multiplier: number;
  /** How far a wait may stray to either side, as a part of it, so that clients don't all come at once. Default: 0.2. */
  jitter: number;
  /** How many attempts in a row. Default: 20. */
  maxAttempts: number;
  /** How long in a row, from the first loss on, in ms. Time parked or frozen doesn't count. Default: 300,000. */
  maxElapsedMs: number;
  /**
   * How many connects of a subscription (the first one included) are free, before later ones wait for the run's other
   * streams to leave the link. Default: 5.
   */
  ungatedAttempts: number;
  /** A stream that has brought nothing for so long has left the link, though it is up, in ms. Default: 2,000. */
  idleStreamMs: number;
  /** A loss after so long up starts the count anew, in ms. Default: 30,000; a server that accepts and drops is not hammered. */
  uptimeResetMs: number;
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

export interface ConnectionTimeouts {
  /** One connect: TCP, TLS and upgrade, in ms. Default: 30,000. */
  connectMs: number;
  /** From the start to the first open socket, over all attempts, in ms. Default: 60,000. */
  initialConnectMs: number;
  /** Closing request and close frames together, in ms. Default: 5,000. */
  closeMs: number;
  /** How long intake may be paused before the socket is closed, to be opened again from where it was, in ms. Default: 30,000. */
  maxPauseMs: number;
}

export const DEFAULT_CONNECTION_TIMEOUTS: ConnectionTimeouts = {
  connectMs: 30_000,
  initialConnectMs: 60_000,
  closeMs: 5_000,
  maxPauseMs: 30_000,
};
