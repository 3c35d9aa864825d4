import type { ControlEvent, DiscoveryBatchEvent, PausedEvent } from "../../channels/managed-events.js";

/** The `discoveryBatch` events of batches that have not been executed yet, in order of arrival. */
export class DiscoveryLog {
  readonly #limit: number;
  #ahead: DiscoveryBatchEvent[] = [];

  /** @param limit the maximum number of discoveries; while the log is full, new discoveries are dropped */
  constructor(limit: number) {
    this.#limit = limit;
  }

  handleEvent(event: ControlEvent): void {
    if (event.type === "discoveryBatch") {
      if (this.#ahead.length < this.#limit) this.#ahead.push(event);
    } else if (this.#ahead.length > 0) {
      if (event.type === "slot") this.#ahead = this.#ahead.filter(({ slot }) => slot > event.slot);
      else if (event.type === "paused") this.#ahead = this.#ahead.filter((discovery) => !isBefore(discovery, event));
    }
  }

  shift(): DiscoveryBatchEvent | undefined {
    return this.#ahead.shift();
  }
}

function isBefore({ slot, batchIndex }: DiscoveryBatchEvent, paused: PausedEvent): boolean {
  if (slot !== paused.slot) return slot < paused.slot;
  return paused.batchIndex === undefined || batchIndex < paused.batchIndex;
}
