import type { Channel } from "../connection/channel.js";
import type { Failure } from "../connection/machine.js";
import { ConnectionRunner } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { cancelled, SimulatorError } from "../protocol/simulator-error.js";
import { AnswerWatch } from "./answer-watch.js";
import type { SessionContext } from "./context.js";
import { connectionFailure, startFailure } from "./failures.js";
import { tell } from "./tell.js";

export interface StartOptions {
  /** Cancels the start; once the session stands, shuts it down. */
  signal?: AbortSignal;
  /** Told of each change of the control connection until the session stands: what the start waits for. */
  onConnection?: (change: { channel: string; status: ConnectionStatus }) => void;
}

/** Whose connection it is. */
export interface ControlConnectionOwner {
  /** For logs. */
  readonly label: string;
  handleTraffic(size: number): void;
  /** Told once the session stands. */
  handleControlStatus(status: ConnectionStatus): void;
  /** Told in any case, once: why the connection was given up, if it was. */
  handleControlEnd(error: SimulatorError | undefined): void;
  /** The signal has fired, and the session stands. */
  handleAbort(error: SimulatorError): void;
}

/** A control connection, from the start of a session, which can fail, to its end. */
export class ControlConnection {
  readonly #context: SessionContext;
  readonly #owner: ControlConnectionOwner;
  readonly #options: StartOptions;
  readonly #runner: ConnectionRunner;
  readonly #answers: AnswerWatch | undefined;
  #starting: { resolve(): void; reject(error: SimulatorError): void } | undefined;
  #wasUp = false;
  #isKeyChecked = false;
  readonly #isAttach: boolean;
  readonly #handleAbort = (): void => this.#abort();

  /** @param isAttach whether a session that stands already is attached to: the start then lasts until it is */
  constructor(context: SessionContext, channel: Channel, owner: ControlConnectionOwner, options: StartOptions, isAttach = false) {
    this.#context = context;
    this.#owner = owner;
    this.#options = options;
    this.#isAttach = isAttach;
    const { platform, liveness } = context;
    this.#runner = new ConnectionRunner(channel, {
      ...context,
      role: "control",
      startsWhenReady: isAttach,
      handleTraffic: (size) => {
        this.#answers?.handleInbound();
        owner.handleTraffic(size);
      },
      handleStatus: (status) => this.#handleStatus(status),
      handleEnd: (failure) => this.#handleEnd(failure),
    });
    if (!context.canPing) {
      this.#answers = new AnswerWatch(platform, liveness.deadlineMs, () => this.#runner.reconnectStale());
    }
  }

  get status(): ConnectionStatus {
    return this.#runner.status;
  }

  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Resolves when `settle` is called. @throws SimulatorError why there is no session */
  start(): Promise<void> {
    const { signal } = this.#options;
    signal?.addEventListener("abort", this.#handleAbort, { once: true });
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#runner.start();
    });
  }

  /** The session stands. */
  settle(): void {
    this.#starting?.resolve();
    this.#starting = undefined;
  }

  close(_reason?: unknown): void {
    this.#runner.close();
  }

  pauseIntake(): void {
    this.#runner.pauseIntake();
  }

  resumeIntake(): void {
    this.#runner.resumeIntake();
  }

  /** Whether the server owes an answer. */
  owe(owed: boolean): void {
    this.#answers?.owe(owed);
  }

  #abort(): void {
    const error = cancelled("the session", this.#options.signal);
    if (this.#starting === undefined) return this.#owner.handleAbort(error);
    this.#giveUp(error);
  }

  #giveUp(error: SimulatorError): void {
    this.#starting?.reject(error);
    this.#starting = undefined;
    this.#runner.cancel();
  }

  #handleStatus(status: ConnectionStatus): void {
    const { logger } = this.#context;
    if (status.state === "up") {
      if (this.#wasUp) this.#answers?.handleResumed();
      this.#wasUp = true;
    }
    if (this.#starting === undefined) return this.#owner.handleControlStatus(status);
    tell(() => this.#options.onConnection?.({ channel: "control", status }));
    if (status.state !== "down" || status.phase !== "backingOff") return;
    logger.warn(`${this.#owner.label}: no session yet: ${status.reason ?? "no connection"}; trying again`);
    void this.#checkKey();
  }

  /** A browser doesn't show why an upgrade was refused: an HTTP call may. One is enough. */
  async #checkKey(): Promise<void> {
    if (this.#context.canPing || this.#isKeyChecked) return;
    this.#isKeyChecked = true;
    if (!(await this.#context.isKeyRefused()) || this.#starting === undefined) return;
    this.#giveUp(new SimulatorError("unauthorized", "the simulator refused the API key: check apiKey"));
  }

  #handleEnd(failure: Failure | undefined): void {
    this.#answers?.stop();
    this.#options.signal?.removeEventListener("abort", this.#handleAbort);
    const error = failure && this.#toError(failure);
    this.#starting?.reject(error ?? cancelled("starting the session"));
    this.#starting = undefined;
    this.#owner.handleControlEnd(error);
  }

  #toError(failure: Failure): SimulatorError {
    return this.#starting === undefined
      ? connectionFailure("controlFailed", "the control connection", failure)
      : startFailure(failure, this.#context.httpBase, this.#isAttach);
  }
}
