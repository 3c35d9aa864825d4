import { BacktestClient } from "../../src/client/backtest-client.js";
import type { SimulatorErrorCode } from "../../src/protocol/simulator-error.js";
import type { SessionCheckpoint } from "../../src/session/checkpoint/session-checkpoint.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import type { ManagedParallelSession } from "../../src/session/managed-parallel-session.js";
import { ManagedSubscription } from "../../src/session/managed-subscription.js";
import type { Subscription } from "../../src/session/subscription.js";
import type { Connection } from "./connection.js";
import { type AnySession, consume } from "./consumers.js";
import { FaultInjection } from "./fault-injection.js";
import { drawFaults, type ScriptedFault } from "./fault-script.js";
import { drawScenario, type Scenario, type SubscriptionPlan } from "./scenario.js";
import { SeededRandom } from "./seeded-random.js";
import { type OracleState, SessionOracle } from "./session-oracle.js";
import { HOST, SimulatedNetwork } from "./simulated-network.js";
import { SimulatedProcess } from "./simulated-process.js";
import { Trace } from "./trace.js";
import { VirtualClock } from "./virtual-clock.js";

/** The result of a simulation. */
export interface Outcome {
  seed: number;
  scenario: Scenario;
  faults: ScriptedFault[];
  /** The names of the faults that were injected before the simulation ended. */
  injected: readonly string[];
  /** Descriptions of the violated invariants. Empty if all invariants hold. */
  violations: string[];
  trace: readonly string[];
  hash: string;
  /** Number of executed tasks. */
  steps: number;
  /** Number of frames that reached the client. */
  frames: number;
  virtualMs: number;
}

/** The time limit of a simulation, in ms of virtual time. The limit is longer than all delays that the faults can cause. */
const LIMIT_MS = 3 * 3_600_000;
/** The limit of tasks in a simulation. Most simulations need a few hundred. Only an endless timer loop exceeds it. */
const LIMIT_STEPS = 300_000;
/** The time limit for closing a session or a client, in ms: the option `timeouts.closeMs` plus the network delay. */
const CLOSE_MS = 8_000;
/** The time limit for a start, in ms: several handshakes and the reconnect budget. */
const START_MS = 3_600_000;
/** Number of tasks between two checks of the buffers. */
const TASKS_A_LOOK = 10;
/** How many more events can arrive after the buffer of a session has reached its limit. */
const INTAKE_SLACK = 8;
const INTAKE_SLACK_BYTES = 16_000;
/**
 * The largest number of control events in one step of a sub-session. A parallel run buffers all these events, even above the
 * buffer limit.
 */
const UNPAUSED_EVENTS = 40;

/** The buffer sizes of a session at one call of `#checkBuffers`. */
interface BufferLook {
  readonly events: number;
  /** Number of buffered events at the first check after a connect. These events include the replay. */
  readonly replayedEvents: number;
  readonly replayedBytes: number;
}

/** Whether subscriptions are iterable. Client versions before 0.2 have no iterable subscriptions. */
const HAS_ITERABLE_SUBSCRIPTIONS = Symbol.asyncIterator in ManagedSubscription.prototype;

/** One process with a client, and its session or run. */
export interface Actor {
  process: SimulatedProcess;
  client: BacktestClient;
  session?: ManagedBacktestSession;
  run?: ManagedParallelSession;
  /** The oracles of the sessions of this process, by session id. */
  oracles: Map<string, SessionOracle>;
  /** Whether the user of this process ended its session or run. */
  wasStopped: boolean;
  isOver: boolean;
  /** The error codes with which this actor is allowed to fail. */
  mayFail: Set<SimulatorErrorCode>;
}

/** A simulation of one seed: its world, its faults and its checks. */
export class Simulation {
  readonly clock = new VirtualClock();
  readonly trace = new Trace(this.clock);
  readonly scenario: Scenario;
  readonly faults: ScriptedFault[];
  readonly network: SimulatedNetwork;
  readonly actors: Actor[] = [];
  /** The error codes with which every session is allowed to fail after an unrecoverable fault. */
  readonly mayFail = new Set<SimulatorErrorCode>();
  wasEvicted = false;
  readonly random: SeededRandom;
  readonly #seed: number;
  readonly #violations: string[] = [];
  readonly #deadlines = new Set<{ what: string; at: number }>();
  /** Number of continue requests that users sent without `run()`. */
  #continues = 0;
  /** Number of continue requests that clients sent, whether they arrived or not. */
  #written = 0;
  /** Number of delivered stops (`readyForContinue` or `paused`). After each stop, `run()` sends a continue request. */
  #stops = 0;
  /** Number of `continueUncertain` events. For each of these events, `run()` is allowed to resend one continue request. */
  #uncertain = 0;
  #pending = 0;
  /** The buffers of each session with an open control connection, at the last check. */
  readonly #buffered = new Map<AnySession, BufferLook>();

