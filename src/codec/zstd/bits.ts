import { corrupt } from "./zstd-error.js";

/** How many bits a stream has, without the highest one that is set: that marks its end. */
export function bitsOf(view: DataView, start: number, end: number): number {
  const last = end > start ? view.getUint8(end - 1) : 0;
  if (last === 0) throw corrupt("a bit stream without its end");
  return (end - start) * 8 + 23 - Math.clz32(last);
}

/**
 * Reads a bit stream from its end to its start, as what FSE and Huffman coded is written (RFC 8878, 4.1). Four bytes are loaded at a time:
 * at least three more must follow in the view's buffer.
 */
export class BackwardBits {
  /** How many bits are left. Negative once more were read than there are: those came as zeros. */
  left = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;

  /** Begins with the bytes from `start` to before `end`. */
  open(view: DataView, start: number, end: number): void {
    this.#view = view;
    this.#start = start;
    this.left = bitsOf(view, start, end);
  }

  /** The next `count` bits, 24 at most. */
  read(count: number): number {
    const at = this.left - count;
    this.left = at;
    if (at >= 0) return (this.#view.getUint32(this.#start + (at >> 3), true) >>> (at & 7)) & ((1 << count) - 1);
    const real = at + count;
    return real <= 0 ? 0 : (this.#view.getUint32(this.#start, true) & ((1 << real) - 1)) << -at;
  }
}

/** Reads a bit stream from its start, as a table's description is written (RFC 8878, 4.1.1). */
export class ForwardBits {
  #at: number;

  constructor(
    readonly view: DataView,
    start: number,
    readonly end: number,
  ) {
    this.#at = start * 8;
  }

  /** The next `count` bits, 24 at most, without taking them; zeros beyond the end. */
  peek(count: number): number {
    return (this.view.getUint32(this.#at >> 3, true) >>> (this.#at & 7)) & ((1 << count) - 1);
  }

  take(count: number): void {
    this.#at += count;
    if (this.#at > this.end * 8) throw corrupt("a table's description that is cut");
  }

  read(count: number): number {
    const value = this.peek(count);
    this.take(count);
    return value;
  }

  /** The first byte that nothing was taken of. */
  get next(): number {
    return (this.#at + 7) >> 3;
  }
}
