import type { ControlEvent, DiscoveryBatchEvent } from "../../channels/managed-events.js";
import type { EventRole } from "./continue-sender.js";
import { DiscoveryLog } from "./discovery-log.js";

/** Observes each control event of a session when it arrives, before it is delivered. */
export type ArrivalObserver = (event: ControlEvent, role: EventRole) => void;

/** Passes each control event of a session to the steps as soon as the event arrives. The consumer still receives all events. */
export class Arrivals {
  readonly #observers = new Set<ArrivalObserver>();
  readonly #discoveries: DiscoveryLog;

  /** @param maxDiscoveries the maximum number of discoveries that are kept for `advanceToDiscovery` */
  constructor(maxDiscoveries: number) {
    this.#discoveries = new DiscoveryLog(maxDiscoveries);
  }

  handleEvent(event: ControlEvent, role: EventRole): void {
    this.#discoveries.handleEvent(event);
    for (const observer of this.#observers) observer(event, role);
  }

  /** Calls an observer for each event from now on, until the returned function is called. */
  observe(observer: ArrivalObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Removes and returns the earliest discovery (`discoveryBatch`) of a batch that has not been executed yet. */
  takeDiscovery(): DiscoveryBatchEvent | undefined {
    return this.#discoveries.shift();
  }
}