  /** @param kept the indices of the faults to inject. @default all faults */
  constructor(seed: number, kept?: readonly number[]) {
    this.#seed = seed;
    this.random = new SeededRandom(`simulation ${seed}`);
    this.scenario = drawScenario(this.random.fork("scenario"), HAS_ITERABLE_SUBSCRIPTIONS);
    const script = drawFaults(this.random.fork("faults"), this.scenario);
    this.faults = kept === undefined ? script : script.filter((_, index) => kept.includes(index));
    this.network = new SimulatedNetwork(this.clock, this.random.fork("network"), this.trace, this.scenario);
    this.network.onWritten = (text) => {
      if (CONTINUE.test(text)) this.#written++;
    };
    this.network.onRequest = (connection, text) => this.#checkRequest(connection, text);
  }

  async run(): Promise<Outcome> {
    const { trace } = this;
    trace.add(`world ${JSON.stringify(this.scenario)}`);
    const injection = new FaultInjection(this);
    injection.schedule(this.faults);
    this.begin((actor) => this.#start(actor));
    const isOver = (): boolean => {
      this.#checkBuffers();
      if (this.clock.steps > LIMIT_STEPS) this.violation(`nothing ended within ${LIMIT_STEPS} tasks`);
      return this.#pending === 0 || this.#violations.length > 0;
    };
    if (!(await this.clock.run(LIMIT_MS, isOver))) {
      this.violation(
        `nothing ended within ${LIMIT_MS / 60_000} minutes: ${[...this.#deadlines].map(({ what }) => what).join(", ")}`,
      );
    }
    if (this.#violations.length === 0) await this.#checkEnd();
    await this.#closeNetwork();
    for (const line of this.#violations) trace.add(`WRONG ${line}`);
    return {
      seed: this.#seed,
      scenario: this.scenario,
      faults: this.faults,
      injected: injection.injected,
      violations: this.#violations,
      trace: trace.lines,
      hash: trace.hash,
      steps: this.clock.steps,
      frames: this.network.frames,
      virtualMs: this.clock.now,
    };
  }

  violation(text: string): void {
    this.#violations.push(text);
  }

  /** Starts a process with a client, and checks that it ends. */
  begin(work: (actor: Actor) => Promise<void>): void {
    const name = `client ${this.actors.length}`;
    const process = new SimulatedProcess(name, this.scenario.hasPage, this.clock, this.random.fork(name), this.network);
    const log = (level: string) => (message: string) => this.trace.add(`log   ${name} ${level} ${message}`);
    const client = new BacktestClient({
      url: `ws://${HOST}`,
      platform: process,
      logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
      ...(this.scenario.client as object),
    });
    const actor: Actor = { process, client, oracles: new Map(), wasStopped: false, isOver: false, mayFail: new Set() };
    this.actors.push(actor);
    this.#pending++;
    work(actor)
      .catch((error: unknown) => this.violation(`${name} threw ${String((error as Error).stack)}`))
      .finally(() => this.abandoned(actor));
  }

  /** Notes that an actor has ended, or was killed. */
  abandoned(actor: Actor): void {
    if (actor.isOver) return;
    actor.isOver = true;
    this.#pending--;
  }

  /** Keeps the simulation running until the returned function is called. */
  hold(): () => void {
    this.#pending++;
    return () => {
      this.#pending--;
    };
  }

  /** Fails the simulation if a promise has not settled in time. Time in which the process was frozen or dead is not counted. */
  watch<T>(actor: Actor, what: string, ms: number, promise: Promise<T>): Promise<T> {
    const deadline = { what, at: this.clock.now + ms };
    this.#deadlines.add(deadline);
    const isDue = (): void => {
      if (!this.#deadlines.has(deadline) || actor.process.isDead) return;
      if (actor.process.isRunning) this.violation(`${what} did not settle within ${ms} ms`);
      else this.clock.add(ms, isDue);
    };
    this.clock.add(ms, isDue);
    return promise.finally(() => this.#deadlines.delete(deadline));
  }

  note(actor: Actor, text: string): void {
    this.trace.add(`user  ${actor.process.name} ${text}`);
  }

  /** Resumes a session from a checkpoint and consumes the remaining events. */
  async resume(actor: Actor, checkpoint: SessionCheckpoint, state: OracleState, from: SessionOracle): Promise<void> {
    this.note(actor, `resumes ${JSON.stringify(checkpoint)}`);
    const session = await this.#started(actor, "resumeSession", actor.client.resumeSession(checkpoint));
    if (session === undefined) return;
    actor.session = session;
    const oracle = from.resumed(state, checkpoint.subscriptions);
    actor.oracles.set(session.info.sessionId, oracle);
    await this.#consume(actor, session, oracle, { isAtStop: checkpoint.atStop, isResumed: true });
    await this.#finish(actor);
  }

  async #start(actor: Actor): Promise<void> {
    const { create, isParallel } = this.scenario;
    if (isParallel) {
      const run = await this.#started(actor, "startParallelSession", actor.client.startParallelSession(create));
      if (run === undefined) return;
      actor.run = run;
      await Promise.all(run.subSessions.map((session) => this.#drive(actor, session)));
      await this.#closed(actor, "the run's closed", run.closed, run);
    } else {
      const session = await this.#started(actor, "startSession", actor.client.startSession(create));
      if (session === undefined) return;
      actor.session = session;
      await this.#drive(actor, session);
    }
    await this.#finish(actor);
  }

  async #started<T>(actor: Actor, what: string, starting: Promise<T>): Promise<T | undefined> {
    try {
      const started = await this.watch(actor, what, START_MS, starting);
      this.note(actor, `${what} resolved`);
      return started;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      this.note(actor, `${what} rejected with ${code}: ${message}`);
      this.#checkFailure(actor, what, code, message);
      await this.#finish(actor);
      return undefined;
    }
  }

  #drive(actor: Actor, session: AnySession): Promise<void> {
    const { sessionId } = session.info;
    const oracle = new SessionOracle(() => this.network.record(sessionId));
    actor.oracles.set(sessionId, oracle);
    const [first, late] = [0, 1].map((isLate) =>
      this.scenario.subscriptions.filter(({ afterEvents }) => (afterEvents > 0 ? 1 : 0) === isLate),
    );
    for (const plan of first ?? []) subscribe(session, oracle, plan);
    return this.#consume(actor, session, oracle, { isAtStop: false, isResumed: false }, late);
  }

  async #consume(
    actor: Actor,
    session: AnySession,
    oracle: SessionOracle,
    position: { isAtStop: boolean; isResumed: boolean },
    late: readonly SubscriptionPlan[] = [],
  ): Promise<void> {
    const waiting = [...late];
    void session.closed.then(({ reason }) => {
      // `closed` resolves a few microtasks before the consumer receives `completed`, so this check runs in a later task.
      this.clock.add(0, () => {
        if (reason === "completed" && !oracle.isCompleted) this.violation("closed resolved before completed was delivered");
      });
    });
    session.on("connection", ({ channel, status }) => {
      const phase = status.state === "down" ? ` ${status.phase} ${status.attempt} ${status.reason ?? ""}` : "";
      this.note(actor, `${channel} is ${status.state}${phase}`);
    });
    const code = await consume(session, {
      scenario: this.scenario,
      process: actor.process,
      random: this.random.fork(`consumer ${this.actors.length} ${session.info.sessionId}`),
      ...position,
      continuing: () => this.#continues++,
      note: (text) => this.note(actor, text),
      isCompleted: () => oracle.isCompleted,
      deliver: (event, isOwnStream = false) => {
        const problem = oracle.deliver(event, isOwnStream);
        this.trace.add(`event ${event.type}${event.type === "continuity" ? ` ${event.kind}` : ""}`);
        if (event.type === "continuity" && event.kind === "continueUncertain") this.#uncertain++;
        if (event.type === "readyForContinue" || event.type === "paused") this.#stops++;
        if (problem !== undefined) this.violation(problem);
        for (const plan of waiting.splice(0)) {
          if (oracle.events < plan.afterEvents || event.type === "completed") waiting.push(plan);
          else this.#subscribeLate(actor, session, oracle, plan);
        }
      },
    });
    const end = await this.#closed(actor, `closed after ${code ?? "the end"}`, session.closed, session);
    this.note(actor, `closed: ${end.reason} ${end.error?.code ?? ""} ${end.error?.message ?? ""}`);
    this.#checkSessionEnd(actor, oracle, end, code);
  }

  #subscribeLate(actor: Actor, session: AnySession, oracle: SessionOracle, plan: SubscriptionPlan): void {
    try {
      const subscription = subscribe(session, oracle, plan);
      // The session may already be complete. `ready` then rejects, and no events are expected.
      subscription.ready.catch(() => oracle.unsubscribed(plan.kind, plan.filters));
    } catch (error) {
      this.note(actor, `a late subscription was refused: ${(error as Error).message}`);
      // In the consumer styles `SEPARATE`, `completed` can be delivered before the subscribe call, which is then refused.
      const isExpected = SEPARATE.has(this.scenario.consumer) || actor.wasStopped || this.mayFail.size + actor.mayFail.size > 0;
      if (HAS_ITERABLE_SUBSCRIPTIONS && !isExpected)
        this.violation(`a subscription was refused before everything was delivered: ${(error as Error).message}`);
    }
  }

  /** Waits for `closed` of a session or run. If `closed` does not resolve within `CLOSE_MS`, the simulation fails. */
  #closed<T>(actor: Actor, what: string, closed: Promise<T>, _of: object): Promise<T> {
    return this.watch(actor, what, CLOSE_MS, closed);
  }

  async #finish(actor: Actor): Promise<void> {
    await this.watch(actor, "the client's close()", CLOSE_MS, actor.client.close());
    const { timers } = actor.process;
    if (timers.size > 0) this.violation(`${timers.size} timers are set after the client was closed`);
  }

