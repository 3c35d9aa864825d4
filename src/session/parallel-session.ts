import { EventEmitter } from "eventemitter3";
import type { ManagedEvent } from "../channels/managed-events.js";
import { type CreatedRun, type CreatedSubSession, ParallelControlChannel } from "../channels/parallel-control-channel.js";
import type { SessionInfo } from "../channels/session-info.js";
import { ReconnectCoordinator } from "../connection/coordinator.js";
import type { ConnectionStatus } from "../connection/status.js";
import { cancelled, type SimulatorError } from "../protocol/simulator-error.js";
import type { SessionContext } from "./context.js";
import type { ContinueRequest } from "./continue-params.js";
import { ControlConnection, type StartOptions } from "./control-connection.js";
import type { ControlLink, SessionCore, SessionEnd, ToLink } from "./core.js";
import type { SlotRange } from "./coverage.js";
import { type CreateSession, toCreateRequest } from "./create-session.js";
import { SessionDriver } from "./driver.js";
import { type MergeSource, mergeEvents } from "./merge.js";
import { type RunOptions, runToEnd } from "./run.js";
import { tell } from "./tell.js";

/** An event of a parallel run, and the sub-session that it is of. */
export interface ParallelEvent {
  subSession: ParallelSubSession;
  event: ManagedEvent;
}

/** One part of a parallel run: all that a session can, on slots of its own. A failed or slow one holds up no other. */
export class ParallelSubSession extends SessionDriver {
  /** The slots that the server gave it, inclusive. */
  readonly range: SlotRange;

  /** Sub-sessions are made by `BacktestClient.startParallelSession`. */
  constructor(context: SessionContext, toLink: ToLink) {
    super(context, toLink);
    this.range = this.link.range;
  }
}

/** How a parallel run ended. */
export interface ParallelEnd {
  /** `completed`: every sub-session; `failed`: at least one, whose `closed` tells why. */
  reason: "completed" | "shutdown" | "failed";
  error?: SimulatorError;
}

/** The run's own events; those of its sub-sessions are theirs. */
export interface ParallelEvents {
  /** A change of the control connection, which all sub-sessions share. */
  connection: (change: { channel: string; status: ConnectionStatus }) => void;
  close: (end: ParallelEnd) => void;
}

/**
 * A range of slots that the server splits into parts, which run side by side. One control connection for all; each part
 * has subscriptions of its own.
 *
 * @example
 * const run = await client.startParallelSession({ startSlot, endSlot });
 * for (const subSession of run.subSessions) subSession.subscribeTransactions([program]);
 * for await (const { subSession, event } of run.run()) {
 *   if (event.type === "transaction") console.log(subSession.range.startSlot, event.transaction.slot);
 * }
 */
export class ManagedParallelSession extends EventEmitter<ParallelEvents> implements AsyncIterable<ParallelEvent> {
  readonly controlSessionId: string;
  readonly controlSessionName?: string;
  readonly subSessions: readonly ParallelSubSession[];
  /** How the run ended, once nothing of it is open any more. Never rejects. */
  readonly closed: Promise<ParallelEnd>;
  readonly #control: SharedControl;

  /** Runs are made by a `BacktestClient`. */
  constructor(control: SharedControl, run: CreatedRun, subSessions: readonly ParallelSubSession[]) {
    super();
    this.#control = control;
    this.controlSessionId = run.controlSessionId;
    if (run.controlSessionName !== undefined) this.controlSessionName = run.controlSessionName;
    this.subSessions = subSessions;
    this.closed = this.#awaitEnd();
    control.handleStatus = (status) => tell(() => this.emit("connection", { channel: "control", status }));
  }

  /** The control connection. */
  get connection(): ConnectionStatus {
    return this.#control.status;
  }

  /** How far the run has come, in slots of all sub-sessions together. */
  get progress(): { done: bigint; total: bigint } {
    return this.subSessions.reduce(
      ({ done, total }, { progress }) => ({ done: done + progress.done, total: total + progress.total }),
      { done: 0n, total: 0n },
    );
  }

  /**
   * The events of all sub-sessions, in turns among those that have some; each one's order is kept. Goes on past one that
   * fails, and throws its error at the end.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ParallelEvent> {
    return this.#merge((subSession) => ({ events: subSession[Symbol.asyncIterator](), prepare: () => {} }));
  }

  /** The same, with a continue at each stop of each sub-session. @throws SimulatorError `invalidParams` for a bad step */
  run(options: RunOptions = {}): AsyncIterableIterator<ParallelEvent> {
    return this.#merge((_, { flow, continues }) => {
      const events = runToEnd(flow, continues, options);
      return { events, prepare: events.prepare };
    }, options.signal);
  }

  /** Closes all sub-sessions on the server, and all connections. Resolves when nothing is open any more. */
  async shutdown(): Promise<void> {
    await Promise.all(this.subSessions.map((subSession) => subSession.shutdown()));
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #merge(
    iterate: (subSession: ParallelSubSession, core: SessionCore) => Pick<MergeSource<unknown>, "events" | "prepare">,
    signal?: AbortSignal,
  ): AsyncIterableIterator<ParallelEvent> {
    const { cores } = this.#control;
    return mergeEvents(
      this.subSessions.map((subSession, index) => {
        const core = cores[index] as SessionCore;
        return {
          ...iterate(subSession, core),
          subSession,
          isReady: () => core.flow.isReady || signal?.aborted === true,
          watch: (handleReady) => {
            const stop = core.flow.watch(handleReady);
            signal?.addEventListener("abort", handleReady, { once: true });
            return () => {
              stop();
              signal?.removeEventListener("abort", handleReady);
            };
          },
        };
      }),
    );
  }

  async #awaitEnd(): Promise<ParallelEnd> {
    const ends = await Promise.all(this.subSessions.map(({ closed }) => closed));
    await this.#control.ended;
    const worst = ends.find(({ reason }) => reason === "failed") ?? ends.find(({ reason }) => reason !== "completed");
    const end = (worst ?? { reason: "completed" }) as ParallelEnd;
    tell(() => this.emit("close", end));
    return end;
  }
}

