import { ControlChannel, type ControlOptions } from "../channels/control.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { ConnectionStatus } from "../connection/status.js";
import { loadPart } from "../protocol/load-part.js";
import { cancelled, SimulatorError } from "../protocol/simulator-error.js";
import type { ResumedState, SessionCheckpoint } from "./checkpoint.js";
import type { SessionContext } from "./context.js";
import type { ContinueRequest } from "./continue-params.js";
import { ControlConnection, type StartOptions } from "./control-connection.js";
import type { ControlLink, SessionCore, SessionEnd } from "./core.js";
import type { SlotRange } from "./coverage.js";
import { type CreateSession, toCreateRequest } from "./create-session.js";
import { SessionDriver } from "./driver.js";

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
  constructor(context: SessionContext, link: ControlLink, handleCore: (core: SessionCore) => void, resumed?: ResumedState) {
    super(context, link, handleCore, resumed);
  }

  /**
   * What was delivered so far, as plain JSON: `BacktestClient.resumeSession` goes on from it, here or elsewhere. What is
   * delivered after it comes again then.
   */
  checkpoint(): SessionCheckpoint {
    return this.core.checkpoint();
  }

  /**
   * Leaves without closing: the server keeps the session for its disconnect timeout. Events that nobody took are let go
   * of; they come again to who resumes. Resolves when nothing is open any more.
   */
  async detach(): Promise<SessionCheckpoint> {
    const checkpoint = this.checkpoint();
    await this.core.leave({ reason: "detached" });
    return checkpoint;
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
  options: StartOptions,
): Promise<ManagedBacktestSession> {
  const { request, range } = await toCreateRequest(create, context.platform);
  return start(context, range, { create: request }, options);
}

/**
 * Comes back to a session where a checkpoint was made, and subscribes again to what it was subscribed to.
 *
 * @throws SimulatorError `invalidParams` for what is no checkpoint, `controlFailed` if the session is gone, `sessionBusy` if
 * somebody else holds it, `unauthorized`, `unreachable`, `cancelled`
 */
export async function resumeManagedSession(
  context: SessionContext,
  checkpoint: SessionCheckpoint,
  options: StartOptions,
): Promise<ManagedBacktestSession> {
  const { readCheckpoint } = await loadPart("checkpoint-reader", import("./checkpoint-reader.js"));
  const resumed = readCheckpoint(checkpoint);
  const { range, sessionId, sequence } = resumed;
  return start(context, range, { sessionId, last: sequence }, options, resumed);
}

async function start(
  context: SessionContext,
  range: SlotRange,
  session: ControlOptions["session"],
  options: StartOptions,
  resumed?: ResumedState,
): Promise<ManagedBacktestSession> {
  if (options.signal?.aborted) throw cancelled("starting the session", options.signal);
  const link = new OwnControl(context, range, session, options);
  const managed = new ManagedBacktestSession(
    context,
    link,
    (core) => {
      link.core = core;
      // Before anything can complete: a session that ended meanwhile still has streams to bring to their ends.
      for (const spec of resumed?.open ?? []) link.whenStanding(() => core.subscribe(spec));
    },
    resumed,
  );
  await link.start();
  return managed;
}

/** The control connection of a session that has it to itself. */
class OwnControl implements ControlLink {
  readonly range: SlotRange;
  readonly coordinator = undefined;
  readonly #context: SessionContext;
  readonly #session: ControlOptions["session"];
  readonly #channel: ControlChannel;
  readonly #connection: ControlConnection;
  #core: SessionCore | undefined;
  #info: SessionInfo | undefined;
  #toDo: (() => void)[] = [];

  constructor(context: SessionContext, range: SlotRange, session: ControlOptions["session"], options: StartOptions) {
    this.range = range;
    this.#session = session;
    this.#context = context;
    this.#channel = new ControlChannel({
      httpBase: context.httpBase,
      session,
      handshakeMs: context.timeouts.handshakeMs,
      target: () => context.controlTarget(),
      sink: {
        handleSession: (info) => this.#handleSession(info),
        handleControlEvent: (event, sequence) => this.core.handleControlEvent(event, sequence),
        handleControlRepetition: () => this.core.handleControlRepetition(),
        handleControlResumed: (after) => this.core.handleControlResumed(after),
        handleSimulationError: (message) => this.core.handleSimulationError(message),
      },
    });
    this.#connection = new ControlConnection(
      context,
      this.#channel,
      {
        label: () => this.label,
        handleTraffic: (size) => this.core.handleTraffic(size),
        handleStatus: (status) => this.core.handleControlStatus(status),
        handleEnd: (error) => this.core.handleControlEnd(error),
        handleAbort: (error) => void this.core.leave({ reason: "shutdown", error }),
      },
      options,
      "sessionId" in session,
    );
  }

  get core(): SessionCore {
    if (this.#core === undefined) throw new Error("the session's core is set before its control connection starts");
    return this.#core;
  }

  set core(core: SessionCore) {
    this.#core = core;
  }

  get info(): SessionInfo {
    if (this.#info === undefined) throw new SimulatorError("controlClosed", "the session does not stand yet");
    return this.#info;
  }

  get label(): string {
    return this.#info === undefined ? "session" : `session ${this.#info.sessionId}`;
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  start(): Promise<void> {
    return this.#connection.start();
  }

  /** Does something as soon as the session's endpoints are known. */
  whenStanding(toDo: () => void): void {
    this.#toDo.push(toDo);
  }

  send(request: ContinueRequest): boolean {
    return this.#channel.send(request);
  }

  close(reason: SessionEnd["reason"]): void {
    if (reason === "detached") this.#channel.keepSession();
    this.#connection.close();
  }

  pauseIntake(): void {
    this.#connection.pauseIntake();
  }

  resumeIntake(): void {
    this.#connection.resumeIntake();
  }

  owe(owed: boolean): void {
    this.#connection.owe(owed);
  }

  #handleSession(info: SessionInfo): void {
    this.#info = info;
    this.#context.logger.info(
      `${this.label}: ${"sessionId" in this.#session || !this.#connection.isStarting ? "attached" : "created"}`,
    );
    for (const toDo of this.#toDo.splice(0)) toDo();
    this.#connection.settle();
  }
}
