/** Time limits of a connection, in ms. */
export interface ConnectionTimeouts {
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
}

export const DEFAULT_CONNECTION_TIMEOUTS: ConnectionTimeouts = {
  connectMs: 30_000,
  initialConnectMs: 60_000,
  closeMs: 5_000,
  maxPauseMs: 30_000,
};
