import { FrameReader } from "./frame-reader.js";
import { Output } from "./output.js";
import { corrupt, ZstdError } from "./zstd-error.js";

/** The default limit, which is the same as in the Rust crate. */
const DEFAULT_LIMIT = 256 * 1024 * 1024;

/** An output that keeps all decoded bytes. A match can therefore refer to any earlier byte of the frame. */
class WholeOutput extends Output {
  constructor(readonly limit: number) {
    super();
  }

  override begin(): void {
    this.floor = this.end;
  }

  override reserve(size: number): void {
    this.check();
    // Doubles the buffer when it is full. The size in the frame header is not trusted, because it can be any number.
    if (this.end + size > this.capacity) this.grow(Math.max(this.end + size, Math.min(this.capacity * 2, this.limit)));
  }

  check(): void {
    if (this.end > this.limit) throw new ZstdError("limit", `more than ${this.limit} bytes`);
  }
}

/**
 * Decompresses one or more concatenated zstd frames. Skippable frames are skipped, and checksums are not verified.
 *
 * @param limit the maximum number of decompressed bytes; 256 MiB by default
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
