import { FrameReader } from "./frame-reader.js";
import { Output } from "./output.js";
import { corrupt, ZstdError } from "./zstd-error.js";

/** The limit of the crate. */
const DEFAULT_LIMIT = 256 * 1024 * 1024;

/** An output that keeps all bytes, so that a window of any size fits. */
class WholeOutput extends Output {
  constructor(readonly limit: number) {
    super();
  }

  override begin(): void {
    this.floor = this.end;
  }

  override reserve(size: number): void {
    this.check();
    // Doubles the buffer instead of trusting the size in the frame header, which can be anything.
    if (this.end + size > this.capacity) this.grow(Math.max(this.end + size, Math.min(this.capacity * 2, this.limit)));
  }

  check(): void {
    if (this.end > this.limit) throw new ZstdError("limit", `more than ${this.limit} bytes`);
  }
}

/**
 * Decompresses one or more concatenated zstd frames. Skippable frames are skipped, and checksums are not verified.
 *
 * @param limit the most decompressed bytes; default: 256 MiB
 * @throws ZstdError if the data is not zstd, is truncated, or exceeds the limit
 */
export function decompress(bytes: Uint8Array, limit = DEFAULT_LIMIT): Uint8Array {
  const output = new WholeOutput(limit);
  const frames = new FrameReader(output);
  if (bytes.length === 0) throw corrupt("no frame");
  frames.read(bytes);
  if (frames.inFrame) throw corrupt("a truncated frame");
  output.check();
  return output.bytes.slice(0, output.end);
}
