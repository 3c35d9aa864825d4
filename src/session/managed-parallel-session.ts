import { EventEmitter } from "eventemitter3";
import type { ManagedEvent } from "../channels/managed-events.js";
import type { CreatedRun } from "../channels/parallel-control-channel.js";
import { ReconnectCoordinator } from "../connection/reconnect-coordinator.js";
import type { ConnectionStatus } from "../connection/status.js";
import { cancelled } from "../protocol/error-helpers.js";
import type { SimulatorError } from "../protocol/simulator-error.js";
import { BacktestSession } from "./backtest-session.js";
import type { SessionContext } from "./context.js";
import type { RunOptions } from "./continues/run.js";
import type { StartOptions } from "./control/control-connection.js";
import { ParallelControl } from "./control/parallel-control.js";
import type { SlotRange } from "./coverage.js";
import { type CreateSession, toCreateRequest } from "./create-options.js";
import { callListener } from "./events/call-listener.js";
import { type MergeableIterator, mergeEvents } from "./events/merge.js";
import { SessionEngine } from "./session-engine.js";

/** An event of a parallel run, and the sub-session that it belongs to. */
export interface ParallelEvent {
  subSession: ParallelSubSession;
  event: ManagedEvent;
}

/** A sub-session of a parallel run: a session with its own slots. A failed or slow one does not delay the others. */
export class ParallelSubSession extends BacktestSession {
  /** The slots that the server gave it, inclusive. */
  readonly range: SlotRange;

  /** @internal Sub-sessions are made by `BacktestClient.startParallelSession`. */
  constructor(context: SessionContext, engine: SessionEngine, range: SlotRange) {
    super(context, engine);
    this.range = range;
  }

  /** @internal For the run that merges its sub-sessions' events. */
  mergeable(run: RunOptions | undefined): MergeableIterator {
    return run === undefined ? this.engine.events.stream.iterate() : this.iterateRun(run);
  }
}

/** How a parallel run ended. */
export interface ParallelEnd {
  /** `completed`: every sub-session; `failed`: at least one, whose `closed` has the reason. */
  reason: "completed" | "shutdown" | "failed";
  error?: SimulatorError;
}

/** The run's own events. Its sub-sessions emit theirs. */
export interface ParallelEvents {
  /** A change of the control connection, which all sub-sessions share. */
  connection: (change: { channel: string; status: ConnectionStatus }) => void;
  close: (end: ParallelEnd) => void;
}

/** What a run needs of its control connection. */
interface RunControl {
  readonly status: ConnectionStatus;
  readonly ended: Promise<void>;
  onStatus(listener: (status: ConnectionStatus) => void): void;
}

/**
 * A range of slots that the server splits into sub-sessions, which run side by side. They share one control connection,
 * and each has its own subscriptions.
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
  /** Resolves with the end of the run, when all its connections are closed. Never rejects. */
  readonly closed: Promise<ParallelEnd>;
  readonly #control: RunControl;

  /** @internal Runs are made by a `BacktestClient`. */
  constructor(control: RunControl, run: CreatedRun, subSessions: readonly ParallelSubSession[]) {
    super();
    this.#control = control;
    this.controlSessionId = run.controlSessionId;
    if (run.controlSessionName !== undefined) this.controlSessionName = run.controlSessionName;
    this.subSessions = subSessions;
    control.onStatus((status) => callListener(() => this.emit("connection", { channel: "control", status })));
    this.closed = this.#awaitEnd();
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
   * Iterates over the events of all sub-sessions, taking turns; the order of each is kept. Goes on past one that fails,
   * and throws its error at the end.
   *
   * @throws SimulatorError `consumerBusy` from the first `next()` while a sub-session is being iterated over already
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ParallelEvent> {
    return this.#merge(undefined);
  }

  /** The same, with a continue at each stop of each sub-session. @throws SimulatorError `invalidParams` for a bad step */
  run(options: RunOptions = {}): AsyncIterableIterator<ParallelEvent> {
    return this.#merge(options);
  }

  /** Closes all sub-sessions on the server, and all connections. Resolves when nothing is open any more. */
  async shutdown(): Promise<void> {
    await Promise.all(this.subSessions.map((subSession) => subSession.shutdown()));
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #merge(run: RunOptions | undefined): AsyncIterableIterator<ParallelEvent> {
    return mergeEvents(this.subSessions.map((subSession) => ({ subSession, events: subSession.mergeable(run) })));
  }

  async #awaitEnd(): Promise<ParallelEnd> {
    const ends = await Promise.all(this.subSessions.map(({ closed }) => closed));
    await this.#control.ended;
    const worst = ends.find(({ reason }) => reason === "failed") ?? ends.find(({ reason }) => reason !== "completed");
    const end = (worst ?? { reason: "completed" }) as ParallelEnd;
    callListener(() => this.emit("close", end));
    return end;
  }
}

/**
 * Creates a parallel run and resolves when the server has all of its sub-sessions.
 *
 * @throws SimulatorError `invalidParams`, `create`, `unauthorized`, `unreachable`, `cancelled`; `protocol` if the server
 * is too old to report the slots of each sub-session
 */
export async function startParallelSession(
  context: SessionContext,
  create: CreateSession,
  options: StartOptions,
): Promise<ManagedParallelSession> {
  const { range: _, ...request } = toCreateRequest(create, context.platform, true);
  if (options.signal?.aborted) throw cancelled("starting the run", options.signal);
  const subSessions: ParallelSubSession[] = [];
  const control = new ParallelControl(context, {
    ...options,
    ...request,
    coordinator: options.coordinator ?? new ReconnectCoordinator(),
    openSubSession: (link) => {
      const engine = new SessionEngine(context, link);
      subSessions.push(new ParallelSubSession(context, engine, link.range));
      return engine;
    },
  });
  const run = await control.start();
  return new ManagedParallelSession(control, run, subSessions);
}
