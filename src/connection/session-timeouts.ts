/** Time limits of a session and its connections, in ms. */
export interface SessionTimeouts {
  /** Time limit of one connection attempt (TCP, TLS and upgrade), in ms. @default 30000 */
  connectMs: number;
  /** Time limit from the start of a session until its control socket first opens, including all attempts, in ms. @default 60000 */
  initialConnectMs: number;
  /** Time limit of the close handshake (the close request, its response and the close frames), in ms. @default 5000 */
  closeMs: number;
  /**
   * How long reading can be paused before the client closes the socket, in ms. After such a close, the client reconnects at the
   * same position when reading resumes.
   * @default 30000
   */
  maxPauseMs: number;
  /**
   * Time limit for each response in a handshake (create, attach, resume, subscribe), in ms. A cold start can take 100 s.
   * @default 120000
   */
  handshakeMs: number;
  /** Time limit for each response while a parallel run is being created, in ms. @default 900000 */
  parallelCreateMs: number;
  /** After `completed`, the session fails if its open subscriptions receive nothing for this time, in ms. @default 60000 */
  completionDrainMs: number;
  /** How long `run()` waits for progress before it resends a continue request that may not have arrived, in ms. @default 30000 */
  continueTimeoutMs: number;
}

/**
 * Most of these values are constants of the Rust crate (`simulator-client` 0.28, `managed/mod.rs`). The crate has no
 * `initialConnectMs`, `maxPauseMs` and `continueTimeoutMs`.
 */
export const DEFAULT_TIMEOUTS: SessionTimeouts = {
  connectMs: 30_000,
  initialConnectMs: 60_000,
  closeMs: 5_000,
  maxPauseMs: 30_000,
  handshakeMs: 120_000,
  parallelCreateMs: 900_000,
  completionDrainMs: 60_000,
  continueTimeoutMs: 30_000,
};
