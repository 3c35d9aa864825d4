import { closeSync, createReadStream, openSync, readSync } from "node:fs";

/** Maximum size of an input file in bytes. Without a limit, a device such as `/dev/zero` would fill the memory. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** Reads a file, a pipe or a device. @throws Error of Node.js if it cannot be read; Error if it is larger than `maxBytes` */
export async function readInputFile(path: string, maxBytes = MAX_INPUT_BYTES): Promise<Buffer> {
  const input = new InputBytes(maxBytes);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) input.add(chunk as Buffer);
  return input.bytes;
}

/** Synchronous version of `readInputFile`. @throws the same errors as `readInputFile` */
export function readInputFileSync(path: string, maxBytes = MAX_INPUT_BYTES): Buffer {
  const input = new InputBytes(maxBytes);
  const file = openSync(path, "r");
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(file, chunk);
      if (length === 0) return input.bytes;
      input.add(chunk.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

/** Collects the bytes of an input, and throws if there are more than `maxBytes`. */
class InputBytes {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#maxBytes) throw new Error(`it has more than ${this.#maxBytes} bytes`);
    this.#chunks.push(chunk);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
