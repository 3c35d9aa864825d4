import type {
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
import type { ControlHandler, ControlLink, Departure } from "./control/control-link.js";
import { CoverageTracker } from "./coverage.js";
import { Counters } from "./diagnostics.js";
import { Gate } from "./events/gate.js";
import { SessionEvents } from "./events/session-events.js";
import type { SubscriptionEvents } from "./events/subscription-events.js";
import { ManagedSubscription, type SubscriptionOwner } from "./managed-subscription.js";
import { SessionClosing, type SessionEnd } from "./session-closing.js";
import { SubscriptionIds, type SubscriptionSpec } from "./subscription-spec.js";

/** A change of a connection. */
export interface ConnectionChange {
  /** `control`, or the kind of a subscription. */
  channel: string;
  /** `Subscription.id`; absent for `control`. */
  subscriptionId?: string;
  /** The new state of the connection. */
  status: ConnectionStatus;
}

/** The public session, which emits the events that the engine reports. */
export interface EngineListener {
  handleEvent(event: ManagedEvent): void;
  handleConnection(change: ConnectionChange): void;
  handleProgress(): void;
  handleClose(end: SessionEnd): void;
}

/**
 * The engine of a session. It receives events from the channels, delivers them to the consumer, and closes all connections at the
 * end.
 */
export class SessionEngine implements ControlHandler, SubscriptionOwner {
  readonly #context: SessionContext;
  readonly closing: SessionClosing;
  readonly counters = new Counters();
  readonly events: SessionEvents;
  readonly continues: ContinueSender;
  readonly arrivals: Arrivals;
  readonly gate = new Gate();
  readonly link: ControlLink;
  readonly coverage: CoverageTracker;
  readonly #subscriptions = new Set<ManagedSubscription>();
  /** The ended subscriptions. Checkpoints need them, because some of their events may still be buffered. */
  readonly #ended: ManagedSubscription[] = [];
  /** The subscriptions that had already ended when the session was resumed. */
  readonly #completeBefore: readonly SubscriptionCheckpoint[];
  readonly #ids: SubscriptionIds;
  #toResubscribe: readonly SubscriptionSpec[];
  #listener: EngineListener | undefined;
  #deliveredSlot: bigint | undefined;
  #upMs = 0;
  #upSince: number | undefined;

  constructor(context: SessionContext, link: ControlLink, resumed?: ResumedState) {
    const { platform, timeouts } = context;
    this.#context = context;
    this.link = link;
    this.#toResubscribe = resumed?.open ?? [];
    this.#completeBefore = resumed?.complete ?? [];
    this.#ids = new SubscriptionIds([...this.#toResubscribe, ...this.#completeBefore].map(({ id }) => id));
    this.coverage = new CoverageTracker(link.range, resumed?.slot);
    this.#deliveredSlot = resumed?.slot;
    this.arrivals = new Arrivals(context.maxBufferedEvents);
    this.events = new SessionEvents({
      limits: { events: context.maxBufferedEvents, bytes: context.maxBufferedBytes },
      deliveredSequence: resumed?.sequence,
      emit: (event) => {
        this.continues.handleDelivered(event);
        if (event.type === "slot") this.#deliveredSlot = event.slot;
        this.#listener?.handleEvent(event);
      },
      handleChange: () => this.#handleBufferChange(),
    });
    this.closing = new SessionClosing({
      context,
      events: this.events,
      subscriptions: this.#subscriptions,
      label: () => link.label,
      handleEnd: (error, departure) => this.#handleEnd(error, departure),
      handleClosed: (end) => this.#listener?.handleClose(end),
    });
    this.continues = new ContinueSender({
      platform,
      continueTimeoutMs: timeouts.continueTimeoutMs,
      gate: this.gate,
      isReading: () => link.status.state === "up" && !this.events.flowControl.isControlPaused,
      isAllUp: () => this.#isAllUp(),
      write: (request) => link.send(request),
      resumeIntake: () => link.resumeIntake(),
      report: (event) => this.#handleControlContinuity(event),
      handlePending: (isPending) => link.setResponsePending(isPending),
      resumed: resumed?.continues,
    });
  }

  /** Sets the listener: the public session that uses this engine. */
  open(listener: EngineListener): void {
    this.#listener = listener;
  }

  /** @throws SimulatorError `controlClosed`, or the error that the session failed with */
  subscribe(spec: SubscriptionSpec, signal?: AbortSignal): ManagedSubscription {
    if (signal?.aborted && !this.closing.hasEnded) throw cancelled("the subscription", signal);
    this.closing.admitSubscription();
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

  /** The open subscriptions, in the order of creation. */
  get subscriptions(): readonly ManagedSubscription[] {
    return [...this.#subscriptions];
  }

  /** How long the control connection has been up in total, in ms. */
  get upMs(): number {
    return this.#upMs + (this.#upSince === undefined ? 0 : this.#context.platform.now() - this.#upSince);
  }

  /** The settings of the client, for `src/geyser/`. */
  get context(): SessionContext {
    return this.#context;
  }

  /** Returns a checkpoint of the session after the last delivered event. */
  checkpoint(): SessionCheckpoint {
    const { info, range } = this.link;
    if (range === undefined) throw new SimulatorError("unsupported", "only a session has a checkpoint");
    const own = [...this.#ended, ...this.#subscriptions];
    const subscriptions = [...this.#completeBefore, ...own.map(toSubscriptionCheckpoint)];
    return toCheckpoint(info, range, this.events.deliveredSequence, this.#deliveredSlot, this.continues.state, subscriptions);
  }

  /** Starts the delivery of events to the listeners. Does nothing if an iterator has been used. */
  startFlow(): void {
    this.events.stream.startFlow();
  }

  handleAbort(error: SimulatorError): void {
    void this.closing.end({ reason: "shutdown", error });
  }

  handleTraffic(size: number): void {
    this.counters.frames++;
    this.counters.bytes += size;
  }

  handleEstablished(): void {
    const specs = this.#toResubscribe;
    this.#toResubscribe = [];
    // Opens the subscriptions of the checkpoint at once. Otherwise, `completed` could end the session before the subscriptions
    // exist.
    if (!this.closing.hasEnded) for (const spec of specs) this.subscribe(spec);
  }

  handleControlStatus(status: ConnectionStatus): void {
    if (this.closing.isControlOver) return;
    this.#upMs = this.upMs;
    this.#upSince = status.state === "up" ? this.#context.platform.now() : undefined;
    if (status.state === "up" && !this.closing.hasEnded) this.continues.handleUp();
    this.#handleStatus({ channel: "control", status }, "control");
  }

  handleControlEvent(event: ControlEvent, sequence: bigint | undefined, size: number): void {
    // Events that arrive during the close handshake are dropped.
    if (this.closing.hasEnded) return;
    const role = this.continues.handleEvent(event);
    if (event.type === "slot") {
      this.coverage.observeSlot(event.slot);
      this.#listener?.handleProgress();
    }
    if (event.type === "completed") {
      this.coverage.markCompleted();
      this.#listener?.handleProgress();
      this.closing.handleCompleted(event, sequence);
      this.arrivals.handleEvent(event, role);
      this.closing.finishIfComplete();
      return;
    }
    this.arrivals.handleEvent(event, role);
    if (event.type === "unrecognized") this.counters.malformed++;
    this.events.handleControlEvent(event, sequence, event.type === "unrecognized" ? event.raw.length : size);
    if (event.type !== "error" || !isTerminal(event.error)) return;
    const message = `the simulator ended the session: ${describeBacktestError(event.error)}`;
    this.closing.fail(new SimulatorError("remote", message, { remote: event.error }));
  }

  handleControlResumed(after: bigint | undefined): void {
    if (this.closing.hasEnded) return;
    this.counters.countReconnect("control");
    this.#handleControlContinuity({
      type: "continuity",
      kind: "resumed",
      channel: "control",
      ...(after !== undefined && { after }),
    });
    this.continues.handleResumed();
  }

  handleDuplicate(): void {
    this.counters.duplicatesDropped++;
  }

  handleSimulationError(message: string): void {
    this.counters.simulationErrors++;
    this.#context.logger.debug(`${this.link.label}: simulation error: ${message}`);
  }

  handleControlEnd(error: SimulatorError | undefined): void {
    if (this.closing.isControlOver) return;
    this.#upMs = this.upMs;
    this.#upSince = undefined;
    this.closing.handleControlEnd(error);
    this.gate.recheck();
    this.closing.settleIfDone();
  }

  openEvents(id: string, emit: (event: SubscriptionEvent) => void): SubscriptionEvents {
    return this.events.openSubscription(id, emit);
  }

  handleSubscriptionActivity(): void {
    this.closing.handleSubscriptionActivity();
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
    this.closing.handleSubscriptionActivity();
    this.#handleStatus({ channel: kind, subscriptionId: id, status }, id);
  }

  handleSubscriptionEnd(subscription: ManagedSubscription, error: SimulatorError | undefined): void {
    this.#subscriptions.delete(subscription);
    // Keeps the subscription for later checkpoints if the user has not called `unsubscribe`.
    if (subscription.channel.isComplete || error !== undefined || this.closing.hasEnded) this.#ended.push(subscription);
    if (error !== undefined) this.closing.fail(error);
    this.gate.recheck();
    this.closing.finishIfComplete();
    if (this.link.range === undefined && subscription.channel.isComplete) this.closing.finishIfUnsubscribed();
    this.closing.settleIfDone();
  }

  #handleEnd(error: SimulatorError, departure: Departure): void {
    this.gate.shut(error);
    this.continues.stop();
    if (!this.closing.isControlOver) this.link.close(departure);
    for (const subscription of this.#subscriptions) void subscription.unsubscribe();
  }

  #handleControlContinuity(event: ContinuityEvent): void {
    this.events.handleControlEvent(event, undefined, 0);
  }

  /** @param who the name of the connection, for logs */
  #handleStatus(change: ConnectionChange, who: string): void {
    const { status, channel } = change;
    this.#context.logger.debug(`${this.link.label}: ${who} is ${describeStatus(status)}`);
    if (status.state === "down" && status.phase === "backingOff") this.counters.countLoss(channel, status.reason ?? "unknown");
    this.#listener?.handleConnection(change);
    this.gate.recheck();
    this.closing.finishIfComplete();
    this.#checkIntake();
  }

  #isAllUp(): boolean {
    if (this.link.status.state !== "up") return false;
    for (const { isSettled } of this.#subscriptions) if (!isSettled) return false;
    return true;
  }

  #handleBufferChange(): void {
    this.#checkIntake();
    this.closing.closeIfDelivered();
  }

  #checkIntake(): void {
    const { flowControl } = this.events;
    const wasPaused = flowControl.isControlPaused;
    // While a caller sends a continue request (`isWaiting`), the control connection is not paused. The caller reads no events until
    // the request is sent, so a pause would never end.
    flowControl.check(this.continues.isWaiting ? undefined : this.link, this.#subscriptions);
    if (wasPaused && !flowControl.isControlPaused) this.continues.handleResumed();
  }
}

function describeStatus(status: ConnectionStatus): string {
  return status.state === "down" ? `down, ${status.phase}` : status.state;
}
