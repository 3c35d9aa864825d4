import type { SessionInfo } from "../../channels/session-info.js";
import type { SessionSink } from "../../channels/session-stream.js";
import type { RunnerOptions } from "../../connection/runner.js";
import type { ConnectionStatus } from "../../connection/status.js";
import type { SimulatorError } from "../../protocol/simulator-error.js";
import type { ContinueRequest } from "../continues/continue-params.js";
import type { SlotRange } from "../coverage.js";
import type { Pausable } from "../events/flow-control.js";

/**
 * What happens to a session on the server when its control link is closed. `close`: the session is closed. `keep`: the session is
 * kept and can be resumed.
 */
export type Departure = "close" | "keep";

/**
 * Receives the control events of a session, and sends its continue requests. A single session has a control connection of its own.
 * The sub-sessions of a parallel run share a control connection.
 */
export interface ControlLink extends Pausable {
  /** @throws SimulatorError `controlClosed` if the server has not created the session yet */
  readonly info: SessionInfo;
  /** `undefined` if the range is unknown. */
  readonly range: SlotRange | undefined;
  /** A name for logs, available even before the session is created. */
  readonly label: string;
  readonly status: ConnectionStatus;
  /** Lets the subscriptions of several sessions take turns to reconnect. */
  readonly coordinator: RunnerOptions["coordinator"];
  /** Writes a request. Returns `false` if no socket is open. */
  send(request: ContinueRequest): boolean;
  /** Closes the link. `handleControlEnd` of the handler is called within `timeouts.closeMs`. */
  close(departure: Departure): void;
  /** Sets whether a response from the server is pending. */
  setResponsePending(isPending: boolean): void;
}

/** Receives the events and status changes of a control link. */
export interface ControlHandler extends SessionSink {
  handleTraffic(size: number): void;
  /** Called when the session has been created or attached, and again after each re-attach. */
  handleEstablished(info: SessionInfo): void;
  handleControlStatus(status: ConnectionStatus): void;
  /** Called once, when the link has ended. `error` is present if the connection failed. */
  handleControlEnd(error: SimulatorError | undefined): void;
  /** Called when the signal of an established session fires. */
  handleAbort(error: SimulatorError): void;
}
