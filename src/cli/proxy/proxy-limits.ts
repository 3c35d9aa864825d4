/** The limits of the proxy. They prevent a page from exhausting the machine. */
export const PROXY_LIMITS = {
  /** Maximum size of a WebSocket frame in either direction, in bytes. The client has the same limit. */
  frameBytes: 64 * 1024 * 1024,
  /** Maximum size of an HTTP request body, in bytes. A longer body is answered with 413. */
  bodyBytes: 64 * 1024 * 1024,
  /**
   * If more than this number of bytes are buffered for the page, the proxy stops reading from the service. The same limit applies
   * in the other direction.
   */
  highWaterBytes: 4 * 1024 * 1024,
  /**
   * When the buffer for the page falls to this number of bytes, the proxy reads from the service again. The same limit applies in
   * the other direction.
   */
  lowWaterBytes: 1024 * 1024,
  /** Maximum number of simultaneous WebSockets from pages. The proxy refuses more WebSockets with 503. */
  sockets: 256,
  /** Maximum number of stored RPC endpoints. Beyond this number, the oldest endpoints are evicted. */
  endpoints: 10_000,
  /** Time limit for the answer of the service to an upgrade, in ms. */
  connectMs: 30_000,
  /**
   * An HTTP call fails if no bytes arrive for this time, in ms. The limit is long, because the service needs time for builds and
   * usage reports.
   */
  idleMs: 120_000,
  /** Time between two pings to the page or the service, in ms. */
  pingMs: 15_000,
  /** If the page or the service sends no frame for this time, in ms, the proxy closes the connection. */
  deadlineMs: 45_000,
  /** Time limit for the close handshake, in ms. */
  closeMs: 5_000,
} as const;
