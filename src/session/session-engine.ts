import type {
  CompletedEvent,
  ContinuityEvent,
  ControlEvent,
  ManagedEvent,
  SubscriptionEvent,
  UnrecognizedEvent,
} from "../channels/managed-events.js";
import type { ConnectionStatus } from "../connection/status.js";
import { describeBacktestError, isTerminal } from "../protocol/backtest-error.js";
import { cancelled } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { ResumedState } from "./checkpoint/checkpoint-reader.js";
import {
  type SessionCheckpoint,
  type SubscriptionCheckpoint,
  toCheckpoint,
  toSubscriptionCheckpoint,
} from "./checkpoint/session-checkpoint.js";
import type { SessionContext } from "./context.js";
import { Arrivals } from "./continues/arrivals.js";
import { ContinueSender } from "./continues/continue-sender.js";
import type { ControlHandler, ControlLink } from "./control/control-link.js";
import { CoverageTracker } from "./coverage.js";
import { Counters } from "./diagnostics.js";
import { DrainWatchdog } from "./drain-watchdog.js";
import { Gate } from "./events/gate.js";
import { SessionEvents } from "./events/session-events.js";
import type { SubscriptionEvents } from "./events/subscription-events.js";
import { ManagedSubscription, type SubscriptionOwner } from "./managed-subscription.js";
import { SubscriptionIds, type SubscriptionSpec } from "./subscription-spec.js";

/** How a session ended. */
export interface SessionEnd {
  reason: "completed" | "shutdown" | "detached" | "failed";
  /** With `failed`: why. With `shutdown`: present if an AbortSignal shut it down. */
  error?: SimulatorError;
}

/** A change of a connection. */
export interface ConnectionChange {
  /** `control`, or the kind of a subscription. */
  channel: string;
  /** `Subscription.id`; absent for `control`. */
  subscriptionId?: string;
  status: ConnectionStatus;
}

/** The public session, which emits what the engine reports. */
export interface EngineListener {
  handleEvent(event: ManagedEvent): void;
  handleConnection(change: ConnectionChange): void;
  handleProgress(): void;
  handleClose(end: SessionEnd): void;
}

/** What a session runs on: it receives from the channels, delivers to the consumer, and ends all of it. */
export class SessionEngine implements ControlHandler, SubscriptionOwner {
  readonly closed: Promise<SessionEnd>;
  readonly counters = new Counters();
  readonly events: SessionEvents;
  readonly continues: ContinueSender;
  readonly arrivals: Arrivals;
  readonly gate = new Gate();
  readonly link: ControlLink;
  readonly coverage: CoverageTracker;
  readonly #context: SessionContext;
  readonly #subscriptions = new Set<ManagedSubscription>();
  /** Those that have ended, for checkpoints: some of their events may still be buffered. */
  readonly #ended: ManagedSubscription[] = [];
  readonly #resumed: ResumedState | undefined;
  readonly #ids: SubscriptionIds;
  #toResubscribe: readonly SubscriptionSpec[];
  #listener: EngineListener | undefined;
  #closeHolds = 0;
  #completed: { event: CompletedEvent; sequence: bigint | undefined } | undefined;
  /** Nothing arrives any more: the session ends once everything is delivered. */
  #isAllReceived = false;
  #drain: DrainWatchdog | undefined;
  #end: SessionEnd | undefined;
  #isControlOver = false;
  #isSettled = false;
  #upMs = 0;
  #upSince: number | undefined;
  #settle: (end: SessionEnd) => void = () => {};

