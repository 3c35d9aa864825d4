import { SLACK } from "./literals.js";

/** The buffer to which decoded bytes are written, and from which earlier bytes are copied. */
export abstract class Output {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** The position of the next byte. */
  end = 0;
  /** The lowest position from which bytes may be copied. */
  floor = 0;

  /** Starts a frame with a window of this size. @throws ZstdError `limit` if the window is too large */
  abstract begin(window: number): void;
  /** Reserves room for up to one block. @throws ZstdError `limit` if the limit is exceeded */
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
