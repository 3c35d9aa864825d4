import type { ControlEvent, ManagedEvent } from "../../channels/managed-events.js";

/** The stops of a session, for a checkpoint. */
export interface StopState {
  /** Whether a stop was delivered that no continue has followed. */
  atStop: boolean;
  /** Stops that are not delivered yet and do not answer the continue in flight. */
  stopsAhead: number;
}

/** Tracks the stops of a session: each `readyForContinue` and each `paused`, as it arrives and as it is delivered. */
export class StopTracker {
  /** Whether the server was ever ready for a continue: the `readyForContinue` that begins a session answers none. */
  #hasBegun: boolean;
  /** Whether a stop was delivered that no continue has followed. */
  #isAtStop: boolean;
  /** Whether the server waits for a continue. */
  #isServerStopped: boolean;
  /** Stops that arrived and are not delivered yet. */
  #bufferedStops = 0;
  /** Stops that are replayed to a resumed session, from before the continue in its checkpoint. */
  #stopsToReplay: number;
  /** The last stop that arrived and that no continue has followed. */
  #stop: ControlEvent | undefined;

  /** @param resumed the state of a resumed session */
  constructor(resumed: StopState | undefined) {
    this.#isAtStop = resumed?.atStop ?? false;
    this.#isServerStopped = this.#isAtStop;
    this.#hasBegun = resumed !== undefined;
    this.#stopsToReplay = resumed?.stopsAhead ?? 0;
  }

  get state(): StopState {
    const stopsAhead = this.#bufferedStops + this.#stopsToReplay + (this.#hasBegun ? 0 : 1);
    return { atStop: this.#isAtStop, stopsAhead };
  }

  /** Whether a stop was delivered that no continue has followed. */
  get isAtStop(): boolean {
    return this.#isAtStop;
  }

  /** Whether the server waits for a continue, even if the stop was not delivered yet. */
  get isServerStopped(): boolean {
    return this.#isServerStopped;
  }

  /** A control event arrived. Returns whether it belongs to the time before the continue in flight. */
  handleEvent(event: ControlEvent, isInFlight: boolean): "early" | "current" {
    const isOpening = !this.#hasBegun && (event.type === "readyForContinue" || event.type === "status");
    if (isStop(event) || event.type === "slot") this.#hasBegun = true;
    // What a gap covers is not replayed.
    if (event.type === "continuity") this.#stopsToReplay = 0;
    const isEarly = isOpening || (this.#stopsToReplay > 0 && event.type !== "completed");
    if (isStop(event)) {
      this.#bufferedStops++;
      this.#stop = isEarly && isInFlight ? undefined : event;
      this.#isServerStopped = this.#stop !== undefined;
      this.#stopsToReplay = Math.max(0, this.#stopsToReplay - 1);
    }
    return isEarly ? "early" : "current";
  }

  /** An event was delivered to the consumer. */
  handleDelivered(event: ManagedEvent): void {
    if (!isStop(event)) return;
    this.#bufferedStops--;
    // A stop no longer counts if a continue was sent before its delivery.
    if (event === this.#stop) this.#isAtStop = true;
  }

  /** A continue follows the last stop. Returns a function that undoes this. */
  handleContinue(): () => void {
    const [isAtStop, isServerStopped, stop] = [this.#isAtStop, this.#isServerStopped, this.#stop];
    this.#isAtStop = false;
    this.#isServerStopped = false;
    this.#stop = undefined;
    return () => {
      this.#isAtStop = isAtStop;
      this.#isServerStopped = isServerStopped;
      this.#stop = stop;
    };
  }
}

/** Whether the server waits for a continue after an event. */
export function isStop({ type }: ManagedEvent): boolean {
  return type === "readyForContinue" || type === "paused";
}
