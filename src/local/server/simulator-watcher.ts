import type { EndReason, Session } from "../session/local-session.js";

/** A request over HTTP, or to open a WebSocket. */
export interface WatchedRequest {
  readonly method: string;
  /** The path without the query, because the query may contain an API key. */
  readonly path: string;
  /** The HTTP status of the response. An accepted WebSocket has 101. */
  readonly status: number;
}

/** Observes what a simulator does, for a log. */
export interface SimulatorWatcher {
  /** Called when a session accepts requests. */
  sessionCreated?(session: Session): void;
  /** Called when a session ends. Its `outcome` says whether it was completed. */
  sessionEnded?(session: Session, reason: EndReason): void;
  /** Called when a request has been answered. Requests for pages are left out. */
  answered?(request: WatchedRequest): void;
}
