import type { Frame } from "../../src/local/link/peer.js";
import type { SeededRandom } from "./seeded-random.js";
import type { VirtualClock } from "./virtual-clock.js";

export type Item =
  | { type: "frame"; frame: Frame }
  | { type: "close"; code: number; reason: string }
  | { type: "ping" }
  | { type: "pong" };

/** The approximate number of bytes in the header of a WebSocket frame. */
const HEADER_BYTES = 4;

/** How a pipe carries frames: its latency, its bandwidth, and how it splits and joins frames. */
export interface Carriage {
  latencyMs: number;
  jitterMs: number;
  /** The bandwidth. `undefined` if it is unlimited. */
  bytesPerSecond: number | undefined;
  /** The probability that a frame arrives in two chunks. */
  splits: number;
  /** The probability that a frame arrives in the same chunk as the previous frame. */
  joins: number;
}

/** One direction of a connection: a stream of bytes, in order, that arrives in chunks with random borders. */
export class Pipe {
  readonly carriage: Carriage;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  /** Called for each chunk that arrives, with the items that this chunk completes. */
  readonly #deliver: (items: Item[]) => void;
  readonly #onCut: () => void;
  #items: { item: Item; end: number }[] = [];
  #sent = 0;
  #arrived = 0;
  #lastArrival: { at: number; offset: number } | undefined;
  #cutAt = Number.POSITIVE_INFINITY;
  #state: "open" | "lost" | "over" = "open";
  #isPaused = false;
  #waitingOffset = 0;

  constructor(
    clock: VirtualClock,
    random: SeededRandom,
    carriage: Carriage,
    deliver: (items: Item[]) => void,
    onCut: () => void,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.carriage = carriage;
    this.#deliver = deliver;
    this.#onCut = onCut;
  }

  /** The number of bytes that were sent and have not arrived. */
  get bytes(): number {
    return this.#state === "over" ? 0 : this.#sent - this.#arrived;
  }

  put(item: Item): void {
    if (this.#state === "over") return;
    this.#sent += HEADER_BYTES + (item.type === "frame" ? item.frame.length : 0);
    this.#items.push({ item, end: this.#sent });
    if (this.#state === "lost") return;
    this.#plan(this.#sent);
  }

  /** Loses all data from now on, without an error for the sender. */
  lose(): void {
    if (this.#state === "open") this.#state = "lost";
  }

  /** Cuts the connection after a number of bytes. */
  cutAfter(bytes: number): void {
    this.#cutAt = this.#arrived + bytes;
    if (this.#arrived >= this.#cutAt) this.#onCut();
  }

  /** Ends the pipe. Nothing can be sent or received any more. */
  end(): void {
    this.#state = "over";
    this.#items = [];
  }

  /** Makes the receiver pause reading. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#clock.add(0, () => this.#arrive(this.#waitingOffset));
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  #plan(offset: number): void {
    const { latencyMs, jitterMs, bytesPerSecond, splits, joins } = this.carriage;
    const { now } = this.#clock;
    const last = this.#lastArrival;
    if (last !== undefined && last.at > now && this.#random.chance(joins)) {
      last.offset = offset;
      return;
    }
    const begin = Math.max(last?.at ?? 0, now + latencyMs + this.#random.int(0, jitterMs));
    const transferMs = bytesPerSecond === undefined ? 0 : Math.ceil(((offset - (last?.offset ?? 0)) * 1000) / bytesPerSecond);
    if (this.#random.chance(splits)) {
      this.#planAt(begin, this.#random.int(Math.min(last?.offset ?? 0, offset - 1), offset - 1));
      this.#planAt(begin + transferMs + this.#random.int(0, jitterMs), offset);
    } else {
      this.#planAt(begin + transferMs, offset);
    }
  }

  #planAt(at: number, offset: number): void {
    const arrival = { at, offset };
    this.#lastArrival = arrival;
    this.#clock.add(at - this.#clock.now, () => this.#arrive(arrival.offset));
  }

  #arrive(offset: number): void {
    if (this.#state !== "open") return;
    if (this.#isPaused) {
      this.#waitingOffset = Math.max(this.#waitingOffset, offset);
      return;
    }
    this.#arrived = Math.max(this.#arrived, Math.min(offset, this.#cutAt));
    let count = 0;
    while (count < this.#items.length && (this.#items[count]?.end ?? 0) <= this.#arrived) count++;
    const arrived = this.#items.splice(0, count);
    if (count > 0) this.#deliver(arrived.map(({ item }) => item));
    if (this.#arrived >= this.#cutAt && this.#isOpen()) this.#onCut();
  }

  #isOpen(): boolean {
    return this.#state === "open";
  }
}
