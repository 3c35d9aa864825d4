import { isTerminal } from "../protocol/backtest-error.js";
import type { BacktestResponse, SessionEvent } from "../protocol/responses.js";
import { toEvent } from "./control-events.js";
import type { ControlEvent } from "./managed-events.js";
import { SequenceTracker } from "./sequence-tracker.js";

/** Receives the control events of a session. */
export interface SessionSink {
  /** Receives each event once, with its sequence id where it has one, and the size of its frame. */
  handleControlEvent(event: ControlEvent, sequence: bigint | undefined, size: number): void;
  /** The server reports a failed transaction. It is counted and logged, but not delivered. */
  handleSimulationError(message: string): void;
  /** A response was received before. */
  handleControlDuplicate(): void;
  /** The connection was lost and is back. `after` is the last sequence id that was received. */
  handleControlResumed(after: bigint | undefined): void;
}

/** Turns the responses of one session into events, each once, up to the session's end. */
export class SessionStream {
  readonly #sink: SessionSink;
  readonly #sequence: SequenceTracker;
  /** Set from a re-attach until the first sequenced response. */
  #justResumed = false;
  #isOver = false;

  /** @param last the last sequence id that was received earlier, if any */
  constructor(sink: SessionSink, last?: bigint) {
    this.#sink = sink;
    this.#sequence = new SequenceTracker(last);
  }

  /** Whether the session has completed, or failed by a terminal error. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The last sequence id that was received. */
  get last(): bigint | undefined {
    return this.#sequence.last;
  }

  /** Whether the server can replay: its responses have sequence ids. */
  get isSequenced(): boolean {
    return this.#sequence.last !== undefined;
  }

  /** A re-attach begins: the next response continues after `last`, or there is a gap. */
  rejoin(): void {
    this.#justResumed = true;
  }

  isDuplicate(sequence: bigint | undefined): boolean {
    return this.#sequence.isDuplicate(sequence);
  }

  /** A damaged response was skipped: if the next sequence id jumps, its event is lost. */
  handleSkipped(): void {
    this.#sequence.handleSkipped();
  }

  /** @param size the size of the response's frame, in bytes or characters */
  handleResponse(response: BacktestResponse | SessionEvent, sequence: bigint | undefined, size: number): void {
    const sink = this.#sink;
    if (this.#isOver) return;
    if (this.#sequence.isDuplicate(sequence)) return sink.handleControlDuplicate();
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