  constructor(context: SessionContext, link: ControlLink, resumed?: ResumedState) {
    const { platform, timeouts } = context;
    this.#context = context;
    this.link = link;
    this.#resumed = resumed;
    this.#toResubscribe = resumed?.open ?? [];
    this.#ids = new SubscriptionIds([...(resumed?.open ?? []), ...(resumed?.complete ?? [])].map(({ id }) => id));
    this.coverage = new CoverageTracker(link.range);
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.arrivals = new Arrivals(context.maxBufferedEvents);
    this.events = new SessionEvents({
      limits: { events: context.maxBufferedEvents, bytes: context.maxBufferedBytes },
      deliveredSequence: resumed?.sequence,
      emit: (event) => {
        this.continues.handleDelivered(event);
        this.#listener?.handleEvent(event);
      },
      handleChange: () => this.#handleBufferChange(),
    });
    this.continues = new ContinueSender({
      platform,
      continueTimeoutMs: timeouts.continueTimeoutMs,
      gate: this.gate,
      isControlUp: () => link.status.state === "up",
      isAllUp: () => this.#isAllUp(),
      write: (request) => link.send(request),
      resumeIntake: () => link.resumeIntake(),
      report: (event) => this.#handleControlContinuity(event),
      handlePending: (isPending) => link.setResponsePending(isPending),
      resumed: resumed?.continues,
    });
  }

  /** Reports to a session from now on. */
  open(listener: EngineListener): void {
    this.#listener = listener;
  }

