import type { Frame } from "../link/peer.js";

const CHUNK_BYTES = 256 * 1024;
const MAX_HEADER = 10;

/**
 * Encodes WebSocket frames into one buffer. The frames are not masked, because a server sends them (RFC 6455, 5.2). Node.js only.
 */
export class FrameBatch {
  readonly #write: (bytes: Buffer) => void;
  #chunk: Buffer = Buffer.alloc(0);
  /** The offset of the first byte that has not been written yet. */
  #start = 0;
  #end = 0;

  /** @param write receives the encoded bytes; the batch does not change them afterwards */
  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Number of bytes that have not been written yet. */
  get bytes(): number {
    return this.#end - this.#start;
  }

  push(frame: Frame): void {
    const length = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
    this.#reserve(length + MAX_HEADER);
    this.#header(typeof frame === "string" ? 1 : 2, length);
    if (typeof frame === "string") this.#chunk.write(frame, this.#end, "utf8");
    else this.#chunk.set(frame, this.#end);
    this.#end += length;
  }

  flush(): void {
    if (this.#end === this.#start) return;
    const bytes = this.#chunk.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#write(bytes);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#chunk.length) return;
    this.flush();
    this.#chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytes));
    this.#start = 0;
    this.#end = 0;
  }

  #header(opcode: 1 | 2, length: number): void {
    const chunk = this.#chunk;
    const at = this.#end;
    chunk[at] = 0x80 | opcode;
    if (length < 126) {
      chunk[at + 1] = length;
      this.#end = at + 2;
    } else if (length < 65_536) {
      chunk[at + 1] = 126;
      this.#end = chunk.writeUInt16BE(length, at + 2);
    } else {
      chunk[at + 1] = 127;
      this.#end = chunk.writeBigUInt64BE(BigInt(length), at + 2);
    }
  }
}
