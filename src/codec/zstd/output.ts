import { SLACK } from "./literals.js";

/** Where decoded bytes go, and are copied from again. */
export abstract class Output {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** Where the next byte goes. */
  end = 0;
  /** The first byte that may be copied from. */
  floor = 0;

  /** A frame begins, with a window of so many bytes. @throws ZstdError `limit` if it is too large */
  abstract begin(window: number): void;
  /** Makes room for so many bytes, a block's at most. @throws ZstdError `limit` if there is too much already */
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