/**
 * Creates a parallel run and resolves when the server has all of its sub-sessions.
 *
 * @throws SimulatorError `invalidParams`, `create`, `unauthorized`, `unreachable`, `cancelled`; `protocol` if the server is
 * too old to say which slots each sub-session has
 */
export async function startParallelSession(
  context: SessionContext,
  create: CreateSession,
  options: StartOptions,
): Promise<ManagedParallelSession> {
  const { request } = toCreateRequest(create, context.platform, true);
  if (options.signal?.aborted) throw cancelled("starting the run", options.signal);
  const coordinator = new ReconnectCoordinator();
  const control = new SharedControl(context, options, (shared) => {
    const channel = new ParallelControlChannel({
      httpBase: context.httpBase,
      create: request,
      createMs: context.timeouts.parallelCreateMs,
      handshakeMs: context.timeouts.handshakeMs,
      target: () => context.controlTarget(),
      handleRun: (run) => {
        shared.stand(
          run,
          run.subSessions.map((created) => new SubLink(shared, channel, created, coordinator)),
        );
        return shared.cores;
      },
      handleStray: (reason) => context.logger.warn(`a frame of no sub-session was skipped: ${reason}`),
    });
    return channel;
  });
  return control.start();
}

/** The control connection of a run, and who follows it. */
class SharedControl {
  readonly ended: Promise<void>;
  handleStatus: (status: ConnectionStatus) => void = () => {};
  readonly #context: SessionContext;
  readonly #connection: ControlConnection;
  readonly #owed = new Set<SubLink>();
  #cores: SessionCore[] = [];
  #session: ManagedParallelSession | undefined;
  #settleEnded = (): void => {};

  constructor(context: SessionContext, options: StartOptions, toChannel: (shared: SharedControl) => ParallelControlChannel) {
    this.#context = context;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    this.#connection = new ControlConnection(
      context,
      toChannel(this),
      {
        label: "parallel run",
        handleTraffic: () => {},
        handleControlStatus: (status) => {
          this.handleStatus(status);
          for (const core of this.#cores) core.handleControlStatus(status);
        },
        handleControlEnd: (error) => {
          for (const core of this.#cores) core.handleControlEnd(error);
          this.#settleEnded();
        },
        handleAbort: (error) => {
          for (const core of this.#cores) void core.leave({ reason: "shutdown", error });
        },
      },
      options,
    );
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get cores(): readonly SessionCore[] {
    return this.#cores;
  }

  async start(): Promise<ManagedParallelSession> {
    await this.#connection.start();
    // It has been made by the time that the start is settled.
    return this.#session as ManagedParallelSession;
  }

  /** The server has all sub-sessions. */
  stand(run: CreatedRun, links: readonly SubLink[]): void {
    this.#cores = [];
    const subSessions = links.map(
      (link) =>
        new ParallelSubSession(this.#context, (core) => {
          this.#cores.push(core);
          return link.adopt(core);
        }),
    );
    this.#session = new ManagedParallelSession(this, run, subSessions);
    this.#context.logger.info(`${run.controlSessionId}: ${links.length} sub-sessions stand`);
    this.#connection.settle();
  }

  owe(link: SubLink, owed: boolean): void {
    if (owed) this.#owed.add(link);
    else this.#owed.delete(link);
    this.#connection.owe(this.#owed.size > 0);
  }
}

/** A sub-session's part in the shared connection. It is never paused: a slow sub-session must hold up no other. */
class SubLink implements ControlLink {
  readonly info: SessionInfo;
  readonly range: SlotRange;
  readonly label: string;
  readonly coordinator: { gate: ReconnectCoordinator; owner: unknown };
  readonly #shared: SharedControl;
  readonly #channel: ParallelControlChannel;
  #core: SessionCore | undefined;

  constructor(shared: SharedControl, channel: ParallelControlChannel, created: CreatedSubSession, gate: ReconnectCoordinator) {
    const { info, startSlot, endSlot } = created;
    this.info = info;
    this.range = { startSlot, endSlot };
    this.label = `session ${info.sessionId}`;
    this.coordinator = { gate, owner: this };
    this.#shared = shared;
    this.#channel = channel;
  }

  adopt(core: SessionCore): this {
    this.#core = core;
    return this;
  }

  get status(): ConnectionStatus {
    return this.#shared.status;
  }

  send(request: ContinueRequest): boolean {
    const { sessionId } = this.info;
    return this.#channel.send(
      request.method === "continue"
        ? { method: "continueSessionV1", params: { sessionId, request: request.params } }
        : { method: "continueToSessionV1", params: { sessionId, request: request.params } },
    );
  }

  close(_reason: SessionEnd["reason"]): void {
    this.#channel.leave(this.info.sessionId);
    this.#core?.handleControlEnd(undefined);
  }

  pauseIntake(): void {}

  resumeIntake(): void {}

  owe(owed: boolean): void {
    this.#shared.owe(this, owed);
  }
}
