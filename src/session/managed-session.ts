import { ControlChannel } from "../channels/control.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { Failure } from "../connection/machine.js";
import { ConnectionRunner } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { cancelled, SimulatorError } from "../protocol/simulator-error.js";
import { AnswerWatch } from "./answer-watch.js";
import type { SessionContext } from "./context.js";
import { type CreateRequest, type CreateSession, toCreateRequest } from "./create-session.js";
import type { ControlLink, SessionCore, SessionEnd } from "./core.js";
import { SessionDriver } from "./driver.js";
import { connectionFailure, startFailure } from "./failures.js";

export interface StartOptions {
  /** Cancels the start; once the session stands, shuts it down. */
  signal?: AbortSignal;
  /** Told of each change of the control connection until the session stands: what the start waits for. */
  onConnection?: (change: { channel: string; status: ConnectionStatus }) => void;
}

/**
 * One backtest session, kept connected: its events, its steps, its subscriptions. Made by `BacktestClient.startSession`.
 *
 * @example
 * await using session = await client.startSession({ startSlot: 300_000_000n, slotCount: 100 });
 * session.subscribeTransactions([program]);
 * for await (const event of session.run()) {
 *   if (event.type === "transaction") console.log(event.transaction.slot);
 * }
 */
export class ManagedBacktestSession extends SessionDriver {
  /** Sessions are made by a `BacktestClient`. */
  constructor(context: SessionContext, toLink: (core: () => SessionCore) => ControlLink) {
    super(context, toLink);
  }
}

/**
 * Creates a session and resolves when the server has it.
 *
 * @throws SimulatorError `invalidParams`, `create`, `unauthorized`, `unreachable`, `cancelled`
 */
export async function startManagedSession(
  context: SessionContext,
  create: CreateSession,
  options: StartOptions = {},
): Promise<ManagedBacktestSession> {
  const request = toCreateRequest(create, context.platform);
  const { signal } = options;
  if (signal?.aborted) throw cancelled("starting the session", signal);
  let link: OwnControl | undefined;
  const session = new ManagedBacktestSession(context, (core) => {
    link = new OwnControl(context, request.request, core, options);
    return link;
  });
  const handleAbort = (): void => link?.abort(cancelled("the session", signal));
  signal?.addEventListener("abort", handleAbort, { once: true });
  void session.closed.then(() => signal?.removeEventListener("abort", handleAbort));
  await link?.start();
  return session;
}

/** The control connection of a session that has it to itself. */
class OwnControl implements ControlLink {
  readonly coordinator = undefined;
  readonly #context: SessionContext;
  readonly #core: () => SessionCore;
  readonly #channel: ControlChannel;
  readonly #runner: ConnectionRunner;
  readonly #options: StartOptions;
  readonly #answers: AnswerWatch | undefined;
  #info: SessionInfo | undefined;
  #created: { resolve(): void; reject(error: SimulatorError): void } | undefined;

  constructor(context: SessionContext, create: CreateRequest["request"], core: () => SessionCore, options: StartOptions) {
    this.#context = context;
    this.#core = core;
    this.#options = options;
    const { platform, reconnect, timeouts, liveness, redact } = context;
    this.#channel = new ControlChannel({
      httpBase: context.httpBase,
      session: { create },
      handshakeMs: timeouts.handshakeMs,
      target: () => context.controlTarget(),
      sink: {
        handleSession: (info) => this.#handleSession(info),
        handleEvent: (event, sequence) => {
          this.#answers?.handleInbound();
          core().handleControlEvent(event, sequence);
        },
        handleSimulationError: (message) => core().handleSimulationError(message),
        handleRepetition: () => core().handleControlRepetition(),
        handleResumed: (after) => {
          this.#answers?.handleResumed();
          core().handleControlResumed(after);
        },
      },
    });
    this.#runner = new ConnectionRunner(this.#channel, {
      platform,
      reconnect,
      timeouts,
      liveness,
      redact,
      handleTraffic: (size) => core().handleTraffic(size),
      handleStatus: (status) => this.#handleStatus(status),
      handleEnd: (failure) => this.#handleEnd(failure),
    });
    if (!context.canPing) this.#answers = new AnswerWatch(platform, liveness.deadlineMs, () => this.#runner.suspect());
  }

  get info(): SessionInfo {
    if (this.#info === undefined) throw new SimulatorError("controlClosed", "the session does not stand yet");
    return this.#info;
  }

  get label(): string {
    return this.#info === undefined ? "session" : `session ${this.#info.sessionId}`;
  }

  get status(): ConnectionStatus {
    return this.#runner.status;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#created = { resolve, reject };
      this.#runner.start();
    });
  }

  /** Before the session stands, ends the start; after that, the session. */
  abort(error: SimulatorError): void {
    if (this.#created === undefined) {
      void this.#core().leave({ reason: "shutdown", error });
      return;
    }
    this.#fail(error);
    this.#runner.cancel();
  }

  send(request: Parameters<ControlLink["send"]>[0]): boolean {
    return this.#channel.send(request);
  }

  close(reason: SessionEnd["reason"]): void {
    if (reason === "detached") this.#channel.keepSession();
    this.#runner.close();
  }

  pauseIntake(): void {
    this.#runner.pauseIntake();
  }

  resumeIntake(): void {
    this.#runner.resumeIntake();
  }

  handleOwed(owed: boolean): void {
    this.#answers?.owe(owed);
  }

  #handleSession(info: SessionInfo): void {
    this.#info = info;
    this.#context.logger.info(`${this.label}: ${this.#created === undefined ? "attached" : "created"}`);
    this.#created?.resolve();
    this.#created = undefined;
  }

  #handleStatus(status: ConnectionStatus): void {
    const { logger } = this.#context;
    logger.debug(`${this.label}: control is ${status.state}${status.state === "down" ? `, ${status.phase}` : ""}`);
    if (this.#created === undefined) return this.#core().handleControlStatus(status);
    this.#tellStart(status);
    if (status.state !== "down" || status.phase !== "backingOff") return;
    logger.warn(`${this.label}: no session yet: ${status.reason ?? "no connection"}; trying again`);
    void this.#tellRefusedKey();
  }

  /** A callback that throws is its owner's mistake: it is told as an uncaught error, and stops nothing here. */
  #tellStart(status: ConnectionStatus): void {
    try {
      this.#options.onConnection?.({ channel: "control", status });
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** A browser doesn't show why an upgrade was refused: an HTTP call may. */
  async #tellRefusedKey(): Promise<void> {
    if (this.#context.canPing || !(await this.#context.isKeyRefused()) || this.#created === undefined) return;
    this.#fail(new SimulatorError("unauthorized", "the simulator refused the API key: check apiKey"));
    this.#runner.cancel();
  }

  #handleEnd(failure: Failure | undefined): void {
    this.#answers?.stop();
    if (this.#created !== undefined) {
      const error = failure === undefined ? cancelled("starting the session") : startFailure(failure, this.#context.httpBase);
      this.#fail(error);
      return;
    }
    this.#core().handleControlEnd(failure && connectionFailure("controlFailed", "the control connection", failure));
  }

  #fail(error: SimulatorError): void {
    this.#created?.reject(error);
    this.#created = undefined;
    // Nobody will ever hold this session: its core is told too, so that nothing of it waits.
    this.#core().handleControlEnd(error);
  }
}
