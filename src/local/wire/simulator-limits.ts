/**
 * The limits of the simulator. They protect a developer's machine from a client with a bug, and from web pages.
 */
export const LIMITS = {
  /**
   * Maximum size of an inbound WebSocket frame, in bytes. If a frame is larger, the connection is closed with code 1009 (RFC
   * 6455).
   */
  frameBytes: 64 * 1024 * 1024,
  /** Maximum size of an HTTP request body, in bytes. A larger body is answered with 413. */
  bodyBytes: 16 * 1024 * 1024,
  /** Maximum total size of the decompressed fields of one create request, in bytes. */
  decompressedBytes: 128 * 1024 * 1024,
  /** Maximum number of calls in one JSON-RPC batch. */
  batchCalls: 1_000,
  /** Maximum number of bytes that wait in a slow socket. Further frames wait in the log of the session, so no frame is lost. */
  socketBacklogBytes: 1024 * 1024,
  /** Maximum number of waiting requests per control socket. */
  pendingRequests: 1_000,
  /** Maximum number of subscriptions per socket. */
  subscriptionsPerSocket: 1_000,
  /** Maximum size of a request to the Geyser service, in bytes. A larger request ends the call. */
  geyserRequestBytes: 4 * 1024 * 1024,
  /** Maximum number of calls on one connection to the Geyser service. */
  geyserCallsPerConnection: 100,
  /** Maximum number of filters in a Geyser request. */
  geyserFilters: 128,
  /** Maximum number of addresses in all filters of a Geyser request. */
  geyserAddresses: 50_000,
  /** Maximum number of conditions in a filter of accounts. The same limit applies to data slices. */
  geyserConditions: 4,
  /** How often the Geyser service pings its clients, in ms. Yellowstone uses the same interval. */
  geyserPingMs: 15_000,
  /** Maximum number of sessions that are running or waiting. Further create requests are refused with `clerkError`. */
  sessions: 1_000,
  /** Maximum number of ended sessions that still serve their subscriptions. The oldest session is evicted. */
  endedSessions: 256,
  /** How long an ended session keeps serving subscriptions after its last socket closed, in ms. */
  endedSessionMs: 60_000,
  /** How long the end of a session waits for a pending call of its engine, in ms. */
  engineStopMs: 2_000,
  /** Maximum number of stored session names. */
  names: 100_000,
  /** Maximum number of stored responses per session, for replays. The oldest ones are evicted. */
  replayResponses: 200_000,
  /**
   * Maximum number of unsent responses per session. At this limit, execution waits. Must be lower than `replayResponses`, so that
   * no unsent response is evicted.
   */
  undeliveredResponses: 100_000,
  /** Maximum disconnect timeout, in seconds, as on the published server. */
  disconnectTimeoutSecs: 900,
  /** The default disconnect timeout, in seconds. */
  defaultDisconnectTimeoutSecs: 30,
  /**
   * The default disconnect timeout of a parallel run, in seconds. As on the service, it is longer than that of a single session.
   */
  defaultParallelDisconnectTimeoutSecs: 600,
  /** Maximum number of discoveries that are reported ahead of execution. */
  discoveriesAhead: 16,
  /** The search for discoveries (matched batches) is at most this many slots ahead of execution. */
  discoverySlots: 1_000n,
  /** Maximum number of stored transactions in all ended sessions. The oldest session is evicted. */
  endedTransactions: 500_000,
  /** Maximum number of recorded sessions. The oldest session is evicted. */
  recordedSessions: 1_000,
  /** Maximum number of transactions in all recorded sessions, about 3 kB each. The oldest session is evicted. */
  recordedTransactions: 1_000_000,
} as const;
