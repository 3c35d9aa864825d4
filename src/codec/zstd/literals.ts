import { COMPRESSED, MAX_BLOCK, RUN } from "./format.js";
import { HuffmanTable } from "./huffman-table.js";
import { corrupt } from "./zstd-error.js";

/** A copy may read or write up to this many bytes after the end of a buffer, because it copies several bytes per step. */
export const SLACK = 8;

/** The buffer for decoded literals. All streams share the buffer, because only one block is decoded at a time. */
const decoded = new Uint8Array(MAX_BLOCK + SLACK);
const decodedView = new DataView(decoded.buffer);

/** The literals of a block: the bytes that its sequences do not copy. The Huffman table is kept for the next block. */
export class Literals {
  /** The buffer that contains the literals: `length` bytes from `start`, with `SLACK` bytes after them. */
  bytes: Uint8Array = decoded;
  view: DataView = decodedView;
  start = 0;
  length = 0;
  readonly #table = new HuffmanTable();

  /** Resets the table at the start of a frame. */
  reset(): void {
    this.#table.bits = 0;
  }

  /**
   * Reads a literals section (RFC 8878, 3.1.1.3.1).
   *
   * @param bytes the block, from `at` to `end`, with `SLACK` bytes after it
   * @returns the position after the section
   */
  read(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    if (at >= end) throw corrupt("a block without literals");
    const head = view.getUint32(at, true);
    const kind = head & 3;
    const format = (head >> 2) & 3;
    if (kind < COMPRESSED) return this.#readPlain(bytes, view, at, end, kind === RUN);

    // The format determines the width of the two sizes (10, 14 or 18 bits), and whether there are one or four streams.
    const width = format < 2 ? 10 : format * 4 + 6;
    const header = format < 2 ? 3 : format + 2;
    const low = head >>> 4;
    const high = view.getUint8(at + 4);
    const regenerated = low & ((1 << width) - 1);
    const compressed = (width === 18 ? (low >>> 18) | (high << 10) : low >>> width) & ((1 << width) - 1);
    let next = at + header;
    const stop = next + compressed;
    if (stop > end || regenerated > MAX_BLOCK) throw corrupt("truncated or too many literals");
    if (kind === COMPRESSED) next = this.#table.read(view, next, stop);
    else if (this.#table.bits === 0) throw corrupt("literals without a table");

    this.bytes = decoded;
    this.view = decodedView;
    this.start = 0;
    this.length = regenerated;
    if (format === 0) this.#table.decode(view, next, stop, decoded, 0, regenerated);
    else this.#decodeFour(view, next, stop);
    return stop;
  }

  /** Reads uncompressed literals, or a single literal that is repeated. */
  #readPlain(bytes: Uint8Array, view: DataView, at: number, end: number, repeated: boolean): number {
    const head = view.getUint32(at, true) & 0xffffff;
    const format = (head >> 2) & 3;
    const header = format === 1 ? 2 : format === 3 ? 3 : 1;
    const length = format === 1 ? (head >> 4) & 0xfff : format === 3 ? head >> 4 : (head & 0xff) >> 3;
    const start = at + header;
    const stop = start + (repeated ? 1 : length);
    if (stop > end || length > MAX_BLOCK) throw corrupt("truncated or too many literals");
    this.length = length;
    this.bytes = repeated ? decoded : bytes;
    this.view = repeated ? decodedView : view;
    this.start = repeated ? 0 : start;
    if (repeated) decoded.fill(view.getUint8(start), 0, length);
    return stop;
  }

  /** Reads a table with the sizes of the first three streams, and then decodes all four streams. */
  #decodeFour(view: DataView, at: number, end: number): void {
    const part = (this.length + 3) >> 2;
    const last = this.length - part * 3;
    if (at + 6 > end || last < 0) throw corrupt("truncated literal streams");
    const second = at + 6 + view.getUint16(at, true);
    const third = second + view.getUint16(at + 2, true);
    const fourth = third + view.getUint16(at + 4, true);
    if (fourth > end) throw corrupt("truncated literal streams");
    this.#table.decodeTwo(view, at + 6, second, third, decoded, 0, part, part);
    this.#table.decodeTwo(view, third, fourth, end, decoded, part * 2, part, last);
  }
}
