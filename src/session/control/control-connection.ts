import type { Channel } from "../../connection/channel.js";
import type { Failure } from "../../connection/connection-state.js";
import type { ReconnectCoordinator } from "../../connection/reconnect-coordinator.js";
import { ConnectionRunner } from "../../connection/runner.js";
import type { ConnectionStatus } from "../../connection/status.js";
import { cancelled } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { onAbort } from "../../transport/on-abort.js";
import type { SessionContext } from "../context.js";
import { callListener } from "../events/call-listener.js";
import { connectionFailure } from "./connection-failure.js";
import type { ControlHandler } from "./control-link.js";
import { ResponseWatchdog } from "./response-watchdog.js";
import { startFailure } from "./start-failure.js";

/** Options of `startSession`, `startParallelSession` and `resumeSession`. */
export interface StartOptions {
  /** Cancels the start. If the signal fires after the start, the session is shut down. @default none */
  signal?: AbortSignal;
  /** Called for each change of the control connection until the session has been created. @default none */
  onConnection?: (change: { channel: string; status: ConnectionStatus }) => void;
  /**
   * Reconnects the subscriptions of several sessions one at a time. Pass the same coordinator to all sessions that share a slow
   * network link.
   *
   * @default none; a parallel run creates its own coordinator
   */
  coordinator?: ReconnectCoordinator;
}

export interface ControlConnectionOptions extends StartOptions {
  /** `true` if the connection resumes a session, `false` if it creates a session. */
  readonly isAttach: boolean;
  readonly handler: Pick<ControlHandler, "handleTraffic" | "handleControlStatus" | "handleControlEnd" | "handleAbort">;
  /** A name for logs. */
  label(): string;
}

/** A control connection, from the start of a session to its end. The start can fail. */
export class ControlConnection {
  readonly #context: SessionContext;
  readonly #options: ControlConnectionOptions;
  readonly #runner: ConnectionRunner;
  readonly #watchdog: ResponseWatchdog | undefined;
  #starting: { resolve(): void; reject(error: SimulatorError): void } | undefined;
  #wasUp = false;
  #isKeyChecked = false;
  #stopListening = (): void => {};

  constructor(context: SessionContext, channel: Channel, options: ControlConnectionOptions) {
    const { handler } = options;
    const { platform, liveness, canPing } = context;
    this.#context = context;
    this.#options = options;
    this.#runner = new ConnectionRunner(channel, {
      ...context,
      role: "control",
      handleTraffic: (size) => {
        this.#watchdog?.handleInbound();
        handler.handleTraffic(size);
      },
      handleStatus: (status) => this.#handleStatus(status),
      handleEnd: (failure) => this.#handleEnd(failure),
    });
    if (!canPing) this.#watchdog = new ResponseWatchdog(platform, liveness.deadlineMs, () => this.#runner.reconnectStale());
  }

  get status(): ConnectionStatus {
    return this.#runner.status;
  }

  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Opens the connection. Resolves when `settle` is called. @throws SimulatorError if the session cannot be established */
  start(): Promise<void> {
    this.#stopListening = onAbort(this.#options.signal, () => this.#abort());
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#runner.start();
    });
  }

  /** Called when the server has created or attached the session: the start has succeeded. */
  settle(): void {
    this.#starting?.resolve();
    this.#starting = undefined;
  }

  close(): void {
    this.#runner.close();
  }

  pauseIntake(): void {
    this.#runner.pauseIntake();
  }

  resumeIntake(): void {
    this.#runner.resumeIntake();
  }

  setResponsePending(isPending: boolean): void {
    this.#watchdog?.setResponsePending(isPending);
  }

  #abort(): void {
    const { signal, handler } = this.#options;
    const error = cancelled("the session", signal);
    if (this.#starting === undefined) handler.handleAbort(error);
    else this.#giveUp(error);
  }

  #giveUp(error: SimulatorError): void {
    this.#starting?.reject(error);
    this.#starting = undefined;
    this.#runner.cancel();
  }

  #handleStatus(status: ConnectionStatus): void {
    const { handler, label, onConnection } = this.#options;
    if (status.state === "up") {
      if (this.#wasUp) this.#watchdog?.handleResumed();
      this.#wasUp = true;
    }
    if (this.#starting === undefined) return handler.handleControlStatus(status);
    callListener(() => onConnection?.({ channel: "control", status }));
    if (status.state !== "down" || status.phase !== "backingOff") return;
    const reason = status.reason ?? "no connection";
    this.#context.logger.warn(`${label()}: could not start yet: ${reason}; retrying`);
    void this.#checkKey();
  }

  /** Makes one HTTP call to find out whether the key was refused, because a browser does not show why an upgrade request failed. */
  async #checkKey(): Promise<void> {
    if (this.#context.canPing || this.#isKeyChecked) return;
    this.#isKeyChecked = true;
    if (!(await this.#context.isKeyRefused()) || this.#starting === undefined) return;
    this.#giveUp(new SimulatorError("unauthorized", "the simulator refused the API key: check apiKey"));
  }

  #handleEnd(failure: Failure | undefined): void {
    this.#watchdog?.stop();
    this.#stopListening();
    const error = failure && this.#toError(failure);
    this.#starting?.reject(error ?? cancelled("starting the session"));
    this.#starting = undefined;
    this.#options.handler.handleControlEnd(error);
  }

  #toError(failure: Failure): SimulatorError {
    return this.#starting === undefined
      ? connectionFailure("controlFailed", "the control connection", failure)
      : startFailure(failure, this.#context.httpBase, this.#options.isAttach);
  }
}
