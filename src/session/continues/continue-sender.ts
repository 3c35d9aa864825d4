import type { ContinuityEvent, ControlEvent, ManagedEvent } from "../../channels/managed-events.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { Platform } from "../../transport/platform.js";
import type { Gate } from "../events/gate.js";
import type { ContinueRequest } from "./continue-params.js";
import { afterEvent, type PendingContinue } from "./continue-phase.js";
import { ContinueUncertainty } from "./continue-uncertainty.js";
import { isStop, type StopState, StopTracker } from "./stop-tracker.js";

/** The state of a session's continue requests, for a checkpoint. */
export interface ContinueState extends StopState {
  inFlight: PendingContinue | undefined;
}

export interface ContinueSenderOptions {
  platform: Platform;
  /** The client's option `timeouts.continueTimeoutMs`. */
  continueTimeoutMs: number;
  gate: Gate;
  /** Whether the control connection is up, and reading is not paused. */
  isReading(): boolean;
  isAllUp(): boolean;
  /** Writes a request to the control connection. Returns `false` if no socket is open. */
  write(request: ContinueRequest): boolean;
  /** Resumes reading from the control connection, so that the response can be received. */
  resumeIntake(): void;
  report(event: ContinuityEvent): void;
  /** Reports whether a response from the server is pending. May report the same value several times. */
  handlePending(isPending: boolean): void;
  /** The state of a resumed session. */
  resumed?: ContinueState | undefined;
}

export interface SendOptions {
  /** Cancels the request while it is waiting to be written. */
  signal?: AbortSignal | undefined;
  /** Whether the caller is `run()`. */
  isFromRun?: boolean;
  /** Called just before the request is written. */
  handleRegistered?(): void;
}

/** How a control event relates to the continue request in flight. An `early` event happened before that request. */
export type EventRole = "early" | "answer" | "other";

/**
 * Sends the continue requests of a session, one at a time. Resends a lost request only while `run()` is active.
 */
export class ContinueSender {
  readonly #options: ContinueSenderOptions;
  readonly #stops: StopTracker;
  readonly #uncertainty: ContinueUncertainty;
  #isWaiting = false;
  #inFlight: PendingContinue | undefined;
  #isOver = false;
  #isCompleted = false;
  #runs = 0;

