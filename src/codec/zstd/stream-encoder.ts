import { encodeUtf8 } from "../utf8.js";
import { BitWriter } from "./bit-writer.js";
import { BlockEncoder } from "./block-encoder.js";
import { MAGIC, MAX_BLOCK, windowDescriptor } from "./format.js";
import { HuffmanLiterals } from "./huffman-literals.js";
import { MatchFinder } from "./match-finder.js";

/** The size of the server's window, which is that of zstd level 3. */
const WINDOW = 2 * 1024 * 1024;
/** The size of the buffer. The buffer is larger than the window, so that the bytes are moved only when the buffer is full. */
const CAPACITY = WINDOW * 1.5;
const TABLE_BITS = 16;

/**
 * Compresses the messages of one connection as the server does (protocol.md, 5): one zstd stream without an end, with a flush after
 * each message. The window is kept, so that a message can refer to earlier messages.
 */
export class StreamEncoder {
  readonly #finder = new MatchFinder(WINDOW, TABLE_BITS);
  readonly #blocks = new BlockEncoder(this.#finder, new HuffmanLiterals());
  readonly #out = new BitWriter(64 * 1024);
  #window = new Uint8Array(0);
  #end = 0;
  #begun = false;

  /** Compresses the next message. */
  encode(text: string): Uint8Array {
    const message = encodeUtf8(text);
    const out = this.#out;
    out.end = 0;
    if (!this.#begun) {
      out.number(MAGIC, 4);
      out.number(0, 1);
      out.number(windowDescriptor(WINDOW), 1);
      this.#begun = true;
    }
    let at = 0;
    do {
      const part = message.subarray(at, at + MAX_BLOCK);
      this.#append(part);
      this.#blocks.write(this.#end - part.length, this.#end, false, out);
      at += MAX_BLOCK;
    } while (at < message.length);
    return out.take();
  }

  /** Appends a part of a message to the buffer. If the buffer is full, keeps only the last `WINDOW` bytes. */
  #append(part: Uint8Array): void {
    const needed = this.#end + part.length;
    if (needed > this.#window.length && this.#window.length < CAPACITY) {
      const window = new Uint8Array(Math.min(CAPACITY, Math.max(needed, this.#window.length * 2)));
      window.set(this.#window.subarray(0, this.#end));
      this.#window = window;
      this.#finder.use(window);
    }
    if (needed > this.#window.length) {
      const dropped = this.#end - WINDOW;
      this.#window.copyWithin(0, dropped, this.#end);
      // Moves the positions in the match finder back by `dropped` bytes. This loop is not in `MatchFinder`, to keep
      // dist/browser.js small.
      const { positions } = this.#finder;
      for (let i = 0; i < positions.length; i++) positions[i] = Math.max(0, (positions[i] as number) - dropped);
      this.#end -= dropped;
    }
    this.#window.set(part, this.#end);
    this.#end += part.length;
  }
}
