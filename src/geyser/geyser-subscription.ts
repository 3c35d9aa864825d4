import type { SessionRange } from "../channels/slot-check.js";
import { ConnectionRunner } from "../connection/runner.js";
import type { ConnectionStatus } from "../connection/status.js";
import { cancelled } from "../protocol/error-helpers.js";
import type { SubscribeRequestMessage } from "../protocol/geyser/geyser-messages.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SessionContext } from "../session/context.js";
import { connectionFailure } from "../session/control/connection-failure.js";
import { DrainWatchdog } from "../session/drain-watchdog.js";
import { callListener } from "../session/events/call-listener.js";
import { StreamEmitter } from "../session/events/stream-emitter.js";
import type { SessionEngine } from "../session/session-engine.js";
import type { SubscribableSession } from "../session/subscribable-session.js";
import { onAbort } from "../transport/on-abort.js";
import type { Platform } from "../transport/platform.js";
import type { SocketTarget } from "../transport/socket.js";
import { GeyserChannel } from "./geyser-channel.js";
import type { GeyserEvent } from "./geyser-events.js";
import { GeyserQueue } from "./geyser-queue.js";
import { GRPC_SOCKET } from "./grpc-socket.js";

/** The events that a Geyser subscription emits to its listeners. */
export type GeyserEmitterEvents = {
  [E in GeyserEvent as E["type"]]: (event: E) => void;
} & {
  /** The connection has changed its state. A listener for this event does not consume updates. */
  connection: (status: ConnectionStatus) => void;
};

/** How a Geyser subscription ended. */
export interface GeyserEnd {
  /**
   * `completed`: all updates of the session were received. `closed`: `unsubscribe`, a signal or the session ended the
   * subscription.
   */
  reason: "completed" | "closed" | "failed";
  /** Why the subscription failed. Present only if `reason` is `failed`. */
  error?: SimulatorError;
}

export interface GeyserSubscriptionOptions {
  id: string;
  session: SubscribableSession;
  engine: SessionEngine;
  context: SessionContext;
  request: SubscribeRequestMessage;
  fromSlot: bigint | undefined;
  drainMs: number;
  signal: AbortSignal | undefined;
  target(): Promise<SocketTarget>;
}

/**
 * How long an ended stream waits for the event `completed` of its session, in ms. The wait is needed because the end of the
 * stream and `completed` arrive on different connections.
 */
const COMPLETED_GRACE_MS = 2_000;

/**
 * A Yellowstone stream of a session. It reconnects and continues like other subscriptions, and delivers each update once. You
 * consume it separately: its updates are not part of the session's stream.
 *
 * The session stays open on the server until the stream has ended.
 *
 * @example
 * const stream = subscribeGeyser(session, { transactions: { all: {} } });
 * for await (const event of stream) if (event.type === "transaction") console.log(event.slot, event.transaction.signature);
 */
