import type { CompletedEvent, ControlEvent, ManagedEvent, NotificationEvent, UnrecognizedEvent } from "../channels/events.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { Stream } from "../channels/subscription.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import type { RunnerOptions } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { describeBacktestError, isTerminal } from "../protocol/backtest-error.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SessionContext } from "./context.js";
import type { ContinueRequest } from "./continue-params.js";
import { Continues } from "./continues.js";
import { Counters } from "./diagnostics.js";
import { DrainWatch } from "./drain-watch.js";
import { EventFlow } from "./event-flow.js";
import { Gate } from "./gate.js";
import { Intake } from "./intake.js";
import { ManagedSubscription } from "./managed-subscription.js";

/** How a session ended. */
export interface SessionEnd {
  reason: "completed" | "shutdown" | "detached" | "failed";
  /** With `failed`: why. With `shutdown`: if an AbortSignal shut it down. */
  error?: SimulatorError;
}

/** What brings a session its control events and takes its continues. */
export interface ControlLink {
  readonly info: SessionInfo;
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
  handleOwed(owed: boolean): void;
  /** Shared with the other sessions of a run. */
  readonly coordinator: RunnerOptions["coordinator"];
}

/** Who is told. */
export interface CoreListener {
  handleEvent(event: ManagedEvent): void;
  handleConnection(change: { channel: string; status: ConnectionStatus }): void;
  handleClose(end: SessionEnd): void;
}

/** The inside of a session: what comes in from its channels, what of it is delivered when, and how it all ends. */
export class SessionCore {
  readonly closed: Promise<SessionEnd>;
  readonly counters = new Counters();
  readonly flow: EventFlow;
  readonly continues: Continues;
  readonly #context: SessionContext;
  readonly #link: ControlLink;
  readonly #listener: CoreListener;
  readonly #gate = new Gate();
  readonly #intake: Intake;
  readonly #subscriptions = new Set<ManagedSubscription>();
  #completed: { event: CompletedEvent; sequence: bigint | undefined } | undefined;
  #drain: DrainWatch | undefined;
  #end: SessionEnd | undefined;
  #isControlOver = false;
  #settle: (end: SessionEnd) => void = () => {};

