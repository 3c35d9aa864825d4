/** What a connection is doing while it is down. */
export type DownPhase =
  /** A socket is being opened. */
  | "connecting"
  /** The socket is open. The response to the create, attach or subscribe request is pending. */
  | "handshaking"
  /** Waiting for the next attempt. */
  | "backingOff"
  /** Waiting for its turn to reconnect in a parallel run. This wait does not use the retry budget. */
  | "parked"
  /** The page is frozen or in the back/forward cache. This phase does not use the retry budget. */
  | "suspended";

/**
 * The state of a connection. The client retries a connection that is `down`. `failed` and `closed` are final.
 *
 * @example
 * if (session.connection.state === "down") console.log(`${session.connection.phase}, attempt ${session.connection.attempt}`);
 */
export type ConnectionStatus =
  | { state: "up" }
  | {
      state: "down";
      /** What the connection is doing. */
      phase: DownPhase;
      /** Number of consecutive reconnect attempts so far. */
      attempt: number;
      /** Why the connection was lost or the last attempt failed. Absent before the first failure. */
      reason?: string;
      /** Time of the next attempt, in ms since 1970. Present only in the phase `backingOff`. */
      retryAt?: number;
    }
  | {
      state: "failed";
      /** Why the connection failed. */
      reason: string;
    }
  | { state: "closed" };

/** Whether two statuses are equal. */
export function sameStatus(a: ConnectionStatus, b: ConnectionStatus): boolean {
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([key, value]) => value === b[key as keyof ConnectionStatus]);
}
