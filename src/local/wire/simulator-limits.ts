/**
 * The limits of the simulator. They protect a developer's machine from a client with a bug, and from web pages.
 */
export const LIMITS = {
  /** An inbound WebSocket frame, in bytes. A client that sends more is cut off (RFC 6455, 1009). */
  frameBytes: 64 * 1024 * 1024,
  /** An HTTP request's body, in bytes. More is answered with 413. */
  bodyBytes: 16 * 1024 * 1024,
  /** What the compressed fields of one create decompress to together, in bytes. */
  decompressedBytes: 128 * 1024 * 1024,
  /** Calls in one JSON-RPC batch. */
  batchCalls: 1_000,
  /** Bytes that are buffered for a slow socket. Nothing is lost, because later frames are read from the log of the session. */
  socketBacklogBytes: 1024 * 1024,
  /** Waiting requests of one control socket. */
  pendingRequests: 1_000,
  /** Subscriptions of one socket. */
  subscriptionsPerSocket: 1_000,
  /** Running and waiting sessions. A create beyond the limit is refused with `clerkError`. */
  sessions: 1_000,
  /** Ended sessions that still serve their subscriptions. The oldest one is evicted. */
  endedSessions: 256,
  /** How long an ended session serves subscriptions after its last socket closed, in ms. */
  endedSessionMs: 60_000,
  /** How long the end of a session waits for a call of its engine, in ms. */
  engineStopMs: 2_000,
  /** Stored names of earlier sessions. */
  names: 100_000,
  /** Stored responses of a session, for replays. The oldest ones are evicted. */
  replayResponses: 200_000,
  /** Unsent responses of a session. Execution waits at the limit, so that a replay after a detach is complete. */
  undeliveredResponses: 100_000,
  /** The longest disconnect timeout, in seconds, as on the published server. */
  disconnectTimeoutSecs: 900,
  /** The default disconnect timeout, in seconds. */
  defaultDisconnectTimeoutSecs: 30,
  /** The default disconnect timeout of a parallel run, in seconds. It is longer, as on the service. */
  defaultParallelDisconnectTimeoutSecs: 600,
  /** Reported discoveries ahead of execution. */
  discoveriesAhead: 16,
  /** Scanned slots ahead of execution, for discoveries. */
  discoverySlots: 1_000n,
  /** Stored transactions of all ended sessions. The oldest session is evicted. */
  endedTransactions: 500_000,
  /** Recorded sessions. The oldest one is evicted. */
  recordedSessions: 1_000,
  /** Transactions of all recorded sessions, about 3 kB each. The oldest session is evicted. */
  recordedTransactions: 1_000_000,
} as const;