  constructor(options: ContinueSenderOptions) {
    const { resumed, platform, continueTimeoutMs } = options;
    this.#options = options;
    this.#inFlight = resumed?.inFlight;
    this.#stops = new StopTracker(resumed);
    this.#uncertainty = new ContinueUncertainty({
      platform,
      continueTimeoutMs,
      handleUncertain: () => this.#reportUncertain(),
      handleNoProgress: (request) => this.#resend(request),
    });
  }

  /** The state for a checkpoint. It does not contain a request that is still waiting to be written. */
  get state(): ContinueState {
    return { ...this.#stops.state, inFlight: this.#inFlight };
  }

  /** Whether a continue request is waiting to be written. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether `completed` has arrived. */
  get isCompleted(): boolean {
    return this.#isCompleted;
  }

  /** Whether a stop has been delivered and no continue request has followed it yet. */
  get isAtStop(): boolean {
    return this.#stops.isAtStop && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /**
   * Whether the server is waiting for a continue request. `true` as soon as a stop (`readyForContinue` or `paused`) arrives, even
   * before the stop is delivered to the consumer.
   */
  get isServerStopped(): boolean {
    return this.#stops.isServerStopped && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /** Called when `run()` begins. Returns a function that ends the run. During a run, the sender resends a lost continue request. */
  enterRun(): () => void {
    this.#runs++;
    if (this.#inFlight?.phase === "uncertain" && !this.#isOver) this.#uncertainty.watchProgress(this.#inFlight.request);
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#runs--;
      hasLeft = true;
    };
  }

  /**
   * Sends a request as soon as all connections are up. Resolves when the request has been written.
   *
   * @throws SimulatorError `runActive`, `continueInFlight`, `controlClosed`, `cancelled`, or the error that the session failed with
   */
  async send(request: ContinueRequest, options: SendOptions = {}): Promise<void> {
    if (this.#isOver) throw this.#options.gate.shutWith ?? completed();
    if (this.#runs > 0 && !options.isFromRun) throw runActive();
    if (this.#isWaiting || (this.#inFlight !== undefined && !mayFollow(this.#inFlight, request))) {
      throw new SimulatorError("continueInFlight", "another continue is pending: wait for readyForContinue or paused");
    }
    this.#isWaiting = true;
    try {
      await this.#write(request, options);
    } finally {
      this.#isWaiting = false;
    }
  }

  async #write(request: ContinueRequest, { signal, handleRegistered }: SendOptions): Promise<void> {
    const { gate, isAllUp, resumeIntake, write } = this.#options;
    for (;;) {
      // Waits until all connections are up. If the session completes (`#isOver`), the connections stay down and the wait ends.
      await gate.wait(() => this.#isOver || isAllUp(), "the continue", signal);
      if (this.#isOver) throw completed();
      resumeIntake();
      if (!isAllUp()) continue;
      const restore = this.#register(request);
      this.#isWaiting = false;
      handleRegistered?.();
      if (write(request)) return;
      this.#isWaiting = true;
      restore();
      // The socket is closing. Waits until the connection is reported as lost.
      await gate.wait(() => !isAllUp(), "the continue", signal);
    }
  }

  /**
   * Registers a request before it is written, because the response may arrive during the write. Returns a function that restores
   * the previous state.
   */
  #register(request: ContinueRequest): () => void {
    const before = this.#inFlight;
    const registered: PendingContinue = { request, phase: "written" };
    const restoreStop = this.#stops.handleContinue();
    this.#setInFlight(registered);
    return () => {
      if (this.#inFlight !== registered) return;
      restoreStop();
      this.#setInFlight(before);
    };
  }

  /** Called when a control event arrives. Returns how it relates to the request in flight. */
  handleEvent(event: ControlEvent): EventRole {
    if (event.type === "completed") {
      this.#isOver = true;
      this.#isCompleted = true;
      this.#reportPending();
      this.#options.gate.recheck();
    }
    const time = this.#stops.handleEvent(event, this.#inFlight !== undefined);
    if (isStop(event)) this.#reportPending();
    if (time === "early") return "early";
    if (this.#inFlight === undefined) return "other";
    const next = afterEvent(this.#inFlight, event);
    if (next === this.#inFlight) return "other";
    this.#setInFlight(next);
    return next === undefined ? "answer" : "other";
  }

  /** Called when an event has been delivered to the consumer. */
  handleDelivered(event: ManagedEvent): void {
    this.#stops.handleDelivered(event);
  }

  /** Called when the control connection is up. */
  handleUp(): void {
    this.#reportPending();
  }

  /** Called when the control connection is up again, or when reading from the connection resumes. */
  handleResumed(): void {
    if (this.#inFlight !== undefined && this.#inFlight.phase !== "received" && !this.#isOver) this.#uncertainty.handleResumed();
  }

  stop(): void {
    this.#isOver = true;
    this.#uncertainty.stop();
    this.#options.handlePending(false);
  }

  #reportUncertain(): void {
    const { isReading, report } = this.#options;
    // No request is pending, or the client reads no events. In the second case, an unread event can be the response.
    if (this.#inFlight === undefined || !isReading()) return;
    const { request, phase } = this.#inFlight;
    this.#uncertainty.watchProgress(request);
    if (phase === "uncertain") return;
    this.#setInFlight({ request, phase: "uncertain" });
    report({ type: "continuity", kind: "continueUncertain", request: request.method });
  }

  /**
   * Called when the session makes no progress. During `run()`, sends the continue request again. If a connection is down, restarts
   * the timer instead.
   */
  #resend(request: ContinueRequest): void {
    const { isAllUp, isReading, write } = this.#options;
    if (this.#runs === 0) return;
    if (!this.#isWaiting && isReading() && isAllUp()) {
      const restore = this.#register(request);
      if (write(request)) return;
      restore();
    }
    this.#uncertainty.watchProgress(request);
  }

  #setInFlight(inFlight: PendingContinue | undefined): void {
    this.#inFlight = inFlight;
    // Without an `uncertain` request, the timer that detects missing progress is not needed.
    if (inFlight?.phase !== "uncertain") this.#uncertainty.stop();
    this.#reportPending();
  }

  #reportPending(): void {
    this.#options.handlePending(!this.#isOver && (this.#inFlight !== undefined || !this.#stops.isServerStopped));
  }
}

/** Whether `next` can be sent while another request is in flight. */
function mayFollow({ phase }: PendingContinue, next: ContinueRequest): boolean {
  return phase === "uncertain" || next.method === "continueTo";
}

function completed(): SimulatorError {
  return new SimulatorError("controlClosed", "the session has completed: there is nothing to continue");
}

function runActive(): SimulatorError {
  const message = "run() sends the continues of this session: end its loop before you send your own";
  return new SimulatorError("runActive", message);
}
