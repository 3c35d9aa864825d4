import { SLACK } from "./literals.js";

/** The destination of decoded bytes, and the source of copies. */
export abstract class Output {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** The position of the next byte. */
  end = 0;
  /** The first byte that a copy may use. */
  floor = 0;

  /** Starts a frame with a window of this size. @throws ZstdError `limit` if it is too large */
  abstract begin(window: number): void;
  /** Reserves room for at most one block. @throws ZstdError `limit` if the limit is exceeded */
  abstract reserve(size: number): void;

  protected get capacity(): number {
    return this.bytes.length - SLACK;
  }

  protected grow(capacity: number): void {
    const bytes = new Uint8Array(capacity + SLACK);
    bytes.set(this.bytes.subarray(0, this.end));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
