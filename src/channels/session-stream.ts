import { isTerminal } from "../protocol/backtest-error.js";
import type { BacktestResponse, SessionEvent } from "../protocol/responses.js";
import { toEvent } from "./control-events.js";
import type { ControlEvent } from "./managed-events.js";
import { SequenceTracker } from "./sequence.js";

/** Who follows a session's control events. */
export interface SessionSink {
  /** A response that is an event, each once, with its sequence id where it has one. */
  handleControlEvent(event: ControlEvent, sequence: bigint | undefined): void;
  /** A transaction's own failure, which is counted and logged but is no event. */
  handleSimulationError(message: string): void;
  /** A response that had come before. */
  handleControlRepetition(): void;
  /** The connection was lost and is back; `after` is the last sequence id that had come. */
  handleControlResumed(after: bigint | undefined): void;
}

/** What the control channel says of one session: made events of, each once, up to the session's end. */
export class SessionStream {
  readonly #sink: SessionSink;
  readonly #sequence: SequenceTracker;
  /** Set from a re-attach until the first sequenced response. */
  #justResumed = false;
  #isOver = false;

  /** @param last the last sequence id that is known; absent: none is */
  constructor(sink: SessionSink, last?: bigint) {
    this.#sink = sink;
    this.#sequence = new SequenceTracker(last);
  }

  /** Whether the session has completed, or failed by a terminal error. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The last sequence id that came in. */
  get last(): bigint | undefined {
    return this.#sequence.last;
  }

  /** A re-attach begins: what comes next goes on after `last`, or tells a gap. */
  rejoin(): void {
    this.#justResumed = true;
  }

  isRepetition(sequence: bigint | undefined): boolean {
    return this.#sequence.isRepetition(sequence);
  }

  take(response: BacktestResponse | SessionEvent, sequence: bigint | undefined): void {
    const sink = this.#sink;
    if (this.#isOver) return;
    if (this.#sequence.isRepetition(sequence)) return sink.handleControlRepetition();
    if (sequence !== undefined) {
      const gap = this.#sequence.advance(sequence, this.#justResumed);
      this.#justResumed = false;
      if (gap) sink.handleControlEvent({ type: "continuity", kind: "gap", channel: "control", ...gap }, undefined);
    }
    const event = toEvent(response);
    if (event === undefined) return;
    if (event.type === "error" && event.error.kind === "simulationError") return sink.handleSimulationError(event.error.error);
    this.#isOver = event.type === "completed" || (event.type === "error" && isTerminal(event.error));
    sink.handleControlEvent(event, sequence);
  }
}