  constructor(context: SessionContext, link: ControlLink, listener: CoreListener, deliveredSequence?: bigint) {
    this.#context = context;
    this.#link = link;
    this.#listener = listener;
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
      deliveredSequence,
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
      handleOwed: (owed) => link.handleOwed(owed),
    });
  }

  get subscriptions(): readonly ManagedSubscription[] {
    return [...this.#subscriptions];
  }

  /** @throws SimulatorError `controlClosed`, or what the session failed with */
  subscribe(kind: SubscriptionKindName, filters: readonly string[], config: Record<string, unknown> = {}): ManagedSubscription {
    if (this.#end !== undefined) throw this.#end.error ?? over(this.#end.reason);
    const { platform, reconnect, timeouts, liveness, validate, redact } = this.#context;
    const { coordinator } = this.#link;
    const subscription = new ManagedSubscription(
      {
        kind,
        filters,
        config,
        handshakeMs: timeouts.handshakeMs,
        validate,
        target: () => this.#context.subscriptionTarget(this.#link.info),
        sink: {
          handleNotification: (event, stream, slot, key) => this.#handleNotification(event, stream, slot, key),
          handleRepetition: () => this.#handleRepetition(),
          handleUnrecognized: (event) => this.#handleUnrecognized(event),
          handleContinuity: (event) => {
            this.counters.countReconnect(kind);
            this.flow.arrive({ event, sequence: undefined });
          },
        },
      },
      {
        platform,
        reconnect,
        timeouts,
        liveness,
        redact,
        handleTraffic: this.handleTraffic,
        ...(coordinator !== undefined && { coordinator }),
      },
      {
        handleStatus: (_, status) => this.#handleStatus(kind, status),
        handleEnd: (ended, error) => this.#handleSubscriptionEnd(ended, error),
      },
    );
    this.#subscriptions.add(subscription);
    subscription.start();
    return subscription;
  }

  /** Ends the session from this side. Resolves when nothing is open any more. */
  async leave(end: SessionEnd): Promise<void> {
    if (this.#finish(end)) this.flow.finish({ over: end.error ?? over(end.reason) });
    this.flow.discard();
    await this.closed;
  }

  readonly handleTraffic = (size: number): void => {
    this.counters.frames++;
    this.counters.bytes += size;
  };

  handleControlStatus(status: ConnectionStatus): void {
    this.#handleStatus("control", status);
  }

  handleControlEvent(event: ControlEvent, sequence: bigint | undefined): void {
    // A goodbye's answer takes its time: what comes until then is nobody's any more.
    if (this.#end !== undefined) return;
    this.continues.handleEvent(event);
    if (event.type === "completed") {
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

  /** A control response that had come before. */
  handleControlRepetition(): void {
    this.counters.duplicatesDropped++;
  }

  handleSimulationError(message: string): void {
    this.counters.simulationErrors++;
    this.#context.logger.debug(`${this.#link.label}: simulation error: ${message}`);
  }

  handleControlEnd(error: SimulatorError | undefined): void {
    this.#isControlOver = true;
    if (error !== undefined) this.fail(error);
    this.#settleIfDone();
  }

  /** Ends the session with an error; what was received is still delivered. */
  fail(error: SimulatorError): void {
    if (!this.#finish({ reason: "failed", error })) return;
    this.#context.logger.error(`${this.#link.label}: ${error.message}`);
    this.flow.finish({ failed: error });
  }

  /** Whether this end is the one: the first that is told. */
  #finish(end: SessionEnd): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    this.#gate.shut(end.error ?? over(end.reason));
    this.continues.stop();
    this.#drain?.stop();
    if (!this.#isControlOver) this.#link.close(end.reason);
    for (const subscription of this.#subscriptions) void subscription.unsubscribe();
    this.#settleIfDone();
    return true;
  }

  #handleNotification(event: NotificationEvent, stream: Stream, slot: bigint, key: string): void {
    this.#drain?.handleActivity();
    this.flow.arrive({ event, stream, slot, key });
    this.#checkIntake();
  }

  #handleRepetition(): void {
    this.counters.duplicatesDropped++;
    this.#drain?.handleActivity();
  }

  #handleUnrecognized(event: UnrecognizedEvent): void {
    this.counters.malformed++;
    this.flow.arrive({ event, sequence: undefined });
  }

  #handleStatus(channel: string, status: ConnectionStatus): void {
    this.#listener.handleConnection({ channel, status });
    this.#gate.recheck();
    this.#drain?.handleActivity();
    this.#finishIfComplete();
    this.#checkIntake();
  }

  #handleSubscriptionEnd(subscription: ManagedSubscription, error: SimulatorError | undefined): void {
    this.#subscriptions.delete(subscription);
    if (error !== undefined) this.fail(error);
    this.#gate.recheck();
    this.#finishIfComplete();
    this.#settleIfDone();
  }

  #isAllUp(): boolean {
    return this.#link.status.state === "up" && [...this.#subscriptions].every(({ isSettled }) => isSettled);
  }

  #startDrain(): void {
    this.#drain = new DrainWatch({
      platform: this.#context.platform,
      idleMs: this.#context.timeouts.completionDrainMs,
      isAnyStreaming: () => [...this.#subscriptions].some(({ isStreaming }) => isStreaming),
      handleStalled: () => {
        const open = [...this.#subscriptions].map(({ kind }) => kind).join(", ");
        const message = `the run completed, but nothing came from its open subscriptions (${open}) for ${this.#context.timeouts.completionDrainMs} ms: what they would have brought is missing`;
        this.fail(new SimulatorError("subscriptionFailed", message));
      },
    });
  }

  /** Completed, and every subscription has come to its end: the last event can go out. */
  #finishIfComplete(): void {
    if (this.#completed === undefined || this.#end !== undefined) return;
    if (![...this.#subscriptions].every(({ isDone }) => isDone)) return;
    const { event, sequence } = this.#completed;
    this.flow.arriveLast(event, sequence, over("completed"));
    this.#finish({ reason: "completed" });
  }

  #settleIfDone(): void {
    if (this.#end === undefined || !this.#isControlOver || this.#subscriptions.size > 0) return;
    const end = this.#end;
    this.#settle(end);
    this.#listener.handleClose(end);
  }

  #checkIntake(): void {
    // A continue that waits to be written needs the control connection, however much is held: whoever awaits it takes nothing.
    this.#intake.check(this.flow.store, this.continues.isWaiting ? undefined : this.#link, this.#subscriptions);
  }
}

function over(reason: SessionEnd["reason"]): SimulatorError {
  return new SimulatorError("controlClosed", `the session is over: ${reason}`);
}
