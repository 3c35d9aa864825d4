import type { CursorState } from "../channels/cursor.js";
import { SubscriptionChannel, type SubscriptionOptions, type SubscriptionSink } from "../channels/subscription-channel.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import { ConnectionRunner, type RunnerOptions } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SocketTarget } from "../transport/socket.js";
import type { SessionContext } from "./context.js";
import { connectionFailure } from "./failures.js";

/** One call's subscriptions: one connection, with its filters in order. */
export interface Subscription {
  readonly kind: SubscriptionKindName;
  /** Programs, accounts or signatures, in the order they were given; one empty text where the kind has none. */
  readonly filters: readonly string[];
  /** Resolves when every one of them is subscribed for the first time; rejects if that fails. */
  readonly ready: Promise<void>;
  readonly connection: ConnectionStatus;
  /** Ends it; what was received is still delivered. */
  unsubscribe(): Promise<void>;
}

/** What is subscribed to. */
export interface SubscriptionSpec {
  readonly kind: SubscriptionKindName;
  readonly filters: readonly string[];
  /** Goes into each subscribe's config. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where each filter's stream goes on from. */
  readonly cursors?: readonly (CursorState | undefined)[];
}

export interface SubscriptionOwner extends SubscriptionSink {
  handleTraffic(size: number): void;
  /** The connection changed. */
  handleSubscriptionStatus(subscription: ManagedSubscription, status: ConnectionStatus): void;
  /** It is over: complete, unsubscribed, or failed. */
  handleSubscriptionEnd(subscription: ManagedSubscription, error: SimulatorError | undefined): void;
}

export class ManagedSubscription implements Subscription {
  readonly kind: SubscriptionKindName;
  readonly filters: readonly string[];
  readonly spec: SubscriptionSpec;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly channel: SubscriptionChannel;
  readonly #runner: ConnectionRunner;
  #isReadingPaused = false;
  #isOver = false;

  constructor(
    context: SessionContext,
    spec: SubscriptionSpec,
    target: () => SocketTarget,
    { coordinator, range }: { coordinator: RunnerOptions["coordinator"]; range?: SubscriptionOptions["range"] },
    owner: SubscriptionOwner,
  ) {
    const { newDecoder, validate, timeouts } = context;
    this.spec = spec;
    this.kind = spec.kind;
    this.filters = [...spec.filters];
    this.channel = new SubscriptionChannel({
      ...spec,
      range,
      handshakeMs: timeouts.handshakeMs,
      newDecoder,
      validate,
      target,
      sink: owner,
    });
    let settleReady = { resolve: (): void => {}, reject: (_: SimulatorError): void => {} };
    this.ready = new Promise((resolve, reject) => {
      settleReady = { resolve, reject };
    });
    // Who never asks is told by the session's failure.
    this.ready.catch(() => {});
    let settleEnded = (): void => {};
    this.ended = new Promise((resolve) => {
      settleEnded = resolve;
    });
    this.#runner = new ConnectionRunner(this.channel, {
      ...context,
      coordinator,
      handleTraffic: (size) => owner.handleTraffic(size),
      handleStatus: (status) => {
        if (status.state === "up") settleReady.resolve();
        owner.handleSubscriptionStatus(this, status);
      },
      handleEnd: (failure) => {
        this.#isOver = true;
        const what = `the ${this.kind} subscription`;
        const error = failure && connectionFailure("subscriptionFailed", what, failure);
        settleReady.reject(error ?? new SimulatorError("controlClosed", `${what} was closed before it was up`));
        settleEnded();
        owner.handleSubscriptionEnd(this, error);
      },
    });
  }

  get connection(): ConnectionStatus {
    return this.#runner.status;
  }

  /** Whether it has nothing more to say: what may still be open is a socket whose peer takes its time to close. */
  get isDone(): boolean {
    return this.#isOver || this.connection.state === "closed";
  }

  /** Nothing of it holds a continue up: it is up, or it is done. */
  get isSettled(): boolean {
    return this.isDone || this.connection.state === "up";
  }

  /** Whether notifications could come in right now. */
  get isStreaming(): boolean {
    return this.connection.state === "up" && !this.#isReadingPaused;
  }

  start(): void {
    this.#runner.start();
  }

  async unsubscribe(): Promise<void> {
    this.#runner.close();
    await this.ended;
  }

  pauseIntake(): void {
    this.#isReadingPaused = true;
    this.#runner.pauseIntake();
  }

  resumeIntake(): void {
    this.#isReadingPaused = false;
    this.#runner.resumeIntake();
  }
}
