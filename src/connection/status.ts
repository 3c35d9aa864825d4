/** What a connection that is down is doing. */
export type DownPhase =
  /** A socket is being opened. */
  | "connecting"
  /** The socket is open. The create, attach or subscribe has not been answered yet. */
  | "handshaking"
  /** Waiting for the next attempt. */
  | "backingOff"
  /** Waiting until no sibling streams. Does not use the retry budget. */
  | "parked"
  /** The page is frozen or in the back/forward cache. Does not use the retry budget. */
  | "suspended";

/**
 * The state of a connection. A connection that is `down` is retried; `failed` and `closed` are final.
 *
 * @example
 * if (session.connection.state === "down") console.log(`${session.connection.phase}, attempt ${session.connection.attempt}`);
 */
export type ConnectionStatus =
  | { state: "up" }
  | {
      state: "down";
      phase: DownPhase;
      /** Number of reconnect attempts since the connection was last known to be good. */
      attempt: number;
      /** Why the connection was lost or the last attempt failed. Absent before the first failure. */
      reason?: string;
      /** Time of the next attempt, in ms since 1970. Only while backing off. */
      retryAt?: number;
    }
  | { state: "failed"; reason: string }
  | { state: "closed" };

/** Whether two statuses are equal. */
export function sameStatus(a: ConnectionStatus, b: ConnectionStatus): boolean {
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([key, value]) => value === b[key as keyof ConnectionStatus]);
}