  #checkSessionEnd(
    actor: Actor,
    oracle: SessionOracle,
    end: { reason: string; error?: { code: string; message: string } | undefined },
    code: string | undefined,
  ): void {
    if (code?.startsWith("not a")) this.violation(code);
    const { reason, error } = end;
    if (reason === "failed") {
      this.#checkFailure(actor, "the session", error?.code, error?.message ?? "");
    } else if (reason === "completed") {
      if (!oracle.isCompleted) this.violation("the session ended as completed, and completed was not delivered");
    } else if (!actor.wasStopped) {
      this.violation(`the session ended as ${reason}, without a request`);
    }
    if (reason !== "completed" && oracle.isCompleted && !actor.wasStopped) {
      this.violation(`completed was delivered, and the session ended as ${reason} (${error?.message ?? ""})`);
    }
    for (const problem of oracle.problems(reason === "completed", this.wasEvicted)) this.violation(problem);
  }

  #checkFailure(actor: Actor, what: string, code: string | undefined, message: string): void {
    if (actor.wasStopped && (code === "cancelled" || code === "controlClosed")) return;
    const isAllowed = [...this.mayFail, ...actor.mayFail].some((allowed) => allowed === code);
    if (!isAllowed) this.violation(`${what} failed with ${code}, and no fault explains it: ${message}`);
  }

  /**
   * Checks that no buffer exceeds its limit. A replay can be larger than the limit, so replayed events are not counted.
   */
  #checkBuffers(): void {
    if (this.clock.steps % TASKS_A_LOOK !== 0) return;
    const { isParallel, client } = this.scenario;
    // A session can buffer `maxBufferedEvents` notifications and, in addition, as many control events.
    const maxEvents = 2 * client.maxBufferedEvents + INTAKE_SLACK + (isParallel ? UNPAUSED_EVENTS : 0);
    const maxBytes = 2 * client.maxBufferedBytes + INTAKE_SLACK_BYTES;
    for (const { session, run } of this.actors) {
      for (const observed of session !== undefined ? [session] : (run?.subSessions ?? [])) {
        const { queueLength, queueBytes } = observed.diagnostics;
        if (observed.connection.state !== "up") {
          this.#buffered.delete(observed);
          continue;
        }
        const before = this.#buffered.get(observed);
        const replayedEvents = Math.min(before?.replayedEvents ?? queueLength, queueLength);
        const replayedBytes = Math.min(before?.replayedBytes ?? queueBytes, queueBytes);
        this.#buffered.set(observed, { replayedEvents, replayedBytes, events: queueLength });
        if (before === undefined || queueLength <= before.events) continue;
        if (queueLength > replayedEvents + maxEvents) {
          this.violation(
            `${queueLength} events are buffered, ${replayedEvents} after the attach, and the mark is ${client.maxBufferedEvents}`,
          );
        }
        if (queueBytes > replayedBytes + maxBytes) {
          this.violation(
            `${queueBytes} bytes are buffered, ${replayedBytes} after the attach, and the mark is ${client.maxBufferedBytes}`,
          );
        }
      }
    }
  }

  async #checkEnd(): Promise<void> {
    // Pending close handshakes can take this long.
    const until = this.clock.now + CLOSE_MS;
    await this.clock.run(until, () => false);
    for (const { process } of this.actors) {
      if (process.isDead) continue;
      const { timers, openSockets, pageListeners } = process;
      if (timers.size > 0) this.violation(`${timers.size} timers are set after everything was closed`);
      if (openSockets.size > 0) this.violation(`${openSockets.size} sockets are open after everything was closed`);
      if (pageListeners.size > 0) this.violation(`${pageListeners.size} page listeners are left after everything was closed`);
    }
    this.#checkContinues();
  }

  /** Closes the simulator. The clock must run, because the simulator can be waiting for one of its own timers. */
  async #closeNetwork(): Promise<void> {
    let isClosed = false;
    void this.network.close().then(() => {
      isClosed = true;
    });
    if (!(await this.clock.run(this.clock.now + CLOSE_MS, () => isClosed)))
      this.violation(`the simulator did not close within ${CLOSE_MS} ms`);
  }

  /** Checks a request that has reached the server. */
  #checkRequest({ process }: Connection, text: string): void {
    const closed = CLOSE.exec(text);
    const actor = this.actors.find((candidate) => candidate.process === process);
    if (closed === null || actor === undefined || actor.wasStopped) return;
    // A client must deliver all events of a session before closing the session.
    for (const [id, oracle] of actor.oracles) {
      if (closed[1] !== undefined && closed[1] !== id) continue;
      for (const problem of oracle.problems(true, this.wasEvicted)) this.violation(`closed too early: ${problem}`);
    }
  }

  /**
   * Checks that the clients sent no more continue requests than expected. `run()` can send one request for each
   * `readyForContinue`, `paused`, `continueUncertain` and resume.
   */
  #checkContinues(): void {
    const asked = RUNS.has(this.scenario.consumer) ? this.#stops + this.#uncertain + this.actors.length - 1 : this.#continues;
    if (this.#written > asked) this.violation(`${this.#written} continues were written, and ${asked} were asked for`);
  }
}

