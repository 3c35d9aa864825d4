import { isTerminal } from "../protocol/backtest-error.js";
import type { BacktestResponse, SessionEvent } from "../protocol/responses.js";
import { toEvent } from "./control-events.js";
import type { ControlEvent } from "./managed-events.js";
import { SequenceTracker } from "./sequence-tracker.js";

/** Receives the control events of a session. */
export interface SessionSink {
  /** Receives each event once. `sequence` is absent if the event has no sequence id. `size` is the size of the event's frame. */
  handleControlEvent(event: ControlEvent, sequence: bigint | undefined, size: number): void;
  /** Called when the server reports a failed transaction. The report is counted and logged, but not delivered. */
  handleSimulationError(message: string): void;
  /** Called when a duplicate response was dropped. */
  handleDuplicate(): void;
  /** Called when a lost connection has been resumed. `after` is the last sequence id received before the loss. */
  handleControlResumed(after: bigint | undefined): void;
}

/** Turns the responses of one session into events, until the session ends. Passes on each event once. */
export class SessionStream {
  readonly #sink: SessionSink;
  readonly #sequence: SequenceTracker;
  /** True from a re-attach until the first response with a sequence id. */
  #justResumed = false;
  #isOver = false;

  /** @param last for a resumed session: the last sequence id that was received before the resume */
  constructor(sink: SessionSink, last?: bigint) {
    this.#sink = sink;
    this.#sequence = new SequenceTracker(last);
  }

  /** Whether the session has completed, or has failed because of a terminal error. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The last received sequence id. */
  get last(): bigint | undefined {
    return this.#sequence.last;
  }

  /** Whether the received responses have sequence ids. The server can replay only responses with sequence ids. */
  get isSequenced(): boolean {
    return this.#sequence.last !== undefined;
  }

  /**
   * Called when a re-attach begins. If the first sequence id after the re-attach does not directly follow `last`, there is a gap.
   */
  rejoin(): void {
    this.#justResumed = true;
  }

  isDuplicate(sequence: bigint | undefined): boolean {
    return this.#sequence.isDuplicate(sequence);
  }

  /** Called when a damaged response was skipped. If the next response shows that an id is missing, a gap is reported. */
  handleSkipped(): void {
    this.#sequence.handleSkipped();
  }

  /** @param size the length of the response's frame */
  handleResponse(response: BacktestResponse | SessionEvent, sequence: bigint | undefined, size: number): void {
    const sink = this.#sink;
    if (this.#isOver) return;
    if (this.#sequence.isDuplicate(sequence)) return sink.handleDuplicate();
    if (sequence !== undefined) {
      const gap = this.#sequence.advance(sequence, this.#justResumed);
      this.#justResumed = false;
      if (gap) sink.handleControlEvent({ type: "continuity", kind: "gap", channel: "control", ...gap }, undefined, 0);
    }
    const event = toEvent(response);
    if (event === undefined) return;
    if (event.type === "error" && event.error.kind === "simulationError") return sink.handleSimulationError(event.error.error);
    this.#isOver = event.type === "completed" || (event.type === "error" && isTerminal(event.error));
    sink.handleControlEvent(event, sequence, size);
  }
}
