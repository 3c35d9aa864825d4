/** What the proxy holds at most, and how long it waits: a page that was let in must not bring down the machine that it is on. */
export const PROXY_LIMITS = {
  /** A WebSocket frame in either direction, in bytes: as much as the client itself takes. */
  frameBytes: 64 * 1024 * 1024,
  /** An HTTP request's body, in bytes. More is answered with 413. */
  bodyBytes: 64 * 1024 * 1024,
  /** Bytes that wait for the one side before the other is read no further. */
  highWaterBytes: 4 * 1024 * 1024,
  /** As few are left when it is read again. */
  lowWaterBytes: 1024 * 1024,
  /** WebSockets of pages at a time. More are refused with 503. */
  sockets: 256,
  /** RPC endpoints that are remembered; the oldest go first. */
  endpoints: 10_000,
  /** A service that hasn't answered an upgrade by then is gone, in ms. */
  connectMs: 30_000,
  /** HTTP without a byte for so long is given up, in ms: builds and usage reports take a while. */
  idleMs: 120_000,
  /** Both sides are asked for a sign of life so often, in ms. */
  pingMs: 15_000,
  /** A side that gives none for so long is gone, in ms. */
  deadlineMs: 45_000,
  /** A side that was said goodbye to has so long to answer, in ms. */
  closeMs: 5_000,
} as const;
