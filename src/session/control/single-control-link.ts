import { ControlChannel, type ControlOptions } from "../../channels/control-channel.js";
import type { SessionInfo } from "../../channels/session-info.js";
import type { RunnerOptions } from "../../connection/runner.js";
import type { ConnectionStatus } from "../../connection/status.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SessionContext } from "../context.js";
import type { ContinueRequest } from "../continues/continue-params.js";
import type { SlotRange } from "../coverage.js";
import { ControlConnection, type StartOptions } from "./control-connection.js";
import type { ControlHandler, ControlLink, Departure } from "./control-link.js";

export interface SingleControlOptions extends StartOptions {
  readonly range: SlotRange;
  readonly session: ControlOptions["session"];
}

/** The control connection of a single session. */
export class SingleControlLink implements ControlLink {
  readonly range: SlotRange;
  readonly coordinator: RunnerOptions["coordinator"];
  readonly #context: SessionContext;
  readonly #options: SingleControlOptions;
  readonly #isResumed: boolean;
  #channel: ControlChannel | undefined;
  #connection: ControlConnection | undefined;
  #info: SessionInfo | undefined;

  constructor(context: SessionContext, options: SingleControlOptions) {
    const { range, session, coordinator } = options;
    this.#context = context;
    this.#options = options;
    this.#isResumed = "sessionId" in session;
    this.range = range;
    this.coordinator = coordinator && { gate: coordinator, owner: this };
  }

  get info(): SessionInfo {
    if (this.#info === undefined) throw new SimulatorError("controlClosed", "the session is not created yet");
    return this.#info;
  }

  get label(): string {
    return this.#info === undefined ? "session" : `session ${this.#info.sessionId}`;
  }

  get status(): ConnectionStatus {
    return this.#connection?.status ?? { state: "down", phase: "connecting", attempt: 0 };
  }

  /** Opens the connection. Resolves when the server has created or attached the session. @throws SimulatorError if it fails */
  start(handler: ControlHandler): Promise<void> {
    const { httpBase, timeouts, controlTarget, logger, redact } = this.#context;
    const channel = new ControlChannel({
      httpBase,
      session: this.#options.session,
      handshakeMs: timeouts.handshakeMs,
      target: controlTarget,
      redact,
      sink: handler,
      handleSession: (info) => {
        this.#info = info;
        logger.info(`${this.label}: ${this.#isResumed || !connection.isStarting ? "attached" : "created"}`);
        handler.handleEstablished(info);
        connection.settle();
      },
    });
    const connection = new ControlConnection(this.#context, channel, {
      ...this.#options,
      isAttach: this.#isResumed,
      label: () => this.label,
      handler,
    });
    this.#channel = channel;
    this.#connection = connection;
    return connection.start();
  }

  send(request: ContinueRequest): boolean {
    return this.#channel?.send(request) ?? false;
  }

  close(departure: Departure): void {
    if (departure === "keep") this.#channel?.keepSession();
    this.#connection?.close();
  }

  pauseIntake(): void {
    this.#connection?.pauseIntake();
  }

  resumeIntake(): void {
    this.#connection?.resumeIntake();
  }

  setResponsePending(isPending: boolean): void {
    this.#connection?.setResponsePending(isPending);
  }
}
