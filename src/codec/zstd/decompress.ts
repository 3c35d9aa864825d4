import { FrameReader } from "./frame-reader.js";
import { Output } from "./output.js";
import { corrupt, ZstdError } from "./zstd-error.js";

/** The crate's own. */
const DEFAULT_LIMIT = 256 * 1024 * 1024;

/** Keeps everything: it is the window, whatever its size. */
class WholeOutput extends Output {
  constructor(readonly limit: number) {
    super();
  }

  override begin(): void {
    this.floor = this.end;
  }

  override reserve(size: number): void {
    this.check();
    // Twice what there is, not what the frame says of itself: ten bytes can say anything.
    if (this.end + size > this.capacity) this.grow(Math.max(this.end + size, Math.min(this.capacity * 2, this.limit)));
  }

  check(): void {
    if (this.end > this.limit) throw new ZstdError("limit", `more than ${this.limit} bytes`);
  }
}

/**
 * The bytes of one zstd frame or of several, one behind the other; skippable frames are skipped. A checksum is passed over, not verified.
 *
 * @param limit how many bytes there may be; 256 MiB by default
 * @throws ZstdError if it isn't zstd, is cut, or gives more
 */
export function decompress(bytes: Uint8Array, limit = DEFAULT_LIMIT): Uint8Array {
  const output = new WholeOutput(limit);
  const frames = new FrameReader(output);
  if (bytes.length === 0) throw corrupt("no frame");
  frames.read(bytes);
  if (frames.inFrame) throw corrupt("a frame that is cut");
  output.check();
  return output.bytes.slice(0, output.end);
}
