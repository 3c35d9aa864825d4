/** The limits of the proxy, so that a page cannot exhaust the machine. */
export const PROXY_LIMITS = {
  /** Bytes of a WebSocket frame in either direction. The client has the same limit. */
  frameBytes: 64 * 1024 * 1024,
  /** Bytes of an HTTP request body. Longer ones are answered with 413. */
  bodyBytes: 64 * 1024 * 1024,
  /** Bytes buffered for one side before the other is paused. */
  highWaterBytes: 4 * 1024 * 1024,
  /** Bytes buffered for one side when the other is resumed. */
  lowWaterBytes: 1024 * 1024,
  /** WebSockets of pages at a time. More are refused with 503. */
  sockets: 256,
  /** Remembered RPC endpoints. The oldest are forgotten. */
  endpoints: 10_000,
  /** Time for the service to answer an upgrade, in ms. */
  connectMs: 30_000,
  /** Time without a byte after which an HTTP call times out, in ms. Builds and usage reports take a while. */
  idleMs: 120_000,
  /** Time between two pings to each side, in ms. */
  pingMs: 15_000,
  /** Time without an inbound frame after which a side is closed, in ms. */
  deadlineMs: 45_000,
  /** Time for the close handshake, in ms. */
  closeMs: 5_000,
} as const;
