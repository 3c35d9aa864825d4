import { COMPRESSED, MAGIC, MAX_BLOCK, RAW, RUN } from "./format.js";
import { Literals, SLACK } from "./literals.js";
import type { Output } from "./output.js";
import { Sequences } from "./sequences.js";
import { corrupt, ZstdError } from "./zstd-error.js";

/** The first of the sixteen magic numbers of skippable frames (RFC 8878, 3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;

/** A buffer for the current compressed block, with `SLACK` bytes after it. All streams share it. */
const block = new Uint8Array(MAX_BLOCK + SLACK);
const blockView = new DataView(block.buffer);

/**
 * Reads zstd frames (RFC 8878, 3.1) into an output. Between calls of `read`, it keeps the tables, the last offsets and the state of
 * the current frame. Each chunk must end at the end of a block. Checksums are not verified.
 */
export class FrameReader {
  /** Whether the last chunk ended inside a frame. */
  inFrame = false;
  readonly #output: Output;
  readonly #literals = new Literals();
  readonly #sequences = new Sequences();
  #checksum = false;
  #maxBlock = 0;
  /** The remaining decoded size of the frame, in bytes. `undefined` if the header contains no size. */
  #left: number | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** @throws ZstdError */
  read(part: Uint8Array): void {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    for (let at = 0; at < part.length; ) at = this.inFrame ? this.#readBlock(part, view, at) : this.#readHeader(view, at);
  }

  /** Reads a frame header, or skips a skippable frame. @returns the position after the header, or after a skippable frame */
  #readHeader(view: DataView, start: number): number {
    need(view, start, 5);
    const magic = view.getUint32(start, true);
    if ((magic & ~15) === SKIPPABLE_MAGIC) {
      need(view, start, 8);
      const size = view.getUint32(start + 4, true);
      need(view, start + 8, size);
      return start + 8 + size;
    }
    if (magic !== MAGIC) throw corrupt("not a frame");
    const descriptor = view.getUint8(start + 4);
    const single = (descriptor & 32) !== 0;
    const dictionarySize = [0, 1, 2, 4][descriptor & 3] as number;
    const sizeFlag = descriptor >> 6;
    const sizeSize = sizeFlag === 0 ? Number(single) : 1 << sizeFlag;
    if ((descriptor & 8) !== 0) throw corrupt("a set reserved bit");

    const windowAt = start + 5;
    const dictionaryAt = windowAt + Number(!single);
    const sizeAt = dictionaryAt + dictionarySize;
    need(view, windowAt, sizeAt + sizeSize - windowAt);
    for (let at = dictionaryAt; at < sizeAt; at++) {
      if (view.getUint8(at) !== 0) throw new ZstdError("unsupported", "a frame that needs a dictionary");
    }
    const size = readSize(view, sizeAt, sizeSize);
    const window = single ? (size ?? 0) : readWindow(view.getUint8(windowAt));
    this.#output.begin(window);
    this.#literals.reset();
    this.#sequences.reset();
    this.inFrame = true;
    this.#checksum = (descriptor & 4) !== 0;
    this.#maxBlock = Math.min(window, MAX_BLOCK);
    this.#left = size;
    return sizeAt + sizeSize;
  }

  #readBlock(part: Uint8Array, view: DataView, start: number): number {
    need(view, start, 3);
    const header = view.getUint16(start, true) | (view.getUint8(start + 2) << 16);
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    if (kind > COMPRESSED || size > this.#maxBlock) throw corrupt("an invalid block header");
    const at = start + 3;
    const stop = at + (kind === RUN ? 1 : size);
    need(view, at, stop - at);

    const output = this.#output;
    output.reserve(this.#maxBlock);
    const before = output.end;
    if (kind === COMPRESSED) {
      block.set(part.subarray(at, stop));
      const next = this.#literals.read(block, blockView, 0, size);
      this.#sequences.perform(blockView, next, size, this.#literals, output, this.#maxBlock);
    } else {
      if (kind === RAW) output.bytes.set(part.subarray(at, stop), before);
      else output.bytes.fill(part[at] as number, before, before + size);
      output.end += size;
    }
    if (this.#left !== undefined) this.#left -= output.end - before;
    return (header & 1) === 0 ? stop : this.#endFrame(view, stop);
  }

  #endFrame(view: DataView, at: number): number {
    if (this.#left !== undefined && this.#left !== 0) throw corrupt("a frame whose size differs from its header");
    this.inFrame = false;
    if (!this.#checksum) return at;
    need(view, at, 4);
    return at + 4;
  }
}

function need(view: DataView, at: number, size: number): void {
  if (at + size > view.byteLength) throw corrupt("truncated data");
}

/** Reads the size of a window: a power of two, plus some eighths of this power (RFC 8878, 3.1.1.1.2). */
function readWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function readSize(view: DataView, at: number, size: number): number | undefined {
  if (size === 1) return view.getUint8(at);
  // A two-byte field contains the size minus 256 (RFC 8878, 3.1.1.1.4).
  if (size === 2) return view.getUint16(at, true) + 256;
  if (size === 4) return view.getUint32(at, true);
  return size === 8 ? view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32 : undefined;
}