export class GeyserSubscription
  extends StreamEmitter<GeyserEmitterEvents>
  implements AsyncIterable<GeyserEvent>, AsyncDisposable
{
  /** An id that is unique in the session, such as `geyser-1`. */
  readonly id: string;
  /**
   * Resolves when the server has accepted the subscribe request for the first time. Rejects if the subscription ends before that.
   */
  readonly ready: Promise<void>;
  /** Resolves when the connection has ended. Buffered updates can still be delivered. Never rejects. */
  readonly closed: Promise<GeyserEnd>;
  readonly #options: GeyserSubscriptionOptions;
  readonly #channel: GeyserChannel;
  readonly #runner: ConnectionRunner;
  readonly #queue: GeyserQueue;
  #settleReady = { resolve: (): void => {}, reject: (_: SimulatorError): void => {} };
  #settleClosed: (end: GeyserEnd) => void = () => {};
  #stopListening = (): void => {};
  #drain: DrainWatchdog | undefined;
  /** Why the client has ended the subscription. */
  #stopped: SimulatorError | undefined;
  #isOver = false;
  #isIntakePaused = false;

  /** @internal Use `subscribeGeyser`. */
  constructor(options: GeyserSubscriptionOptions) {
    super();
    const { id, engine, context, request, fromSlot, target } = options;
    this.id = id;
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // If the user does not await `ready`, its rejection must not become an unhandled rejection.
    this.ready.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#queue = new GeyserQueue({
      label: `subscription ${id}`,
      limits: { events: context.maxBufferedEvents, bytes: context.maxBufferedBytes },
      connection: {
        pauseIntake: () => this.#setIntake(false),
        resumeIntake: () => this.#setIntake(true),
      },
      emit: (event) => this.emit(event.type, event as never),
    });
    this.#channel = new GeyserChannel({
      id,
      request,
      fromSlot,
      range: engine.link.range as SessionRange | undefined,
      handshakeMs: context.timeouts.handshakeMs,
      redact: context.redact,
      target,
      hasCompleted: () => this.#hasCompleted(),
      sink: {
        handleUpdate: (event, size) => {
          this.#drain?.handleActivity();
          this.#queue.push(event, size);
        },
        handleDuplicate: () => engine.handleDuplicate(),
        handleContinuity: (event) => {
          if (event.kind === "resumed") engine.counters.countReconnect("geyser");
          this.#queue.push(event, 0);
        },
        handleUnrecognized: (event) => {
          engine.counters.malformed++;
          this.#queue.push(event, event.raw.length);
        },
      },
    });
    this.#runner = new ConnectionRunner(this.#channel, {
      ...context,
      platform: withGrpc(context.platform),
      coordinator: engine.link.coordinator,
      handleTraffic: (size) => engine.handleTraffic(size),
      handleStatus: (status) => this.#handleStatus(status),
      handleEnd: (failure) => this.#handleEnd(failure && connectionFailure("subscriptionFailed", `subscription ${id}`, failure)),
    });
  }

  /** The state of the connection. */
  get connection(): ConnectionStatus {
    return this.#runner.status;
  }

  /** The slot of the last delivered update. Pass it as `fromSlot` to continue in another process. */
  get position(): bigint | undefined {
    return this.#queue.deliveredSlot;
  }

  /** Number of updates that have been received and not delivered yet. */
  get buffered(): number {
    return this.#queue.length;
  }

  /** @internal */
  start(): void {
    const { session, engine, signal } = this.#options;
    engine.closing.hold();
    const handleProgress = (): void => this.#startDrain();
    session.on("progress", handleProgress);
    const stopSignal = onAbort(signal, () => this.#stop(cancelled(`subscription ${this.id}`, signal)));
    this.#stopListening = () => {
      session.off("progress", handleProgress);
      stopSignal();
    };
    void session.closed.then(({ error }) => this.#stop(error ?? new SimulatorError("controlClosed", "the session has ended")));
    this.#runner.start();
    this.#startDrain();
  }

  /** Ends the subscription. Updates that have been received are still delivered. Resolves when the connection is closed. */
  async unsubscribe(): Promise<void> {
    this.#stop(new SimulatorError("controlClosed", `subscription ${this.id} has ended`));
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  /**
   * Iterates over the updates. After a `break`, updates are buffered for the next consumer.
   *
   * @throws SimulatorError `consumerBusy` from the first `next()` if another iteration is still running. Also throws the error
   * that ended the subscription
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<GeyserEvent> {
    return this.#queue.iterate();
  }

  protected override startFlow(): void {
    this.#queue.startFlow();
  }

  protected override stopFlow(): void {
    this.#queue.stopFlow();
  }

  #setIntake(isOpen: boolean): void {
    this.#isIntakePaused = !isOpen;
    if (isOpen) this.#runner.resumeIntake();
    else this.#runner.pauseIntake();
  }

  #stop(error: SimulatorError): void {
    if (this.#isOver || this.#stopped !== undefined) return;
    this.#stopped = error;
    this.#runner.close();
  }

  /** After the session has completed, ends the stream when no update arrives for `drainMs`. */
  #startDrain(): void {
    const { context, drainMs, engine } = this.#options;
    if (this.#drain !== undefined || this.#isOver || !engine.coverage.coverage.completed) return;
    this.#drain = new DrainWatchdog({
      platform: context.platform,
      idleMs: drainMs,
      isAnyStreaming: () => this.connection.state === "up" && !this.#isIntakePaused,
      handleStalled: () => this.#channel.end(),
    });
  }

  async #hasCompleted(): Promise<boolean> {
    const { engine, session, context } = this.#options;
    const { platform } = context;
    const { coverage } = engine;
    if (coverage.coverage.completed) return true;
    return new Promise((resolve) => {
      const settle = (): void => {
        platform.clearTimeout(timer);
        session.off("progress", handleProgress);
        resolve(coverage.coverage.completed);
      };
      const handleProgress = (): void => {
        if (coverage.coverage.completed) settle();
      };
      const timer = platform.setTimeout(settle, COMPLETED_GRACE_MS);
      session.on("progress", handleProgress);
    });
  }

  #handleStatus(status: ConnectionStatus): void {
    const { engine, context } = this.#options;
    if (status.state === "up") this.#settleReady.resolve();
    if (status.state === "down" && status.phase === "backingOff") {
      engine.counters.countLoss("geyser", status.reason ?? "unknown");
      context.logger.debug(`${engine.link.label}: the connection of ${this.id} was lost: ${status.reason ?? "unknown"}`);
    }
    this.#drain?.handleActivity();
    callListener(() => this.emit("connection", status));
    // Pauses a new connection if the queue is full.
    this.#queue.checkIntake();
  }

  #handleEnd(error: SimulatorError | undefined): void {
    const { engine, context } = this.#options;
    this.#isOver = true;
    this.#drain?.stop();
    this.#stopListening();
    if (error !== undefined) context.logger.error(`${engine.link.label}: ${error.message}`);
    const stopped = this.#stopped;
    const over = stopped ?? new SimulatorError("controlClosed", `subscription ${this.id} has ended`);
    this.#settleReady.reject(error ?? over);
    // `controlClosed` means a normal close of the subscription or session. After any other error, such as `cancelled`, events can
    // be missing.
    const isIncomplete = stopped !== undefined && stopped.code !== "controlClosed";
    const failed = error ?? (isIncomplete ? stopped : undefined);
    this.#queue.finish(failed === undefined ? { over } : { failed });
    if (failed !== undefined) this.#settleClosed({ reason: error === undefined ? "closed" : "failed", error: failed });
    else this.#settleClosed({ reason: stopped === undefined ? "completed" : "closed" });
    engine.closing.release();
  }
}

/** Returns a copy of `platform` that opens gRPC streams instead of WebSockets. */
function withGrpc(platform: Platform): Platform {
  return {
    now: () => platform.now(),
    setTimeout: (callback, ms) => platform.setTimeout(callback, ms),
    clearTimeout: (timer) => platform.clearTimeout(timer),
    random: () => platform.random(),
    randomHex: (bytes) => platform.randomHex(bytes),
    WebSocket: GRPC_SOCKET,
    fetch: (input, init) => platform.fetch(input, init),
    hasPage: platform.hasPage,
    onPageEvent: (callback) => platform.onPageEvent(callback),
  };
}
