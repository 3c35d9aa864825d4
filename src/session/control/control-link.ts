import type { SessionInfo } from "../../channels/session-info.js";
import type { SessionSink } from "../../channels/session-stream.js";
import type { RunnerOptions } from "../../connection/runner.js";
import type { ConnectionStatus } from "../../connection/status.js";
import type { SimulatorError } from "../../protocol/simulator-error.js";
import type { ContinueRequest } from "../continues/continue-params.js";
import type { SlotRange } from "../coverage.js";
import type { Pausable } from "../events/flow-control.js";

/** The end of a session: closed on the server, or kept there so that it can be resumed. */
export type Departure = "close" | "keep";

/**
 * Brings a session its control events, and sends its continues. A single session has its own connection, sub-sessions share
 * one.
 */
export interface ControlLink extends Pausable {
  /** @throws SimulatorError `controlClosed` before the server has the session */
  readonly info: SessionInfo;
  /** Absent if it is unknown. */
  readonly range: SlotRange | undefined;
  /** For logs; known before the session is created. */
  readonly label: string;
  readonly status: ConnectionStatus;
  /** What the subscriptions' reconnects share with other sessions. */
  readonly coordinator: RunnerOptions["coordinator"];
  /** Writes a request; `false` if no socket is open. */
  send(request: ContinueRequest): boolean;
  /** Closes the link. `handleControlEnd` of the handler is called within `timeouts.closeMs`. */
  close(departure: Departure): void;
  /** Whether the response to a continue is pending. */
  setResponsePending(isPending: boolean): void;
}

/** Receives what a control link brings. */
export interface ControlHandler extends SessionSink {
  handleTraffic(size: number): void;
  /** The server has the session: it was created, or attached to. Called again after each re-attach. */
  handleEstablished(info: SessionInfo): void;
  handleControlStatus(status: ConnectionStatus): void;
  /** The link has ended. Called once, with the reason if the connection failed. */
  handleControlEnd(error: SimulatorError | undefined): void;
  /** The signal of an established session was aborted. */
  handleAbort(error: SimulatorError): void;
}
