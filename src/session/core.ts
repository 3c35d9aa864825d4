import type {
  CompletedEvent,
  ContinuityEvent,
  ControlEvent,
  ManagedEvent,
  NotificationEvent,
  UnrecognizedEvent,
} from "../channels/managed-events.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { SessionSink } from "../channels/session-stream.js";
import type { Stream } from "../channels/subscription-channel.js";
import type { RunnerOptions } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { describeBacktestError, isTerminal } from "../protocol/backtest-error.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import {
  type ResumedState,
  type SessionCheckpoint,
  type SubscriptionCheckpoint,
  toCheckpoint,
  toSubscriptionCheckpoint,
} from "./checkpoint.js";
import type { SessionContext } from "./context.js";
import type { ContinueRequest } from "./continue-params.js";
import { Continues } from "./continues.js";
import type { ControlConnectionOwner } from "./control-connection.js";
import { CoverageTracker, type SlotRange } from "./coverage.js";
import { Counters } from "./diagnostics.js";
import { DrainWatch } from "./drain-watch.js";
import { EventFlow } from "./event-flow.js";
import { Gate } from "./gate.js";
import { Intake } from "./intake.js";
import { ManagedSubscription, type SubscriptionOwner, type SubscriptionSpec } from "./managed-subscription.js";

/** How a session ended. */
export interface SessionEnd {
  reason: "completed" | "shutdown" | "detached" | "failed";
  /** With `failed`: why. With `shutdown`: if an AbortSignal shut it down. */
  error?: SimulatorError;
}

/** What brings a session its control events and takes its continues. */
export interface ControlLink {
  readonly info: SessionInfo;
  readonly range: SlotRange;
  /** For logs; there before the session stands, too. */
  readonly label: string;
  readonly status: ConnectionStatus;
  /** Hands a request to an open socket, if there is one. */
  send(request: ContinueRequest): boolean;
  /** Says goodbye; the core's `handleControlEnd` follows. */
  close(end: SessionEnd["reason"]): void;
  pauseIntake(): void;
  resumeIntake(): void;
  /** Whether an answer to a continue is owed, has changed. */
  owe(owed: boolean): void;
  /** Shared with the other sessions of a run. */
  readonly coordinator: RunnerOptions["coordinator"];
}

/** Makes the link of a session, whose core it brings its events to. */
export type ToLink = (core: SessionCore) => ControlLink;

/** Who is told. */
export interface CoreListener {
  handleEvent(event: ManagedEvent): void;
  handleConnection(change: { channel: string; status: ConnectionStatus }): void;
  handleClose(end: SessionEnd): void;
}

/** The inside of a session: what comes in from its channels, what of it is delivered when, and how it all ends. */
export class SessionCore implements SessionSink, SubscriptionOwner, ControlConnectionOwner {
  readonly closed: Promise<SessionEnd>;
  readonly counters = new Counters();
  readonly flow: EventFlow;
  readonly continues: Continues;
  readonly #context: SessionContext;
  readonly link: ControlLink;
  readonly #listener: CoreListener;
  readonly #gate = new Gate();
  readonly #intake: Intake;
  readonly #subscriptions = new Set<ManagedSubscription>();
  /** Those that have come to their end, for checkpoints: what they brought may still be held. */
  readonly #complete: ManagedSubscription[] = [];
  readonly #completeBefore: readonly SubscriptionCheckpoint[];
  readonly #coverage: CoverageTracker;
  #completed: { event: CompletedEvent; sequence: bigint | undefined } | undefined;
  #drain: DrainWatch | undefined;
  #end: SessionEnd | undefined;
  #isControlOver = false;
  #isSettled = false;
  #upMs = 0;
  #upSince: number | undefined;
  #settle: (end: SessionEnd) => void = () => {};

  constructor(context: SessionContext, toLink: ToLink, listener: CoreListener, resumed?: ResumedState) {
    const link = toLink(this);
    this.#context = context;
    this.link = link;
    this.#listener = listener;
    this.#completeBefore = resumed?.complete ?? [];
    this.#coverage = new CoverageTracker(link.range);
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#intake = new Intake(context.maxBufferedEvents);
    this.flow = new EventFlow({
      emit: (event) => {
        this.continues.handleTaken(event);
        listener.handleEvent(event);
      },
      handleTaken: () => this.#checkIntake(),
      deliveredSequence: resumed?.sequence,
    });
    this.continues = new Continues({
      platform: context.platform,
      progressMs: context.timeouts.progressMs,
      gate: this.#gate,
      isControlUp: () => link.status.state === "up",
      isAllUp: () => this.#isAllUp(),
      write: (request) => link.send(request),
      keepReadable: () => link.resumeIntake(),
      tell: (event) => this.flow.arrive({ event, sequence: undefined }),
      handleOwed: (owed) => link.owe(owed),
      resumed: resumed?.continues,
    });
  }

