import type { Identity } from "./event-identity.js";

/** A gap that the client reported: positions from `expected` to `got`. */
export interface Gap {
  expected: bigint;
  got: bigint;
}

interface State {
  next: number;
  lost: Identity[];
}

/** Compares one stream of events with what the server recorded: each event once, in order, or missing. */
export class StreamOracle {
  readonly name: string;
  readonly #record: () => Identity[];
  #expected: Identity[] = [];
  #next = 0;
  /** Events that were skipped: each must lie in a gap that is reported. */
  #lost: Identity[] = [];

  /** @param record all that the server sent on this stream so far, each event once */
  constructor(name: string, record: () => Identity[]) {
    this.name = name;
    this.#record = record;
  }

  get delivered(): number {
    return this.#next - this.#lost.length;
  }

  /** Takes a delivered event. Returns what is wrong with it. */
  deliver({ position, key }: Identity): string | undefined {
    const found = this.#find(this.#next, position, key);
    if (found >= 0) {
      this.#lost.push(...this.#expected.slice(this.#next, found));
      this.#next = found + 1;
      return undefined;
    }
    const before = this.#find(0, position, key);
    if (before >= 0)
      return `${this.name}: event ${before} (${position} ${key.slice(0, 24)}) was delivered twice or out of order, after ${this.#next} events`;
    return `${this.name}: ${position} ${key.slice(0, 24)} was delivered, and the server never sent it`;
  }

  /** What is missing of the whole stream, if all of it should have come. */
  missing(): Identity[] {
    this.#expected = this.#record();
    return [...this.#lost, ...this.#expected.slice(this.#next)];
  }

  /** What was skipped so far. */
  get lost(): readonly Identity[] {
    return this.#lost;
  }

  save(): State {
    return { next: this.#next, lost: [...this.#lost] };
  }

  restore({ next, lost }: State): void {
    this.#next = next;
    this.#lost = [...lost];
  }

  #find(from: number, position: bigint, key: string): number {
    const matches = (identity: Identity): boolean => identity.key === key && (position < 0n || identity.position === position);
    let index = this.#expected.findIndex((identity, at) => at >= from && matches(identity));
    if (index < 0) {
      this.#expected = this.#record();
      index = this.#expected.findIndex((identity, at) => at >= from && matches(identity));
    }
    return index;
  }
}
