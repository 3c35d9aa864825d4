import type { ContinuityEvent, ControlEvent, ManagedEvent } from "../../channels/managed-events.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { Platform } from "../../transport/platform.js";
import type { Gate } from "../events/gate.js";
import type { ContinueRequest } from "./continue-params.js";
import { afterEvent, type PendingContinue } from "./continue-phase.js";
import { ContinueUncertainty } from "./continue-uncertainty.js";
import { isStop, type StopState, StopTracker } from "./stop-tracker.js";

/** The state of a session's continues, for a checkpoint. */
export interface ContinueState extends StopState {
  inFlight: PendingContinue | undefined;
}

export interface ContinueSenderOptions {
  platform: Platform;
  /** `timeouts.continueTimeoutMs`. */
  continueTimeoutMs: number;
  gate: Gate;
  isControlUp(): boolean;
  isAllUp(): boolean;
  /** Writes a request to the control connection; `false` if no socket is open. */
  write(request: ContinueRequest): boolean;
  /** Makes sure that the response can be read. */
  resumeIntake(): void;
  report(event: ContinuityEvent): void;
  /** Whether a response is pending has changed. */
  handlePending(isPending: boolean): void;
  /** The state of a resumed session. */
  resumed?: ContinueState | undefined;
}

export interface SendOptions {
  /** Cancels the continue while it waits to be written. */
  signal?: AbortSignal | undefined;
  /** The sender is `run()` itself. */
  isFromRun?: boolean;
  /** Called when the continue is in flight, right before it is written. */
  handleRegistered?(): void;
}

/** What a control event is to the continue in flight: `early` ones belong to the time before it. */
export type EventRole = "early" | "answer" | "other";

/**
 * Sends the continues of a session: one in flight at a time. Each is registered before it is written, and written once, unless
 * `run()` is active.
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

  /** The state in a checkpoint. It does not contain a waiting continue, which was never written. */
  get state(): ContinueState {
    return { ...this.#stops.state, inFlight: this.#inFlight };
  }

  /** Whether a continue waits to be written. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether `completed` has arrived. */
  get isCompleted(): boolean {
    return this.#isCompleted;
  }

  /** Whether a stop was delivered that no continue has followed yet. */
  get isAtStop(): boolean {
    return this.#stops.isAtStop && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /** Whether the server waits for a continue, even if the stop was not delivered yet. */
  get isServerStopped(): boolean {
    return this.#stops.isServerStopped && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /** A run begins, which sends continues and resends a lost one. Returns a function that ends it. */
  enterRun(): () => void {
    this.#runs++;
    if (this.#inFlight?.phase === "uncertain") this.#uncertainty.watchProgress(this.#inFlight.request);
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#runs--;
      hasLeft = true;
    };
  }

  /**
   * Sends a request as soon as all connections are up. Resolves when it is written.
   *
   * @throws SimulatorError `runActive`, `continueInFlight`, `controlClosed`, `cancelled`, or what the session failed with
   */
  async send(request: ContinueRequest, options: SendOptions = {}): Promise<void> {
    if (this.#isOver) throw this.#options.gate.shutWith ?? completed();
    if (this.#runs > 0 && !options.isFromRun) throw runActive();
    if (this.#isWaiting || (this.#inFlight !== undefined && !mayFollow(this.#inFlight, request))) {
      throw new SimulatorError(
        "continueInFlight",
        "another continue is being answered: wait for readyForContinue or paused before you send the next one",
      );
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
      // A completed session may wait long for the ends of its subscriptions, which may depend on the caller of this method.
      await gate.wait(() => this.#isOver || isAllUp(), "the continue", signal);
      if (this.#isOver) throw completed();
      resumeIntake();
      if (!isAllUp()) continue;
      const restore = this.#register(request);
      handleRegistered?.();
      if (write(request)) return;
      restore();
      // The socket is closing, and its end has not been reported yet.
      await gate.wait(() => !isAllUp(), "the continue", signal);
    }
  }

  /** Registers a continue before it is written: a server may answer within the write. Returns a function that undoes this. */
  #register(request: ContinueRequest): () => void {
    const before = this.#inFlight;
    const registered: PendingContinue = { request, phase: "written" };
    this.#isWaiting = false;
    const restoreStop = this.#stops.handleContinue();
    this.#setInFlight(registered);
    return () => {
      this.#isWaiting = true;
      if (this.#inFlight !== registered) return;
      restoreStop();
      this.#setInFlight(before);
    };
  }

  /** A control event arrived. Returns its role for the continue in flight. */
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

  /** An event was delivered to the consumer. */
  handleDelivered(event: ManagedEvent): void {
    this.#stops.handleDelivered(event);
  }

  /** The control connection is up. */
  handleUp(): void {
    this.#reportPending();
  }

  /** The control connection was resumed. */
  handleResumed(): void {
    if (this.#inFlight?.phase === "written") this.#uncertainty.handleResumed();
  }

  stop(): void {
    this.#isOver = true;
    this.#uncertainty.stop();
    this.#options.handlePending(false);
  }

  #reportUncertain(): void {
    // If the connection was lost again, the next replay may show it.
    if (this.#inFlight?.phase !== "written" || !this.#options.isControlUp()) return;
    const { request } = this.#inFlight;
    this.#setInFlight({ request, phase: "uncertain" });
    this.#options.report({ type: "continuity", kind: "continueUncertain", request: request.method });
    this.#uncertainty.watchProgress(request);
  }

  /** Only for a run, and only while the fate is unknown: any progress ends the uncertainty. */
  #resend(request: ContinueRequest): void {
    if (this.#runs === 0 || this.#inFlight?.phase !== "uncertain") return;
    // The session's events report its failure.
    this.send(request, { isFromRun: true }).catch(() => {});
  }

  #setInFlight(inFlight: PendingContinue | undefined): void {
    this.#inFlight = inFlight;
    this.#reportPending();
  }

  /** A response is pending unless the server waits for a continue: a new session's first `readyForContinue` is one, too. */
  #reportPending(): void {
    this.#options.handlePending(!this.#isOver && (this.#inFlight !== undefined || !this.#stops.isServerStopped));
  }
}

/** A continueTo may cut a continue short. After an uncertain continue, any request may follow. */
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