const CONTINUE = /"method":"continue/;
/** Matches the requests that close a session or a whole run. Captures the session id if only one sub-session is closed. */
const CLOSE = /"method":"close(?:BacktestSession|SessionV1","params":\{"sessionId":"([^"]+)")/;

/** The consumer styles that consume each subscription separately. */
const SEPARATE: ReadonlySet<string> = new Set<Scenario["consumer"]>(["subscriptionLoops", "subscriptionListeners"]);

/** The consumer styles that use `run()`. In these styles, only `run()` sends continue requests. */
const RUNS: ReadonlySet<string> = new Set<Scenario["consumer"]>(["run", "waitsBesideRun", ...SEPARATE] as Scenario["consumer"][]);

function subscribe(session: AnySession, oracle: SessionOracle, plan: SubscriptionPlan): Pick<Subscription, "ready"> {
  const subscription = subscribeTo(session, plan);
  oracle.subscribed(plan);
  return subscription;
}

/** Subscribes to the kind and the filters of a plan. */
export function subscribeTo(
  session: AnySession,
  { kind, filters, config }: Omit<SubscriptionPlan, "afterEvents">,
): Pick<Subscription, "ready"> {
  switch (kind) {
    case "transaction":
      return session.subscribeTransactions(filters);
    case "accountDiff":
      return session.subscribeAccountDiffs(filters);
    case "singleAccountDiff":
      return session.subscribeAccountDiffsOf(filters);
    case "logs":
      return session.subscribeLogs(filters);
    case "account":
      return session.subscribeAccounts(filters, config);
    case "program":
      return session.subscribeProgramAccounts(filters, config);
    case "signature":
      return session.subscribeSignatures(filters);
    case "slot":
      return session.subscribeSlots();
    case "action":
      return session.subscribeActions();
    case "diagnostic":
      return session.subscribeDiagnostics();
    case "replacement":
      return session.subscribeReplacements();
  }
}
