import type { Identity } from "./event-identity.js";

/** A gap that the client reported, from the position `expected` to the position `got`. */
export interface Gap {
  expected: bigint;
  got: bigint;
}

interface State {
  next: number;
  lost: Identity[];
  begin: number | undefined;
}

/**
 * Compares one stream with the record of the server. The events must be delivered in order, and none of them twice. Missing events
 * are listed.
 */
export class StreamOracle {
  readonly name: string;
  readonly #record: () => Identity[];
  #expected: Identity[] = [];
  #next = 0;
  /** The events that were not delivered. Each must be within a reported gap. */
  #lost: Identity[] = [];
  /** Number of events before the first delivered one. */
  #begin: number | undefined;

  /** @param record returns all events that the server has sent on this stream so far, each of them once */
  constructor(name: string, record: () => Identity[]) {
    this.name = name;
    this.#record = record;
  }

  /** Checks a delivered event. Returns the problem, if there is one. */
  deliver({ position, key }: Identity): string | undefined {
    const found = this.#find(this.#next, position, key);
    if (found >= 0) {
      this.#begin ??= found;
      this.#lost.push(...this.#expected.slice(this.#next, found));
      this.#next = found + 1;
      return undefined;
    }
    const before = this.#find(0, position, key);
    if (before >= 0)
      return `${this.name}: event ${before} (${position} ${key.slice(0, 24)}) was delivered twice or out of order, after ${this.#next} events`;
    return `${this.name}: ${position} ${key.slice(0, 24)} was delivered, and the server never sent it`;
  }

  /** Skips the events before a position, because the client has reported them as lost. The client must not deliver them later. */
  skipTo(position: bigint): void {
    this.#expected = this.#record();
    const found = this.#expected.findIndex((identity, at) => at >= this.#next && identity.position >= position);
    const next = found < 0 ? this.#expected.length : found;
    this.#lost.push(...this.#expected.slice(this.#next, next));
    this.#next = next;
  }

  /**
   * Returns the events that were not delivered.
   *
   * @param isWhole `true`: checks all events of the record. `false`: checks only the events before the last delivered slot
   * @param wasEvicted `true`: ignores the events before the first delivered event, because the server has evicted old events
   */
  missing(isWhole: boolean, wasEvicted: boolean): Identity[] {
    if (isWhole) this.#expected = this.#record();
    const missing = isWhole ? [...this.#lost, ...this.#expected.slice(this.#next)] : this.#lost.filter(this.#mustBeReported);
    if (!wasEvicted) return missing;
    return this.#begin === undefined ? [] : missing.slice(this.#begin);
  }

  save(): State {
    return { next: this.#next, lost: [...this.#lost], begin: this.#begin };
  }

  restore({ next, lost, begin }: State): void {
    this.#expected = this.#record();
    this.#next = next;
    this.#begin = begin;
    this.#lost = [...lost];
  }

  /** Whether the client must already have reported a missing event. Gaps in the last delivered slot are reported later. */
  readonly #mustBeReported = ({ position }: Identity): boolean =>
    position < 0n || position !== this.#expected[this.#next - 1]?.position;

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
