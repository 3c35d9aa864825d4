import type { ContinuityEvent, NotificationEvent, SubscriptionEvent, UnrecognizedEvent } from "../channels/managed-events.js";
import { SubscriptionChannel } from "../channels/subscription-channel.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import { ConnectionRunner, type RunnerOptions } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { cancelled } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { onAbort } from "../transport/on-abort.js";
import type { SocketTarget } from "../transport/socket.js";
import type { SessionContext } from "./context.js";
import { connectionFailure } from "./control/connection-failure.js";
import type { SlotRange } from "./coverage.js";
import { callListener, rethrowLater } from "./events/call-listener.js";
import { StreamEmitter } from "./events/stream-emitter.js";
import type { SubscriptionEvents } from "./events/subscription-events.js";
import type { Subscription, SubscriptionEmitterEvents } from "./subscription.js";
import type { SubscriptionSpec } from "./subscription-spec.js";

/** The owner of a subscription: its session. */
export interface SubscriptionOwner {
  openEvents(id: string, emit: (event: SubscriptionEvent) => void): SubscriptionEvents;
  handleTraffic(size: number): void;
  handleDecoded(size: number): void;
  /** Called when a notification arrives. */
  handleSubscriptionActivity(): void;
  handleDuplicate(): void;
  handleSubscriptionEvent(events: SubscriptionEvents, event: UnrecognizedEvent | ContinuityEvent, size: number): void;
  handleSubscriptionStatus(subscription: ManagedSubscription, status: ConnectionStatus): void;
  /** Called when a subscription has ended: it is complete, unsubscribed, or failed. */
  handleSubscriptionEnd(subscription: ManagedSubscription, error: SimulatorError | undefined): void;
}

export interface ManagedSubscriptionOptions extends SubscriptionSpec {
  readonly id: string;
  readonly coordinator: RunnerOptions["coordinator"];
  /** The session's slots. `undefined` if they are unknown. */
  readonly range: SlotRange | undefined;
  target(): SocketTarget;
}

/** The subscriptions of one `subscribe…` call: their connection, and their events. */
export class ManagedSubscription extends StreamEmitter<SubscriptionEmitterEvents> implements Subscription {
  readonly id: string;
  readonly kind: SubscriptionKindName;
  readonly filters: readonly string[];
  readonly config: Readonly<Record<string, unknown>> | undefined;
  readonly ready: Promise<void>;
  readonly channel: SubscriptionChannel;
  readonly #owner: SubscriptionOwner;
  readonly #runner: ConnectionRunner;
  readonly #events: SubscriptionEvents;
  readonly #ended: Promise<void>;
  #settleReady = { resolve: (): void => {}, reject: (_: SimulatorError): void => {} };
  #settleEnded = (): void => {};
  #stopListening = (): void => {};
  #cancelled: SimulatorError | undefined;
  #isIntakePaused = false;
  #isOver = false;

  constructor(context: SessionContext, owner: SubscriptionOwner, options: ManagedSubscriptionOptions) {
    super();
    const { id, kind, filters, config, cursors, range, target, coordinator } = options;
    const { newDecoder, validate, timeouts, redact } = context;
    this.id = id;
    this.kind = kind;
    this.filters = [...filters];
    this.config = config;
    this.#owner = owner;
    const events = owner.openEvents(id, (event) => this.#emit(event));
    this.#events = events;
    this.channel = new SubscriptionChannel({
      id,
      kind,
      filters,
      config,
      cursors,
      range,
      handshakeMs: timeouts.handshakeMs,
      newDecoder,
      validate,
      target,
      redact,
      sink: {
        handleNotification: (event, stream, slot, key, size) => {
          owner.handleSubscriptionActivity();
          events.handleNotification(event, stream, slot, key, size);
        },
        handleDuplicate: () => owner.handleDuplicate(),
        handleUnrecognized: (event) => owner.handleSubscriptionEvent(events, event, event.raw.length),
        handleContinuity: (event) => owner.handleSubscriptionEvent(events, event, 0),
        handleDecoded: (size) => owner.handleDecoded(size),
      },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // If the user does not await `ready`, its rejection must not become an unhandled rejection. The session's failure reports the
    // same error.
    this.ready.catch(() => {});
    this.#ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    this.#runner = new ConnectionRunner(this.channel, {
      ...context,
      coordinator,
      handleTraffic: (size) => owner.handleTraffic(size),
      handleStatus: (status) => {
        if (status.state === "up") this.#settleReady.resolve();
        owner.handleSubscriptionStatus(this, status);
        if (this.listenerCount("connection") > 0) {
          callListener(() => this.emit("connection", { channel: kind, subscriptionId: id, status }));
        }
      },
      handleEnd: (failure) => this.#handleEnd(failure && connectionFailure("subscriptionFailed", `subscription ${id}`, failure)),
    });
  }

  get connection(): ConnectionStatus {
    return this.#runner.status;
  }

  /** Whether no more events can arrive. The socket may still be closing. */
  get isDone(): boolean {
    return this.#isOver || this.connection.state === "closed";
  }

  /** Whether the subscription is up or done. A continue request waits until all subscriptions are up or done. */
  get isSettled(): boolean {
    return this.isDone || this.connection.state === "up";
  }

  /** Whether notifications could arrive right now. */
  get isStreaming(): boolean {
    return this.connection.state === "up" && !this.#isIntakePaused;
  }

  /** Opens the connection. @param signal unsubscribes when it fires */
  start(signal: AbortSignal | undefined): void {
    this.#stopListening = onAbort(signal, () => {
      this.#cancelled = cancelled(`subscription ${this.id}`, signal);
      void this.unsubscribe();
    });
    this.#runner.start();
  }

  async unsubscribe(): Promise<void> {
    this.#runner.close();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<SubscriptionEvent> {
    return this.#events.iterate();
  }

  release(): void {
    this.#events.release();
  }

  pauseIntake(): void {
    this.#isIntakePaused = true;
    this.#runner.pauseIntake();
  }

  resumeIntake(): void {
    this.#isIntakePaused = false;
    this.#runner.resumeIntake();
  }

  protected override startFlow(): void {
    this.#events.startFlow();
  }

  protected override stopFlow(): void {
    this.#events.stopFlow();
  }

  #emit(event: NotificationEvent | ContinuityEvent | UnrecognizedEvent): void {
    try {
      this.emit(event.type, event as never);
    } catch (error) {
      rethrowLater(error);
    }
  }

  #handleEnd(error: SimulatorError | undefined): void {
    this.#isOver = true;
    this.#stopListening();
    const ended = this.#cancelled ?? new SimulatorError("controlClosed", `subscription ${this.id} has ended`);
    this.#settleReady.reject(error ?? ended);
    this.#events.finish(error === undefined ? { over: ended } : { failed: error });
    this.#settleEnded();
    this.#owner.handleSubscriptionEnd(this, error);
  }
}