  /** @throws SimulatorError `controlClosed`, or what the session failed with */
  subscribe(spec: SubscriptionSpec): ManagedSubscription {
    if (this.#end !== undefined) throw this.#end.error ?? over(this.#end.reason);
    const target = () => this.#context.subscriptionTarget(this.link.info);
    const subscription = new ManagedSubscription(this.#context, spec, target, this.link, this);
    this.#subscriptions.add(subscription);
    subscription.start();
    return subscription;
  }

  /** Those that are open, in the order they were made. */
  get subscriptions(): readonly ManagedSubscription[] {
    return [...this.#subscriptions];
  }

  /** How long the control connection has been up in all, in ms. */
  get upMs(): number {
    return this.#upMs + (this.#upSince === undefined ? 0 : this.#context.platform.now() - this.#upSince);
  }

  get coverage(): CoverageTracker {
    return this.#coverage;
  }

  /** What was delivered so far. */
  checkpoint(): SessionCheckpoint {
    const open = this.subscriptions.map(({ spec, channel }) => toSubscriptionCheckpoint(spec, channel.streams, false));
    const complete = this.#complete.map(({ spec, channel }) => toSubscriptionCheckpoint(spec, channel.streams, true));
    const { info, range } = this.link;
    const { deliveredSequence } = this.flow.store;
    return toCheckpoint(info, range, deliveredSequence, this.continues.state, [...this.#completeBefore, ...complete, ...open]);
  }

  /** Ends the session from this side. Resolves when nothing is open any more. */
  async leave(end: SessionEnd): Promise<void> {
    if (this.#finish(end)) this.flow.finish({ over: end.error ?? over(end.reason) });
    this.flow.discard();
    await this.closed;
  }

  get label(): string {
    return this.link.label;
  }

  handleAbort(error: SimulatorError): void {
    void this.leave({ reason: "shutdown", error });
  }

  handleTraffic(size: number): void {
    this.counters.frames++;
    this.counters.bytes += size;
  }

  handleControlStatus(status: ConnectionStatus): void {
    this.#handleStatus("control", status);
  }

  handleControlEvent(event: ControlEvent, sequence: bigint | undefined): void {
    // A goodbye's answer takes its time: what comes until then is nobody's any more.
    if (this.#end !== undefined) return;
    this.continues.handleEvent(event);
    if (event.type === "slot") this.#coverage.observeSlot(event.slot);
    if (event.type === "completed") {
      this.#coverage.markCompleted();
      this.#completed = { event, sequence };
      this.#startDrain();
      this.#finishIfComplete();
      return;
    }
    if (event.type === "unrecognized") this.counters.malformed++;
    this.flow.arrive({ event, sequence });
    if (event.type === "error" && isTerminal(event.error)) {
      const message = `the simulator ended the session: ${describeBacktestError(event.error)}`;
      this.fail(new SimulatorError("remote", message, { remote: event.error }));
    }
    this.#checkIntake();
  }

  handleControlResumed(after: bigint | undefined): void {
    if (this.#end !== undefined) return;
    this.counters.countReconnect("control");
    const event = { type: "continuity", kind: "resumed", channel: "control", ...(after !== undefined && { after }) } as const;
    this.flow.arrive({ event, sequence: undefined });
    this.continues.handleResumed();
  }

  handleControlRepetition(): void {
    this.counters.duplicatesDropped++;
  }

  handleSimulationError(message: string): void {
    this.counters.simulationErrors++;
    this.#context.logger.debug(`${this.link.label}: simulation error: ${message}`);
  }

  handleControlEnd(error: SimulatorError | undefined): void {
    this.#isControlOver = true;
    if (error !== undefined) this.fail(error);
    this.#settleIfDone();
  }

  handleNotification(event: NotificationEvent, stream: Stream, slot: bigint, key: string): void {
    this.#drain?.handleActivity();
    this.flow.arrive({ event, stream, slot, key });
    this.#checkIntake();
  }

  /** A duplicate does not extend the drain: an endless replay brings nothing. */
  handleRepetition(): void {
    this.counters.duplicatesDropped++;
  }

  handleUnrecognized(event: UnrecognizedEvent): void {
    this.counters.malformed++;
    this.flow.arrive({ event, sequence: undefined });
  }

  handleDecoded(size: number): void {
    this.counters.decodedBytes += size;
  }

  handleContinuity(event: ContinuityEvent & { channel: string }): void {
    if (event.kind === "resumed") this.counters.countReconnect(event.channel);
    this.flow.arrive({ event, sequence: undefined });
  }

  handleSubscriptionStatus({ kind }: ManagedSubscription, status: ConnectionStatus): void {
    this.#handleStatus(kind, status);
  }

  handleSubscriptionEnd(subscription: ManagedSubscription, error: SimulatorError | undefined): void {
    this.#subscriptions.delete(subscription);
    if (subscription.channel.isComplete) this.#complete.push(subscription);
    if (error !== undefined) this.fail(error);
    this.#gate.recheck();
    this.#finishIfComplete();
    this.#settleIfDone();
  }

  /** Ends the session with an error; what was received is still delivered. */
  fail(error: SimulatorError): void {
    if (!this.#finish({ reason: "failed", error })) return;
    this.#context.logger.error(`${this.link.label}: ${error.message}`);
    this.flow.finish({ failed: error });
  }

  /** Whether this end is the one: the first that is told. */
  #finish(end: SessionEnd): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    this.#gate.shut(end.error ?? over(end.reason));
    this.continues.stop();
    this.#drain?.stop();
    if (!this.#isControlOver) this.link.close(end.reason);
    for (const subscription of this.#subscriptions) void subscription.unsubscribe();
    this.#settleIfDone();
    return true;
  }

  #handleStatus(channel: string, status: ConnectionStatus): void {
    const { logger, platform } = this.#context;
    logger.debug(`${this.link.label}: ${channel} is ${describeStatus(status)}`);
    if (status.state === "down" && status.phase === "backingOff") this.counters.countLoss(channel, status.reason ?? "unknown");
    if (channel === "control") {
      this.#upMs = this.upMs;
      this.#upSince = status.state === "up" ? platform.now() : undefined;
    }
    this.#listener.handleConnection({ channel, status });
    this.#gate.recheck();
    this.#drain?.handleActivity();
    this.#finishIfComplete();
    this.#checkIntake();
  }

  #isAllUp(): boolean {
    return this.link.status.state === "up" && this.subscriptions.every(({ isSettled }) => isSettled);
  }

  #startDrain(): void {
    const { platform, timeouts } = this.#context;
    this.#drain = new DrainWatch({
      platform,
      idleMs: timeouts.completionDrainMs,
      isAnyStreaming: () => this.subscriptions.some(({ isStreaming }) => isStreaming),
      handleStalled: () => {
        const open = this.subscriptions.map(({ kind }) => kind).join(", ");
        const message = `completed, but open subscriptions (${open}) brought nothing for ${timeouts.completionDrainMs} ms: their rest is missing`;
        this.fail(new SimulatorError("subscriptionFailed", message));
      },
    });
  }

  /** Completed, and every subscription has come to its end: the last event can go out. */
  #finishIfComplete(): void {
    if (this.#completed === undefined || this.#end !== undefined) return;
    if (!this.subscriptions.every(({ isDone }) => isDone)) return;
    const { event, sequence } = this.#completed;
    this.flow.arriveLast(event, sequence, over("completed"));
    this.#finish({ reason: "completed" });
  }

  #settleIfDone(): void {
    if (this.#isSettled || this.#end === undefined || !this.#isControlOver || this.#subscriptions.size > 0) return;
    this.#isSettled = true;
    const end = this.#end;
    this.#settle(end);
    this.#listener.handleClose(end);
  }

  #checkIntake(): void {
    // A continue that waits to be written needs the control connection, however much is held: whoever awaits it takes nothing.
    this.#intake.check(this.flow.store, this.continues.isWaiting ? undefined : this.link, this.#subscriptions);
  }
}

function describeStatus(status: ConnectionStatus): string {
  return status.state === "down" ? `down, ${status.phase}` : status.state;
}

function over(reason: SessionEnd["reason"]): SimulatorError {
  return new SimulatorError("controlClosed", `the session is over: ${reason}`);
}
