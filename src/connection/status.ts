/** Where a connection that is down stands. */
export type DownPhase =
  /** A socket is being opened. */
  | "connecting"
  /** The socket is open; the create, the attach or the subscribe is being answered. */
  | "handshaking"
  /** Waiting for the next attempt. */
  | "backingOff"
  /** Waiting for sibling streams to leave the link; costs no budget. */
  | "parked"
  /** The page is frozen or in the back/forward cache; costs no budget. */
  | "suspended";

/**
 * A connection, as seen from outside. `down` passes by itself; `failed` and `closed` don't.
 *
 * @example
 * if (session.connection.state === "down") console.log(`${session.connection.phase}, attempt ${session.connection.attempt}`);
 */
export type ConnectionStatus =
  | { state: "up" }
  | {
      state: "down";
      phase: DownPhase;
      /** Reconnect attempts spent since the connection was last known to be good. */
      attempt: number;
      /** Why the connection was lost, or the last attempt failed; absent before the first failure. */
      reason?: string;
      /** When the next attempt comes, in ms since 1970; while backing off. */
      retryAt?: number;
    }
  | { state: "failed"; reason: string }
  | { state: "closed" };

/** Whether two statuses tell the same. */
export function sameStatus(a: ConnectionStatus, b: ConnectionStatus): boolean {
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([key, value]) => value === b[key as keyof ConnectionStatus]);
}
