import type { ContinuityEvent, ControlEvent, ManagedEvent } from "../channels/managed-events.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { Platform } from "../transport/platform.js";
import type { ContinuesState } from "./checkpoint.js";
import { type ContinueRequest, isBare } from "./continue-params.js";
import type { Gate } from "./gate.js";
import { afterEvent, type PendingContinue } from "./pending-continue.js";

/** After a reconnect the replay of what was missed may still tell a continue's fate; so long it is waited for, in ms. */
const FATE_MS = 1_000;

export interface ContinuesOptions {
  platform: Platform;
  /** How long a continue whose fate is unknown is given by a run, in ms. */
  progressMs: number;
  gate: Gate;
  isControlUp(): boolean;
  isAllUp(): boolean;
  /** Hands a request to the control connection, if there is one to take it. */
  write(request: ContinueRequest): boolean;
  /** Makes sure that answers can come in. */
  keepReadable(): void;
  tell(event: ContinuityEvent): void;
  /** Whether an answer is owed has changed. */
  handleOwed(owed: boolean): void;
  /** Where the session was left, if it is resumed. */
  resumed?: ContinuesState | undefined;
}

/** A session's continues: one in flight at a time, never one written twice unasked. */
export class Continues {
  readonly #options: ContinuesOptions;
  #isWaiting = false;
  #inFlight: PendingContinue | undefined;
  #timer: unknown;
  #isOver = false;
  /** Whether the server has ever waited for a continue: every session begins with that, and it answers none. */
  #hasStood = false;
  #isAtStop = false;
  /** Stops that were received and not taken. */
  #heldStops = 0;
  /** Stops that a resumed session is told again: they came before the continue that it was left with. */
  #stopsToRepeat: number;
  /** The stop that the last continue has led to, or that no continue has followed. */
  #stop: ControlEvent | undefined;
  #runs = 0;
  /** Stops that were the answer to a continue. */
  readonly #answers = new WeakSet<ManagedEvent>();

  constructor(options: ContinuesOptions) {
    const { resumed } = options;
    this.#options = options;
    this.#inFlight = resumed?.inFlight;
    this.#isAtStop = resumed?.atStop ?? false;
    this.#hasStood = resumed !== undefined;
    this.#stopsToRepeat = resumed?.stopsAhead ?? 0;
  }

