/**
 * The size of a message's prefix: one byte that shows whether the message is compressed, and four bytes with its length
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 */
const PREFIX_BYTES = 5;

/** Returns the bytes of a message, with its prefix. Messages are not compressed. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** The error for bytes that cannot be split into gRPC messages. */
export class FramingError extends Error {
  override readonly name = "FramingError";
}

/** Splits the bytes of a request into its messages. */
export class MessageSplitter {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** @param maxBytes a larger message is refused before all of it has arrived */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds received bytes, and returns the messages that are now complete. @throws FramingError */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const messages: Uint8Array[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): Uint8Array | undefined {
    if (this.#length < PREFIX_BYTES) return undefined;
    const head = this.#joined(PREFIX_BYTES);
    if (head[0] !== 0) throw new FramingError("compressed messages are not supported");
    const length = new DataView(head.buffer, head.byteOffset).getUint32(1);
    if (length > this.#maxBytes) throw new FramingError(`a message has at most ${this.#maxBytes} bytes`);
    const end = PREFIX_BYTES + length;
    if (this.#length < end) return undefined;
    const all = this.#joined(end);
    this.#chunks = all.length === end ? [] : [all.subarray(end)];
    this.#length -= end;
    return all.slice(PREFIX_BYTES, end);
  }

  /**
   * Returns the buffered bytes, at least `wanted` of them. Joins the chunks only if the first one has fewer than `wanted` bytes.
   */
  #joined(wanted: number): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= wanted) return first;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }
}
