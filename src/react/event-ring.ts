/** The newest events, up to a limit. */
export class EventRing<E> {
  readonly #limit: number;
  readonly #events: E[] = [];
  /** The index of the oldest event. 0 until the ring is full. */
  #oldest = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of events that were overwritten. */
  get dropped(): number {
    return this.#dropped;
  }

  push(event: E): void {
    if (this.#events.length < this.#limit) {
      this.#events.push(event);
      return;
    }
    this.#events[this.#oldest] = event;
    this.#oldest = (this.#oldest + 1) % this.#limit;
    this.#dropped++;
  }

  /** The events, oldest first. */
  toArray(): E[] {
    return [...this.#events.slice(this.#oldest), ...this.#events.slice(0, this.#oldest)];
  }
}
