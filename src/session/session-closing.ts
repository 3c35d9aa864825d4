import type { CompletedEvent } from "../channels/managed-events.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SessionContext } from "./context.js";
import type { Departure } from "./control/control-link.js";
import { DrainWatchdog } from "./drain-watchdog.js";
import type { SessionEvents } from "./events/session-events.js";
import type { ManagedSubscription } from "./managed-subscription.js";

/** How a session ended. */
export interface SessionEnd {
  /** How the session ended. */
  reason: "completed" | "shutdown" | "detached" | "failed";
  /** The error that ended the session. Present if `reason` is `failed`, or if an AbortSignal caused a shutdown. */
  error?: SimulatorError;
}

export interface SessionClosingOptions {
  context: Pick<SessionContext, "platform" | "timeouts" | "logger">;
  events: SessionEvents;
  /** The open subscriptions. */
  subscriptions: ReadonlySet<ManagedSubscription>;
  /** A name for logs. */
  label(): string;
  /** Called once, when the session has ended. Closes the connections that are still open. */
  handleEnd(error: SimulatorError, departure: Departure): void;
  /** Called once, when all connections are closed. */
  handleClosed(end: SessionEnd): void;
}

/**
 * Decides when a session is closed. After `completed`, it waits until all subscriptions have ended and all events have been
 * delivered. Until then, the session must exist on the server, so that it can be resumed from a checkpoint. A failure or a
 * shutdown ends the session at once.
 */
export class SessionClosing {
  readonly closed: Promise<SessionEnd>;
  readonly #options: SessionClosingOptions;
  #holds = 0;
  #completed: { event: CompletedEvent; sequence: bigint | undefined } | undefined;
  /** Whether all events have been received. If so, the session ends after the last delivery. */
  #isAllReceived = false;
  #drain: DrainWatchdog | undefined;
  #end: SessionEnd | undefined;
  #isControlOver = false;
  #isSettled = false;
  #settle: (end: SessionEnd) => void = () => {};

  constructor(options: SessionClosingOptions) {
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Whether the session has ended. Its connections may still be closing. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether the control connection has ended. */
  get isControlOver(): boolean {
    return this.#isControlOver;
  }

  /**
   * Called before a subscription is created. The session delivers `completed` only after the new subscription has ended.
   *
   * @throws SimulatorError `controlClosed`, or the error that the session failed with
   */
  admitSubscription(): void {
    if (this.#end !== undefined) throw this.#end.error ?? sessionOver(this.#end.reason);
    if (!this.#isAllReceived) return;
    if (!this.#options.events.reopen()) throw sessionOver("completed");
    this.#isAllReceived = false;
    this.#startDrain();
  }

  handleCompleted(event: CompletedEvent, sequence: bigint | undefined): void {
    this.#completed = { event, sequence };
    this.#startDrain();
  }

  /** Called when a subscription has received something, or its connection has changed. */
  handleSubscriptionActivity(): void {
    this.#drain?.handleActivity();
  }

  handleControlEnd(error: SimulatorError | undefined): void {
    this.#isControlOver = true;
    // After `completed`, no more control events can arrive: the loss of the control connection is not a failure.
    if (error !== undefined && this.#completed === undefined) this.fail(error);
  }

  /** Ends the session at the user's request. Resolves when all connections are closed. */
  async end(end: SessionEnd): Promise<void> {
    const { events } = this.#options;
    const over = this.#finish(end);
    if (over !== undefined) events.finish({ over });
    events.clear();
    await this.closed;
  }

  /** Ends the session with an error. Events that have been received are still delivered. */
  fail(error: SimulatorError): void {
    if (this.#finish({ reason: "failed", error }) === undefined) return;
    const { context, events, label } = this.#options;
    context.logger.error(`${label()}: ${error.message}`);
    events.finish({ failed: error });
  }

  /** Keeps the session open until `release`, even if all events have been delivered. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    this.closeIfDelivered();
  }

  /** Buffers the last event when the session has completed and every subscription has ended. */
  finishIfComplete(): void {
    if (this.#completed === undefined || this.#isAllReceived || this.#end !== undefined) return;
    for (const { isDone } of this.#options.subscriptions) if (!isDone) return;
    this.#isAllReceived = true;
    this.#drain?.stop();
    const { event, sequence } = this.#completed;
    this.#options.events.complete(event, sequence, { over: sessionOver("completed") });
    this.closeIfDelivered();
  }

  /** Ends a session of `client.observe()` when the last subscription has ended. */
  finishIfUnsubscribed(): void {
    const { events, subscriptions } = this.#options;
    if (subscriptions.size > 0 || this.#end !== undefined) return;
    this.#isAllReceived = true;
    events.finish({ over: sessionOver("completed") });
    this.closeIfDelivered();
  }

  /** Closes the session on the server when all events have been delivered. A closed session cannot be resumed. */
  closeIfDelivered(): void {
    const isHandled = this.#holds === 0 && this.#options.events.isDelivered;
    if (this.#isAllReceived && this.#end === undefined && isHandled) this.#finish({ reason: "completed" });
  }

  /** Settles `closed` if the session has ended and all connections are closed. */
  settleIfDone(): void {
    const { subscriptions, handleClosed } = this.#options;
    if (this.#isSettled || this.#end === undefined || !this.#isControlOver || subscriptions.size > 0) return;
    this.#isSettled = true;
    this.#settle(this.#end);
    handleClosed(this.#end);
  }

  /** Ends the session. Returns the error for later calls, or `undefined` if the session has already ended. */
  #finish(end: SessionEnd): SimulatorError | undefined {
    if (this.#end !== undefined) return undefined;
    const error = end.error ?? sessionOver(end.reason);
    this.#end = end;
    this.#drain?.stop();
    // A session that failed on the client's side is kept on the server, like a detached session, so that it can be resumed.
    const isResumable = end.reason === "detached" || (end.reason === "failed" && end.error?.code !== "remote");
    this.#options.handleEnd(error, isResumable ? "keep" : "close");
    this.settleIfDone();
    return error;
  }

  #startDrain(): void {
    const { context, subscriptions } = this.#options;
    const { platform, timeouts } = context;
    this.#drain = new DrainWatchdog({
      platform,
      idleMs: timeouts.completionDrainMs,
      isAnyStreaming: () => [...subscriptions].some(({ isStreaming }) => isStreaming),
      handleStalled: () => {
        const open = [...subscriptions].map(({ id }) => id).join(", ");
        const message = `the session completed, but its open subscriptions (${open}) received nothing for ${timeouts.completionDrainMs} ms: events are missing`;
        this.fail(new SimulatorError("subscriptionFailed", message));
      },
    });
  }
}

function sessionOver(reason: SessionEnd["reason"]): SimulatorError {
  return new SimulatorError("controlClosed", `the session has ended: ${reason}`);
}
