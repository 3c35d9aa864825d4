import type { CreateOptions } from "../../channels/create-attempts.js";
import { type CreatedRun, type CreatedSubSession, ParallelControlChannel } from "../../channels/parallel-control-channel.js";
import type { SessionInfo } from "../../channels/session-info.js";
import type { ReconnectCoordinator } from "../../connection/reconnect-coordinator.js";
import type { ConnectionStatus } from "../../connection/status.js";
import type { SessionContext } from "../context.js";
import type { ContinueRequest } from "../continues/continue-params.js";
import type { SlotRange } from "../coverage.js";
import { ControlConnection, type StartOptions } from "./control-connection.js";
import type { ControlHandler, ControlLink, Departure } from "./control-link.js";

export interface ParallelControlOptions extends StartOptions, CreateOptions {
  readonly coordinator: ReconnectCoordinator;
  /** Opens a sub-session that the server has created. Returns the handler that receives its events. */
  openSubSession(link: ControlLink & { readonly range: SlotRange }): ControlHandler;
}

/** The control connection that the sub-sessions of a parallel run share. */
export class ParallelControl {
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  readonly #context: SessionContext;
  readonly #options: ParallelControlOptions;
  readonly #pending = new Set<SubSessionLink>();
  readonly #statusListeners = new Set<(status: ConnectionStatus) => void>();
  #channel: ParallelControlChannel | undefined;
  #connection: ControlConnection | undefined;
  readonly #subSessions = new Map<SubSessionLink, ControlHandler>();
  #settleEnded = (): void => {};

  constructor(context: SessionContext, options: ParallelControlOptions) {
    this.#context = context;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  get status(): ConnectionStatus {
    return this.#connection?.status ?? { state: "down", phase: "connecting", attempt: 0 };
  }

  /** Calls a listener for each change of the connection from now on. */
  onStatus(listener: (status: ConnectionStatus) => void): void {
    this.#statusListeners.add(listener);
  }

  /**
   * Opens the connection. Resolves when the server has created all sub-sessions.
   *
   * @throws SimulatorError if the run cannot be created
   */
  async start(): Promise<CreatedRun> {
    const { httpBase, timeouts, controlTarget, logger, redact } = this.#context;
    const { create, newName, coordinator, openSubSession } = this.#options;
    let created!: CreatedRun;
    const channel = new ParallelControlChannel({
      httpBase,
      create,
      newName,
      createMs: timeouts.parallelCreateMs,
      handshakeMs: timeouts.handshakeMs,
      target: controlTarget,
      redact,
      handleRun: (run) => {
        created = run;
        for (const subSession of run.subSessions) {
          const link = new SubSessionLink(this, subSession, coordinator);
          this.#subSessions.set(link, openSubSession(link));
        }
        logger.info(`${run.controlSessionId}: created with ${run.subSessions.length} sub-sessions`);
        connection.settle();
        return [...this.#subSessions.values()];
      },
      handleStray: (reason) => logger.warn(`a frame that belongs to no sub-session was skipped: ${reason}`),
    });
    const connection = new ControlConnection(this.#context, channel, {
      ...this.#options,
      isAttach: false,
      label: () => "parallel run",
      handler: {
        handleTraffic: () => {},
        handleControlStatus: (status) => {
          for (const listener of this.#statusListeners) listener(status);
          for (const handler of this.#subSessions.values()) handler.handleControlStatus(status);
        },
        handleControlEnd: (error) => {
          for (const handler of this.#subSessions.values()) handler.handleControlEnd(error);
          this.#settleEnded();
        },
        handleAbort: (error) => {
          for (const handler of this.#subSessions.values()) handler.handleAbort(error);
        },
      },
    });
    this.#channel = channel;
    this.#connection = connection;
    await connection.start();
    return created;
  }

  send(sessionId: string, request: ContinueRequest): boolean {
    if (this.#channel === undefined) return false;
    return this.#channel.send(
      request.method === "continue"
        ? { method: "continueSessionV1", params: { sessionId, request: request.params } }
        : { method: "continueToSessionV1", params: { sessionId, request: request.params } },
    );
  }

  /** Detaches a sub-session. When all are detached, the connection is closed. */
  detach(link: SubSessionLink, departure: Departure): void {
    if (this.#channel?.detach(link.info.sessionId, departure)) this.#connection?.close();
    this.#subSessions.get(link)?.handleControlEnd(undefined);
  }

  setResponsePending(link: SubSessionLink, isPending: boolean): void {
    if (isPending) this.#pending.add(link);
    else this.#pending.delete(link);
    this.#connection?.setResponsePending(this.#pending.size > 0);
  }
}

/**
 * The control link of a sub-session. It never pauses the shared control connection, so it buffers unread control events without a
 * limit.
 */
class SubSessionLink implements ControlLink {
  readonly info: SessionInfo;
  readonly range: SlotRange;
  readonly label: string;
  readonly coordinator: { gate: ReconnectCoordinator; owner: unknown };
  readonly #control: ParallelControl;

  constructor(control: ParallelControl, created: CreatedSubSession, coordinator: ReconnectCoordinator) {
    const { info, startSlot, endSlot } = created;
    this.info = info;
    this.range = { startSlot, endSlot };
    this.label = `session ${info.sessionId}`;
    this.coordinator = { gate: coordinator, owner: this };
    this.#control = control;
  }

  get status(): ConnectionStatus {
    return this.#control.status;
  }

  send(request: ContinueRequest): boolean {
    return this.#control.send(this.info.sessionId, request);
  }

  close(departure: Departure): void {
    this.#control.detach(this, departure);
  }

  pauseIntake(): void {}

  resumeIntake(): void {}

  setResponsePending(isPending: boolean): void {
    this.#control.setResponsePending(this, isPending);
  }
}
