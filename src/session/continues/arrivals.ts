import type { ControlEvent, DiscoveryBatchEvent } from "../../channels/managed-events.js";
import type { EventRole } from "./continue-sender.js";
import { DiscoveryLog } from "./discovery-log.js";

/** Sees the control events of a session as they arrive, ahead of their delivery. */
export type ArrivalObserver = (event: ControlEvent, role: EventRole) => void;

/** What the steps observe: the control events of a session as they arrive. Observing takes nothing from the consumer. */
export class Arrivals {
  readonly #observers = new Set<ArrivalObserver>();
  readonly #discoveries: DiscoveryLog;

  /** @param maxDiscoveries how many discoveries are kept for `advanceToDiscovery` */
  constructor(maxDiscoveries: number) {
    this.#discoveries = new DiscoveryLog(maxDiscoveries);
  }

  /** Whether a step is under way. */
  get isObserved(): boolean {
    return this.#observers.size > 0;
  }

  handleEvent(event: ControlEvent, role: EventRole): void {
    this.#discoveries.handleEvent(event);
    for (const observer of this.#observers) observer(event, role);
  }

  /** Calls an observer with each event from now on, until the returned function is called. */
  observe(observer: ArrivalObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The first discovery ahead of execution that this method has not returned yet. */
  takeDiscovery(): DiscoveryBatchEvent | undefined {
    return this.#discoveries.shift();
  }
}
