/** The newest of all that was put in. */
export class EventRing<E> {
  readonly #limit: number;
  readonly #events: E[] = [];
  /** Where the next one goes once it is full: where the oldest is. */
  #oldest = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many were put in and are no longer held. */
  get dropped(): number {
    return this.#dropped;
  }

  put(event: E): void {
    if (this.#events.length < this.#limit) {
      this.#events.push(event);
      return;
    }
    this.#events[this.#oldest] = event;
    this.#oldest = (this.#oldest + 1) % this.#limit;
    this.#dropped++;
  }

  /** Those that are held, the oldest first. */
  toArray(): E[] {
    return [...this.#events.slice(this.#oldest), ...this.#events.slice(0, this.#oldest)];
  }
}
