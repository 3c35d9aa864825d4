/**
 * What the simulator holds at most. A server on a developer's machine must not be brought down by a client's mistake,
 * nor by a page that was let in.
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
  /** Bytes that wait for a slow socket before no more is handed to it. What is sent on is read from the session's log, so nothing is lost. */
  socketBacklogBytes: 1024 * 1024,
  /** Requests of one control socket that wait for the one before them. */
  pendingRequests: 1_000,
  /** Subscriptions of one socket. */
  subscriptionsPerSocket: 1_000,
  /** Sessions that run or wait. A create above is refused with `clerkError`. */
  sessions: 1_000,
  /** Ended sessions that still serve their subscriptions; the oldest goes first. */
  endedSessions: 256,
  /** How long an ended session serves subscriptions after the last socket left, in ms. */
  endedSessionMs: 60_000,
  /** Names that are remembered as used. */
  names: 100_000,
  /** Responses that a session keeps for replays; the oldest go first. */
  replayResponses: 200_000,
  /** Responses that no socket has taken: execution waits here, so that a replay after a detach has all of them. */
  untakenResponses: 100_000,
  /** The longest that a session outlives its control socket, in seconds, as the published server caps it. */
  disconnectTimeoutSecs: 900,
  /** How long it does if its create leaves it open, in seconds. */
  defaultDisconnectTimeoutSecs: 30,
  /** The same for a parallel run: its server lets it live longer. */
  defaultParallelDisconnectTimeoutSecs: 600,
  /** Matching batches that a session tells of ahead of execution. */
  discoveriesAhead: 16,
  /** How many slots ahead of execution it looks for them. */
  discoverySlots: 1_000n,
  /** Transactions that ended sessions hold together for their subscriptions; the oldest session goes first. */
  endedTransactions: 500_000,
  /** Sessions that the record keeps; the oldest goes first. */
  recordedSessions: 1_000,
  /** Transactions that recorded sessions hold together, some 3 kB each; the oldest session goes first. */
  recordedTransactions: 1_000_000,
} as const;
