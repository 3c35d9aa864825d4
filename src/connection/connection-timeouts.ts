/** Waits of a connection, in ms. */
export interface ConnectionTimeouts {
  /** One connect: TCP, TLS and upgrade, in ms. @default 30000 */
  connectMs: number;
  /** From the start of a session until its control socket first opens, over all attempts, in ms. @default 60000 */
  initialConnectMs: number;
  /** The close handshake: the close request, its response and the close frames, in ms. @default 5000 */
  closeMs: number;
  /** How long intake may be paused before the socket is closed, to be reopened at the same position, in ms. @default 30000 */
  maxPauseMs: number;
}

export const DEFAULT_CONNECTION_TIMEOUTS: ConnectionTimeouts = {
  connectMs: 30_000,
  initialConnectMs: 60_000,
  closeMs: 5_000,
  maxPauseMs: 30_000,
};
