import { corrupt } from "./zstd-error.js";

/** Returns the number of bits in a stream. The highest bit with the value 1 only marks the end, and is not counted. */
export function bitsOf(view: DataView, start: number, end: number): number {
  const last = end > start ? view.getUint8(end - 1) : 0;
  if (last === 0) throw corrupt("a bit stream without an end mark");
  return (end - start) * 8 + 23 - Math.clz32(last);
}

/**
 * Reads a bit stream backwards, as FSE and Huffman codes require (RFC 8878, 4.1). It loads four bytes at a time, so the view's
 * buffer must have at least three more bytes after the stream.
 */
export class BackwardBits {
  /** The number of unread bits. The number is negative if the caller has read too many bits. The extra bits are zeros. */
  left = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;

  /** Starts to read a stream: the bytes from `start` up to, but not including, `end`. */
  open(view: DataView, start: number, end: number): void {
    this.#view = view;
    this.#start = start;
    this.left = bitsOf(view, start, end);
  }

  /** Reads up to 24 bits. */
  read(count: number): number {
    const at = this.left - count;
    this.left = at;
    if (at >= 0) return (this.#view.getUint32(this.#start + (at >> 3), true) >>> (at & 7)) & ((1 << count) - 1);
    const real = at + count;
    return real <= 0 ? 0 : (this.#view.getUint32(this.#start, true) & ((1 << real) - 1)) << -at;
  }
}

/** Reads a bit stream forwards, as table descriptions require (RFC 8878, 4.1.1). */
export class ForwardBits {
  #at: number;

  constructor(
    readonly view: DataView,
    start: number,
    readonly end: number,
  ) {
    this.#at = start * 8;
  }

  /** Returns up to 24 bits without consuming them. Bits after the end are zeros. */
  peek(count: number): number {
    return (this.view.getUint32(this.#at >> 3, true) >>> (this.#at & 7)) & ((1 << count) - 1);
  }

  take(count: number): void {
    this.#at += count;
    if (this.#at > this.end * 8) throw corrupt("a truncated table description");
  }

  read(count: number): number {
    const value = this.peek(count);
    this.take(count);
    return value;
  }

  /** The position of the first unread byte. */
  get next(): number {
    return (this.#at + 7) >> 3;
  }
}
