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

/** An event of a parallel run, with its sub-session. */
export interface ParallelEvent {
  /** The sub-session that delivered the event. */
  subSession: ParallelSubSession;
  /** The event. */
  event: ManagedEvent;
}

/**
 * A sub-session of a parallel run: a session with its own range of slots. A failed or slow sub-session does not delay the others.
 *
 * The control connection of the run is never paused. `maxBufferedEvents` and `maxBufferedBytes` limit the notifications of a
 * sub-session, but not its control events. All control events are buffered until you read them. To buffer fewer control events,
 * read every sub-session, or pass `step` to `run()`. With `step`, a sub-session buffers the control events of at most one step.
 */
export class ParallelSubSession extends BacktestSession {
  /** The slots that the server has assigned to this sub-session, both ends inclusive. */
  readonly range: SlotRange;

  /** @internal Use `BacktestClient.startParallelSession` to create sub-sessions. */
  constructor(context: SessionContext, engine: SessionEngine, range: SlotRange) {
    super(context, engine);
    this.range = range;
  }

  /** @internal Used by the run to merge the events of its sub-sessions. */
  mergeable(run: RunOptions | undefined): MergeableIterator {
    return run === undefined ? this.engine.events.stream.iterate() : this.iterateRun(run);
  }
}

/** How a parallel run ended. */
export interface ParallelEnd {
  /**
   * `completed`: every sub-session has completed. `failed`: at least one sub-session has failed, and its `closed` promise has the
   * reason. `shutdown`: at least one sub-session was shut down, and none has failed.
   */
  reason: "completed" | "shutdown" | "failed";
  /** The error that ended the run. Present if `reason` is `failed`, or if an AbortSignal caused a shutdown. */
  error?: SimulatorError;
}

/** The run's own events. Each sub-session emits its own events. */
export interface ParallelEvents {
  /** A change of the control connection, which all sub-sessions share. */
  connection: (change: { channel: string; status: ConnectionStatus }) => void;
  /** The run has ended, and its connections are closed. */
  close: (end: ParallelEnd) => void;
}

/** The control connection of a parallel run. */
interface RunControl {
  readonly status: ConnectionStatus;
  readonly ended: Promise<void>;
  onStatus(listener: (status: ConnectionStatus) => void): void;
}

/**
 * A parallel run: the server splits a range of slots into sub-sessions, which run at the same time. They share one control
 * connection, but each has its own subscriptions.
 *
 * @example
 * const run = await client.startParallelSession({ startSlot, endSlot });
 * for (const subSession of run.subSessions) subSession.subscribeTransactions([program]);
 * for await (const { subSession, event } of run.run()) {
 *   if (event.type === "transaction") console.log(subSession.range.startSlot, event.transaction.slot);
 * }
 */
export class ManagedParallelSession extends EventEmitter<ParallelEvents> implements AsyncIterable<ParallelEvent> {
  /** The id of the run on the server. */
  readonly controlSessionId: string;
  /** The name of the run, if it has one. */
  readonly controlSessionName?: string;
  /** The sub-sessions, in the order of their ranges. */
  readonly subSessions: readonly ParallelSubSession[];
  /** Resolves with how the run ended, when all its connections are closed. Never rejects. */
  readonly closed: Promise<ParallelEnd>;
  readonly #control: RunControl;

  /** @internal A `BacktestClient` creates runs. */
  constructor(control: RunControl, run: CreatedRun, subSessions: readonly ParallelSubSession[]) {
    super();
    this.#control = control;
    this.controlSessionId = run.controlSessionId;
    if (run.controlSessionName !== undefined) this.controlSessionName = run.controlSessionName;
    this.subSessions = subSessions;
    control.onStatus((status) => callListener(() => this.emit("connection", { channel: "control", status })));
    this.closed = this.#awaitEnd();
  }

  /** The state of the control connection. */
  get connection(): ConnectionStatus {
    return this.#control.status;
  }

  /** The progress of the run, in slots of all sub-sessions together. */
  get progress(): { done: bigint; total: bigint } {
    return this.subSessions.reduce(
      ({ done, total }, { progress }) => ({ done: done + progress.done, total: total + progress.total }),
      { done: 0n, total: 0n },
    );
  }

  /**
   * Iterates over the events of all sub-sessions, which take turns. The events of each sub-session keep their order. If a
   * sub-session fails, the iteration continues with the others and throws the error at the end.
   *
   * @throws SimulatorError `consumerBusy` on the first `next()`, if a sub-session already has an active iterator
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ParallelEvent> {
    return this.#merge(undefined);
  }

  /**
   * Iterates over the events of all sub-sessions, and sends a continue request at each stop of each sub-session.
   *
   * @throws SimulatorError `invalidParams` for an invalid step
   */
  run(options: RunOptions = {}): AsyncIterableIterator<ParallelEvent> {
    return this.#merge(options);
  }

  /** Closes all sub-sessions on the server, and all connections. Resolves when everything is closed. */
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
 * Creates a parallel run. Resolves when the server has created all of its sub-sessions.
 *
 * @throws SimulatorError `invalidParams`, `create`, `unauthorized`, `unreachable`, `cancelled`; `protocol` if the server is too old
 * to report the slots of each sub-session
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
