import type { EndReason, Session } from "../session/local-session.js";

/** An HTTP request or a request to open a WebSocket. */
export interface WatchedRequest {
  readonly method: string;
  /** The path without the query, because the query may contain an API key. */
  readonly path: string;
  /** The HTTP status of the response. 101 for an accepted WebSocket. */
  readonly status: number;
}

/** Observes what a simulator does, for a log. */
export interface SimulatorWatcher {
  /** Called when a new session starts to accept `continue` requests. */
  sessionCreated?(session: Session): void;
  /** Called when a session ends. `session.outcome` shows whether the session was completed. */
  sessionEnded?(session: Session, reason: EndReason): void;
  /** Called when a request has been answered. Not called for requests for a web page. */
  answered?(request: WatchedRequest): void;
}