  /** Where a checkpoint finds it. One that waits was never written, and is its caller's again. */
  get state(): ContinuesState {
    const stopsAhead = this.#heldStops + this.#stopsToRepeat + (this.#hasStood ? 0 : 1);
    return { atStop: this.#isAtStop, inFlight: this.#inFlight, stopsAhead };
  }

  /** Whether one waits to be written. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether the consumer has taken a stop that no continue has followed yet. */
  get isAtStop(): boolean {
    return this.#isAtStop && !this.#isWaiting && this.#inFlight === undefined && !this.#isOver;
  }

  /** Somebody runs the session to its end, and so wants a lost continue sent again. Returns what ends that. */
  enterRun(): () => void {
    this.#runs++;
    if (this.#inFlight?.phase === "uncertain") this.#watchProgress(this.#inFlight.request);
    let left = false;
    return () => {
      if (!left) this.#runs--;
      left = true;
    };
  }

  /**
   * Sends a request as soon as all connections are up; resolves when it is written.
   *
   * @throws SimulatorError `continueInFlight`, `controlClosed`, `cancelled`, or what the session failed with
   */
  async send(request: ContinueRequest, signal?: AbortSignal): Promise<void> {
    if (this.#isOver) throw this.#options.gate.shutWith ?? completed();
    if (this.#isWaiting || (this.#inFlight !== undefined && !mayFollow(this.#inFlight, request))) {
      throw new SimulatorError("continueInFlight", "another continue is being answered: wait for readyForContinue or paused");
    }
    this.#isWaiting = true;
    try {
      await this.#write(request, signal);
    } finally {
      this.#isWaiting = false;
    }
    this.#isAtStop = false;
    this.#stop = undefined;
    this.#setInFlight({ request, phase: "written" });
  }

  async #write(request: ContinueRequest, signal: AbortSignal | undefined): Promise<void> {
    const { gate, isAllUp, keepReadable, write } = this.#options;
    for (;;) {
      // Completed while it waited: its subscriptions' ends may be long in coming, and can depend on whoever waits here.
      await gate.wait(() => this.#isOver || isAllUp(), "the continue", signal);
      if (this.#isOver) throw completed();
      keepReadable();
      if (isAllUp() && write(request)) return;
      // The socket is going, and its end hasn't been told yet.
      await gate.wait(() => !isAllUp(), "the continue", signal);
    }
  }

  /** A control event came in. */
  handleEvent(event: ControlEvent): void {
    if (event.type === "completed") {
      this.#isOver = true;
      this.#options.gate.recheck();
    }
    const isStop = event.type === "readyForContinue" || event.type === "paused";
    const isOpening = !this.#hasStood && (event.type === "readyForContinue" || event.type === "status");
    if (isStop || event.type === "slot") this.#hasStood = true;
    // What is missing is not told again.
    if (event.type === "continuity") this.#stopsToRepeat = 0;
    const isEarly = isOpening || (this.#stopsToRepeat > 0 && event.type !== "completed");
    if (isStop) {
      this.#heldStops++;
      this.#stop = isEarly && this.#inFlight !== undefined ? undefined : event;
      this.#stopsToRepeat = Math.max(0, this.#stopsToRepeat - 1);
    }
    if (this.#inFlight === undefined || isEarly) return;
    this.#setInFlight(afterEvent(this.#inFlight, event));
    if (this.#inFlight === undefined) this.#answers.add(event);
  }

  /** Whether a stop is the end of what a continue began: the one that every session begins with is not. */
  isAnswer(stop: ManagedEvent): boolean {
    return this.#answers.has(stop);
  }

  /** An event was taken by the consumer. */
  handleTaken(event: ManagedEvent): void {
    if (event.type !== "readyForContinue" && event.type !== "paused") return;
    this.#heldStops--;
    // One that was left behind by a continue, before it was taken, is no place to stand.
    if (event === this.#stop) this.#isAtStop = true;
  }

  /** The control connection is back. */
  handleResumed(): void {
    if (this.#inFlight?.phase === "written") this.#wait(FATE_MS, () => this.#tellUncertain());
  }

  stop(): void {
    this.#isOver = true;
    this.#options.platform.clearTimeout(this.#timer);
    this.#options.handleOwed(false);
  }

  #tellUncertain(): void {
    // Lost again meanwhile: the next replay may tell.
    if (this.#inFlight?.phase !== "written" || !this.#options.isControlUp()) return;
    const { request } = this.#inFlight;
    this.#setInFlight({ request, phase: "uncertain" });
    this.#options.tell({ type: "continuity", kind: "continueUncertain", request: request.method });
    this.#watchProgress(request);
  }

  #watchProgress(request: ContinueRequest): void {
    if (isBare(request)) this.#wait(this.#options.progressMs, () => this.#sendAgain(request));
  }

  /** Only for a run, and only if nothing has moved: what moves ends the uncertainty. */
  #sendAgain(request: ContinueRequest): void {
    if (this.#runs === 0 || this.#inFlight?.phase !== "uncertain") return;
    // What it could fail with, the session's events tell.
    this.send(request).catch(() => {});
  }

  #wait(ms: number, callback: () => void): void {
    const { platform } = this.#options;
    platform.clearTimeout(this.#timer);
    this.#timer = platform.setTimeout(callback, ms);
  }

  #setInFlight(inFlight: PendingContinue | undefined): void {
    this.#inFlight = inFlight;
    this.#options.handleOwed(inFlight !== undefined);
  }
}

/** A continueTo may cut a continue short, and after an uncertain one the user may decide. */
function mayFollow({ phase }: PendingContinue, next: ContinueRequest): boolean {
  return phase === "uncertain" || next.method === "continueTo";
}

function completed(): SimulatorError {
  return new SimulatorError("controlClosed", "the session is completed: there is nothing to continue");
}
