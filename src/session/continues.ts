import type { ContinuityEvent, ControlEvent, ManagedEvent } from "../channels/events.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { Platform } from "../transport/platform.js";
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
}

/** A session's continues: one in flight at a time, never one written twice unasked. */
export class Continues {
  readonly #options: ContinuesOptions;
  #pending: PendingContinue | undefined;
  #timer: unknown;
  #isOver = false;
  #isAtStop = false;
  #runs = 0;

  constructor(options: ContinuesOptions) {
    this.#options = options;
  }

  get pending(): PendingContinue | undefined {
    return this.#pending;
  }

  /** Whether the consumer has taken a stop that no continue has followed yet. */
  get isAtStop(): boolean {
    return this.#isAtStop && this.#pending === undefined && !this.#isOver;
  }

  /** Somebody runs the session to its end, and so wants a lost continue sent again. Returns what ends that. */
  enterRun(): () => void {
    this.#runs++;
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
    const { gate } = this.#options;
    const before = this.#pending;
    if (this.#isOver) throw new SimulatorError("controlClosed", "the session is completed: there is nothing to continue");
    if (before !== undefined && !mayFollow(before, request)) {
      throw new SimulatorError("continueInFlight", "another continue is being answered: wait for readyForContinue or paused");
    }
    const pending: PendingContinue = { request, phase: "waiting" };
    this.#pending = pending;
    try {
      await gate.wait(() => this.#options.isAllUp(), "the continue", signal);
      this.#options.keepReadable();
      while (!this.#options.write(request)) {
        // The socket is going, and its end hasn't been told yet.
        await gate.wait(() => !this.#options.isControlUp(), "the continue", signal);
        await gate.wait(() => this.#options.isAllUp(), "the continue", signal);
      }
    } catch (error) {
      if (this.#pending === pending) this.#pending = before;
      throw error;
    }
    this.#isAtStop = false;
    this.#setPending({ request, phase: "written" });
  }

  /** A control event came in. */
  handleEvent(event: ControlEvent): void {
    if (event.type === "completed") this.#isOver = true;
    if (this.#pending !== undefined) this.#setPending(afterEvent(this.#pending, event));
  }

  /** An event was taken by the consumer. */
  handleTaken(event: ManagedEvent): void {
    if (event.type === "readyForContinue" || event.type === "paused") this.#isAtStop = true;
  }

  /** The control connection is back. */
  handleResumed(): void {
    if (this.#pending?.phase !== "written") return;
    this.#wait(FATE_MS, () => this.#tellUncertain());
  }

  stop(): void {
    this.#isOver = true;
    this.#options.platform.clearTimeout(this.#timer);
    this.#options.handleOwed(false);
  }

  #tellUncertain(): void {
    if (this.#pending?.phase !== "written") return;
    const { request } = this.#pending;
    this.#setPending({ request, phase: "uncertain" });
    this.#options.tell({ type: "continuity", kind: "continueUncertain", request: request.method });
    if (isBare(request)) this.#wait(this.#options.progressMs, () => this.#sendAgain(request));
  }

  /** Only for a run, and only if nothing has moved: what moves ends the uncertainty. */
  #sendAgain(request: ContinueRequest): void {
    if (this.#runs === 0 || this.#pending?.phase !== "uncertain") return;
    // What it could fail with, the session's events tell.
    this.send(request).catch(() => {});
  }

  #wait(ms: number, callback: () => void): void {
    const { platform } = this.#options;
    platform.clearTimeout(this.#timer);
    this.#timer = platform.setTimeout(callback, ms);
  }

  #setPending(pending: PendingContinue | undefined): void {
    this.#pending = pending;
    this.#options.handleOwed(pending !== undefined && pending.phase !== "waiting");
  }
}

/** A continueTo may cut a continue short, and after an uncertain one the user may decide. */
function mayFollow({ phase }: PendingContinue, next: ContinueRequest): boolean {
  if (phase === "waiting") return false;
  return phase === "uncertain" || next.method === "continueTo";
}