  /** @throws SimulatorError `controlClosed`, or what the session failed with */
  subscribe(spec: SubscriptionSpec, signal?: AbortSignal): ManagedSubscription {
    if (this.#end !== undefined) throw this.#end.error ?? over(this.#end.reason);
    if (signal?.aborted) throw cancelled("the subscription", signal);
    if (this.#isAllReceived) this.#reopen();
    const subscription = new ManagedSubscription(this.#context, this, {
      ...spec,
      id: spec.id ?? this.#ids.next(spec.kind),
      coordinator: this.link.coordinator,
      range: this.link.range,
      target: () => this.#context.subscriptionTarget(this.link.info),
    });
    this.#subscriptions.add(subscription);
    subscription.start(signal);
    return subscription;
  }

  /** Those that are open, in the order they were made. */
  get subscriptions(): readonly ManagedSubscription[] {
    return [...this.#subscriptions];
  }

  /** How long the control connection has been up in total, in ms. */
  get upMs(): number {
    return this.#upMs + (this.#upSince === undefined ? 0 : this.#context.platform.now() - this.#upSince);
  }

  /** What was delivered so far. */
  checkpoint(): SessionCheckpoint {
    const { info, range } = this.link;
    if (range === undefined) throw new SimulatorError("unsupported", "only a session has a checkpoint");
    const before: readonly SubscriptionCheckpoint[] = this.#resumed?.complete ?? [];
    const own = [...this.#ended, ...this.#subscriptions];
    const subscriptions = [...before, ...own.map(toSubscriptionCheckpoint)];
    return toCheckpoint(info, range, this.events.deliveredSequence, this.continues.state, subscriptions);
  }

  /** Starts the flow of events to the listeners, unless an iterator is active. */
  startFlow(): void {
    this.events.stream.startFlow();
  }

  /** Ends the session from this side. Resolves when nothing is open any more. */
  async leave(end: SessionEnd): Promise<void> {
    if (this.#finish(end)) this.events.finish({ over: end.error ?? over(end.reason) });
    this.events.clear();
    await this.closed;
  }

  handleAbort(error: SimulatorError): void {
    void this.leave({ reason: "shutdown", error });
  }

  handleTraffic(size: number): void {
    this.counters.frames++;
    this.counters.bytes += size;
  }

  handleEstablished(): void {
    const specs = this.#toResubscribe;
    this.#toResubscribe = [];
    // Before anything can complete: a session that ended meanwhile still has streams to finish.
    if (this.#end === undefined) for (const spec of specs) this.subscribe(spec);
  }

  handleControlStatus(status: ConnectionStatus): void {
    if (this.#isControlOver) return;
    this.#upMs = this.upMs;
    this.#upSince = status.state === "up" ? this.#context.platform.now() : undefined;
    // Elsewhere a ping finds out that the connection is dead.
    const { hasPage } = this.#context.platform;
    if (hasPage && status.state === "up" && this.#end === undefined) this.continues.handleUp();
    this.#handleStatus({ channel: "control", status }, "control");
  }

  handleControlEvent(event: ControlEvent, sequence: bigint | undefined, size: number): void {
    // Nothing is consumed during the close handshake.
    if (this.#end !== undefined) return;
    const role = this.continues.handleEvent(event);
    if (event.type === "slot") {
      this.coverage.observeSlot(event.slot);
      this.#listener?.handleProgress();
    }
    if (event.type === "completed") {
      this.coverage.markCompleted();
      this.#listener?.handleProgress();
      this.#completed = { event, sequence };
      this.#startDrain();
      this.arrivals.handleEvent(event, role);
      this.#finishIfComplete();
      return;
    }
    this.arrivals.handleEvent(event, role);
    if (event.type === "unrecognized") this.counters.malformed++;
    this.events.handleControlEvent(event, sequence, event.type === "unrecognized" ? event.raw.length : size);
    if (event.type !== "error" || !isTerminal(event.error)) return;
    const message = `the simulator ended the session: ${describeBacktestError(event.error)}`;
    this.fail(new SimulatorError("remote", message, { remote: event.error }));
  }

  handleControlResumed(after: bigint | undefined): void {
    if (this.#end !== undefined) return;
    this.counters.countReconnect("control");
    this.#handleControlContinuity({
      type: "continuity",
      kind: "resumed",
      channel: "control",
      ...(after !== undefined && { after }),
    });
    this.continues.handleResumed();
  }

  handleControlDuplicate(): void {
    this.counters.duplicatesDropped++;
  }

  handleSimulationError(message: string): void {
    this.counters.simulationErrors++;
    this.#context.logger.debug(`${this.link.label}: simulation error: ${message}`);
  }

  handleControlEnd(error: SimulatorError | undefined): void {
    if (this.#isControlOver) return;
    this.#isControlOver = true;
    this.#upMs = this.upMs;
    this.#upSince = undefined;
    // After `completed` the control connection has nothing left to bring.
    if (error !== undefined && this.#completed === undefined) this.fail(error);
    this.gate.recheck();
    this.#settleIfDone();
  }

  openEvents(id: string, emit: (event: SubscriptionEvent) => void): SubscriptionEvents {
    return this.events.openSubscription(id, emit);
  }

  handleSubscriptionActivity(): void {
    this.#drain?.handleActivity();
  }

  handleSubscriptionDuplicate(): void {
    this.counters.duplicatesDropped++;
  }

  handleSubscriptionEvent(events: SubscriptionEvents, event: UnrecognizedEvent | ContinuityEvent, size: number): void {
    if (event.type === "unrecognized") this.counters.malformed++;
    else if (event.kind === "resumed") this.counters.countReconnect(event.channel);
    events.handleEvent(event, size);
  }

  handleDecoded(size: number): void {
    this.counters.decodedBytes += size;
  }

  handleSubscriptionStatus({ kind, id }: ManagedSubscription, status: ConnectionStatus): void {
    this.#drain?.handleActivity();
    this.#handleStatus({ channel: kind, subscriptionId: id, status }, id);
  }

  handleSubscriptionEnd(subscription: ManagedSubscription, error: SimulatorError | undefined): void {
    this.#subscriptions.delete(subscription);
    // Without those that the user unsubscribed from.
    if (subscription.channel.isComplete || error !== undefined || this.#end !== undefined) this.#ended.push(subscription);
    if (error !== undefined) this.fail(error);
    this.gate.recheck();
    this.#finishIfComplete();
    if (this.link.range === undefined && subscription.channel.isComplete) this.#finishIfUnsubscribed();
    this.#settleIfDone();
  }

  /** Ends the session with an error; what was received is still delivered. */
  fail(error: SimulatorError): void {
    if (!this.#finish({ reason: "failed", error })) return;
    this.#context.logger.error(`${this.link.label}: ${error.message}`);
    this.events.finish({ failed: error });
  }

  /** Ends the session. Returns whether this was its first end. */
  #finish(end: SessionEnd): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    this.gate.shut(end.error ?? over(end.reason));
    this.continues.stop();
    this.#drain?.stop();
    // A session that failed on this side can be resumed from a checkpoint, as one that was detached.
    const isKept = end.reason === "detached" || (end.reason === "failed" && end.error?.code !== "remote");
    if (!this.#isControlOver) this.link.close(isKept ? "keep" : "close");
    for (const subscription of this.#subscriptions) void subscription.unsubscribe();
    this.#settleIfDone();
    return true;
  }

  #handleControlContinuity(event: ContinuityEvent): void {
    this.events.handleControlEvent(event, undefined, 0);
  }

  /** @param who the owner of the connection, for logs */
  #handleStatus(change: ConnectionChange, who: string): void {
    const { status, channel } = change;
    this.#context.logger.debug(`${this.link.label}: ${who} is ${describeStatus(status)}`);
    if (status.state === "down" && status.phase === "backingOff") this.counters.countLoss(channel, status.reason ?? "unknown");
    this.#listener?.handleConnection(change);
    this.gate.recheck();
    this.#finishIfComplete();
    this.#checkIntake();
  }

  #isAllUp(): boolean {
    if (this.link.status.state !== "up") return false;
    for (const { isSettled } of this.#subscriptions) if (!isSettled) return false;
    return true;
  }

  #startDrain(): void {
    const { platform, timeouts } = this.#context;
    this.#drain = new DrainWatchdog({
      platform,
      idleMs: timeouts.completionDrainMs,
      isAnyStreaming: () => this.subscriptions.some(({ isStreaming }) => isStreaming),
      handleStalled: () => {
        const open = this.subscriptions.map(({ id }) => id).join(", ");
        const message = `the session completed, but its open subscriptions (${open}) received nothing for ${timeouts.completionDrainMs} ms: their last events are missing`;
        this.fail(new SimulatorError("subscriptionFailed", message));
      },
    });
  }

  /** Buffers the last event once the session has completed and every subscription has ended. */
  #finishIfComplete(): void {
    if (this.#completed === undefined || this.#isAllReceived || this.#end !== undefined) return;
    for (const { isDone } of this.#subscriptions) if (!isDone) return;
    this.#isAllReceived = true;
    this.#drain?.stop();
    const { event, sequence } = this.#completed;
    this.events.complete(event, sequence, { over: over("completed") });
    this.#closeIfDelivered();
  }

  /** A subscription was made while `completed` is buffered: `completed` waits for it too. @throws SimulatorError `controlClosed` */
  #reopen(): void {
    if (!this.events.reopen()) throw over("completed");
    this.#isAllReceived = false;
    this.#startDrain();
  }

  /** A session that is only observed is over when the last of its streams has ended. */
  #finishIfUnsubscribed(): void {
    if (this.#subscriptions.size > 0 || this.#end !== undefined) return;
    this.#isAllReceived = true;
    this.events.finish({ over: over("completed") });
    this.#closeIfDelivered();
  }

  /** Keeps the session open although everything was delivered, until `release`. */
  hold(): void {
    this.#closeHolds++;
  }

  release(): void {
    this.#closeHolds--;
    this.#closeIfDelivered();
  }

  /** Until everything is delivered, a checkpoint must be resumable: only then the session is closed on the server. */
  #closeIfDelivered(): void {
    const isHandled = this.#closeHolds === 0 && this.events.isDelivered;
    if (this.#isAllReceived && this.#end === undefined && isHandled) this.#finish({ reason: "completed" });
  }

  #settleIfDone(): void {
    if (this.#isSettled || this.#end === undefined || !this.#isControlOver || this.#subscriptions.size > 0) return;
    this.#isSettled = true;
    const end = this.#end;
    this.#settle(end);
    this.#listener?.handleClose(end);
  }

  #handleBufferChange(): void {
    this.#checkIntake();
    this.#closeIfDelivered();
  }

  #checkIntake(): void {
    // A continue that waits to be written needs the control connection, however much is buffered: its caller consumes nothing.
    this.events.checkIntake(this.continues.isWaiting ? undefined : this.link, this.#subscriptions);
  }
}

function describeStatus(status: ConnectionStatus): string {
  return status.state === "down" ? `down, ${status.phase}` : status.state;
}

function over(reason: SessionEnd["reason"]): SimulatorError {
  return new SimulatorError("controlClosed", `the session has ended: ${reason}`);
}
