import type { ContinuityEvent, ControlEvent, ManagedEvent } from "../../channels/managed-events.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { Platform } from "../../transport/platform.js";
import type { Gate } from "../events/gate.js";
import { type ContinueRequest, isBare } from "./continue-params.js";
import { afterEvent, type PendingContinue } from "./continue-phase.js";

/** How long after a reconnect a replayed event may still show whether the server received a continue, in ms. */
const FATE_MS = 1_000;

/** The state of a session's continues, for a checkpoint. */
export interface ContinuesState {
  /** Whether the consumer has been given a stop that no continue has followed. */
  atStop: boolean;
  inFlight: PendingContinue | undefined;
  /** Stops that are not delivered yet and answer nothing that is in flight. */
  stopsAhead: number;
}

export interface ContinuesOptions {
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
  resumed?: ContinuesState | undefined;
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

/** A session's continues: one in flight at a time, and none written twice unless `run()` is active. */
export class Continues {
  readonly #options: ContinuesOptions;
  #isWaiting = false;
  #inFlight: PendingContinue | undefined;
  #timer: unknown;
  #isOver = false;
  #isCompleted = false;
  /** Whether the server was ever ready for a continue: the `readyForContinue` that begins a session answers none. */
  #hasBegun = false;
  /** Whether the consumer has been given a stop that no continue has followed. */
  #isAtStop = false;
  /** Whether the server waits for a continue. */
  #isServerStopped = false;
  /** Stops that arrived and are not delivered yet. */
  #bufferedStops = 0;
  /** Stops that are replayed to a resumed session, from before the continue in its checkpoint. */
  #stopsToReplay: number;
  /** The last stop that arrived and that no continue has followed. */
  #stop: ControlEvent | undefined;
  #runs = 0;

  constructor(options: ContinuesOptions) {
    const { resumed } = options;
    this.#options = options;
    this.#inFlight = resumed?.inFlight;
    this.#isAtStop = resumed?.atStop ?? false;
    this.#isServerStopped = resumed?.atStop ?? false;
    this.#hasBegun = resumed !== undefined;
    this.#stopsToReplay = resumed?.stopsAhead ?? 0;
  }

  /** The state in a checkpoint. It does not contain a waiting continue, which was never written. */
  get state(): ContinuesState {
    const stopsAhead = this.#bufferedStops + this.#stopsToReplay + (this.#hasBegun ? 0 : 1);
    return { atStop: this.#isAtStop, inFlight: this.#inFlight, stopsAhead };
  }

  /** Whether a continue waits to be written. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether `completed` has arrived. */
  get isCompleted(): boolean {
    return this.#isCompleted;
  }

  /** Whether the consumer has been given a stop that no continue has followed yet. */
  get isAtStop(): boolean {
    return this.#isAtStop && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /** Whether the server waits for a continue, even if the stop was not delivered yet. */
  get isServerStopped(): boolean {
    return this.#isServerStopped && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /** A run begins: it sends continues, and a lost one again. Returns what ends it. */
  enterRun(): () => void {
    this.#runs++;
    if (this.#inFlight?.phase === "uncertain") this.#watchProgress(this.#inFlight.request);
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

  /** Registers a continue before it is written: a server may answer within the write. Returns what undoes it. */
  #register(request: ContinueRequest): () => void {
    const before = {
      inFlight: this.#inFlight,
      isAtStop: this.#isAtStop,
      isServerStopped: this.#isServerStopped,
      stop: this.#stop,
    };
    const registered: PendingContinue = { request, phase: "written" };
    this.#isWaiting = false;
    this.#isAtStop = false;
    this.#isServerStopped = false;
    this.#stop = undefined;
    this.#setInFlight(registered);
    return () => {
      this.#isWaiting = true;
      if (this.#inFlight !== registered) return;
      this.#isAtStop = before.isAtStop;
      this.#isServerStopped = before.isServerStopped;
      this.#stop = before.stop;
      this.#setInFlight(before.inFlight);
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
    const isStop = event.type === "readyForContinue" || event.type === "paused";
    const isOpening = !this.#hasBegun && (event.type === "readyForContinue" || event.type === "status");
    if (isStop || event.type === "slot") this.#hasBegun = true;
    // What a gap covers is not replayed.
    if (event.type === "continuity") this.#stopsToReplay = 0;
    const isEarly = isOpening || (this.#stopsToReplay > 0 && event.type !== "completed");
    if (isStop) {
      this.#bufferedStops++;
      this.#stop = isEarly && this.#inFlight !== undefined ? undefined : event;
      this.#isServerStopped = this.#stop !== undefined;
      this.#stopsToReplay = Math.max(0, this.#stopsToReplay - 1);
      this.#reportPending();
    }
    if (isEarly) return "early";
    if (this.#inFlight === undefined) return "other";
    const next = afterEvent(this.#inFlight, event);
    if (next === this.#inFlight) return "other";
    this.#setInFlight(next);
    return next === undefined ? "answer" : "other";
  }

  /** An event was delivered to the consumer. */
  handleDelivered(event: ManagedEvent): void {
    if (event.type !== "readyForContinue" && event.type !== "paused") return;
    this.#bufferedStops--;
    // A stop no longer counts if a continue was sent before its delivery.
    if (event === this.#stop) this.#isAtStop = true;
  }

  /** The control connection is up. */
  handleUp(): void {
    this.#reportPending();
  }

  /** The control connection was resumed. */
  handleResumed(): void {
    if (this.#inFlight?.phase === "written") this.#wait(FATE_MS, () => this.#reportUncertain());
  }

  stop(): void {
    this.#isOver = true;
    this.#options.platform.clearTimeout(this.#timer);
    this.#options.handlePending(false);
  }

  #reportUncertain(): void {
    // If the connection was lost again, the next replay may show it.
    if (this.#inFlight?.phase !== "written" || !this.#options.isControlUp()) return;
    const { request } = this.#inFlight;
    this.#setInFlight({ request, phase: "uncertain" });
    this.#options.report({ type: "continuity", kind: "continueUncertain", request: request.method });
    this.#watchProgress(request);
  }

  #watchProgress(request: ContinueRequest): void {
    if (isBare(request)) this.#wait(this.#options.continueTimeoutMs, () => this.#resend(request));
  }

  /** Only for a run, and only while the fate is unknown: any progress ends the uncertainty. */
  #resend(request: ContinueRequest): void {
    if (this.#runs === 0 || this.#inFlight?.phase !== "uncertain") return;
    // The session's events report what it could fail with.
    this.send(request, { isFromRun: true }).catch(() => {});
  }

  #wait(ms: number, callback: () => void): void {
    const { platform } = this.#options;
    platform.clearTimeout(this.#timer);
    this.#timer = platform.setTimeout(callback, ms);
  }

  #setInFlight(inFlight: PendingContinue | undefined): void {
    this.#inFlight = inFlight;
    this.#reportPending();
  }

  /** A response is pending unless the server waits for a continue: a new session's first `readyForContinue` is one, too. */
  #reportPending(): void {
    this.#options.handlePending(!this.#isOver && (this.#inFlight !== undefined || !this.#isServerStopped));
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
