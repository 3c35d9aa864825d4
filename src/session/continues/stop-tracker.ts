import type { ControlEvent, ManagedEvent } from "../../channels/managed-events.js";

/** The state of a session's stops (`readyForContinue` and `paused` events), for a checkpoint. */
export interface StopState {
  /** Whether a stop has been delivered and no continue request has followed it. */
  atStop: boolean;
  /**
   * Number of undelivered stops (`readyForContinue` or `paused`). The stop that ends the request in flight does not count.
   */
  stopsAhead: number;
}

/** Tracks the stops of a session, from their arrival to their delivery. A stop is a `readyForContinue` or `paused` event. */
export class StopTracker {
  /** `true` in a resumed session, or after the first stop or `slot` event. */
  #hasBegun: boolean;
  /** Whether a stop has been delivered and no continue request has followed it. */
  #isAtStop: boolean;
  /** Whether the server is waiting for a continue request. */
  #isServerStopped: boolean;
  /** Number of stops that have arrived and have not been delivered yet. */
  #bufferedStops = 0;
  /** After a resume: number of stops that the server still has to replay. */
  #stopsToReplay: number;
  /** The last stop that has arrived, if no continue request has followed it. */
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

  /** Whether a stop has been delivered and no continue request has followed it. */
  get isAtStop(): boolean {
    return this.#isAtStop;
  }

  /**
   * Whether the server is waiting for a continue request. `true` as soon as a stop (`readyForContinue` or `paused`) arrives, even
   * before the stop is delivered to the consumer.
   */
  get isServerStopped(): boolean {
    return this.#isServerStopped;
  }

  /** Called when a control event arrives. Returns `early` if the event is older than the continue request in flight. */
  handleEvent(event: ControlEvent, isInFlight: boolean): "early" | "current" {
    const isOpening = !this.#hasBegun && (event.type === "readyForContinue" || event.type === "status");
    if (isStop(event) || event.type === "slot") this.#hasBegun = true;
    // All stops after a `continuity` event are new stops, not replayed stops.
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

  /** Called when an event has been delivered to the consumer. */
  handleDelivered(event: ManagedEvent): void {
    if (!isStop(event)) return;
    this.#bufferedStops--;
    // `handleContinue` clears `#stop`. If `#stop` is still this event, no continue request has followed this event.
    if (event === this.#stop) this.#isAtStop = true;
  }

  /** Called when a continue request is sent. The request ends the stop. Returns a function that restores the previous state. */
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

/** Whether an event is a stop: the server waits for a continue request after it. */
export function isStop({ type }: ManagedEvent): boolean {
  return type === "readyForContinue" || type === "paused";
}
