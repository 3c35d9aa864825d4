import { newUtf8Decoder, type Utf8Decoder } from "../utf8.js";
import { MAX_BLOCK, MAX_WINDOW } from "./format.js";
import { FrameReader } from "./frame-reader.js";
import { Output } from "./output.js";
import { corrupt, ZstdError } from "./zstd-error.js";

const FIRST_CAPACITY = 2 * MAX_BLOCK;
const DEFAULT_LIMIT = 64 * 1024 * 1024;
/**
 * The maximum ratio of decoded bytes to compressed bytes. A stream with a higher ratio is refused, but only after it has decoded to
 * more than `FREE_BYTES`.
 */
const MAX_RATIO = 1_000;
const FREE_BYTES = 1024 * 1024;

/**
 * An output that keeps the last decoded bytes (the window) in a buffer. When the buffer is full, the window is moved to the front
 * of the buffer. A ring buffer would be slower, because each copy would have to check for the end of the buffer.
 */
class WindowOutput extends Output {
  /** The position at which the unread text of the current message starts. */
  #start = 0;
  /** The first part of the current message, as text. The rest of the message is still in the buffer. */
  #text = "";
  #length = 0;
  #window = 0;
  /** How many decoded bytes have been dropped from the front of the buffer. */
  #dropped = 0;
  #encodedBytes = 0;
  readonly #utf8 = newUtf8Decoder();
  /** Decodes the text of a message that does not fit in the buffer. The text may be split inside a character. */
  #longUtf8: Utf8Decoder | undefined;

  constructor(readonly limit: number) {
    super();
  }

  override begin(window: number): void {
    if (window > MAX_WINDOW) throw new ZstdError("limit", `a window of ${window} bytes; at most ${MAX_WINDOW} are supported`);
    this.#window = window;
    this.floor = this.end;
  }

  /** Counts the compressed bytes of the next message. */
  handlePart(size: number): void {
    this.#encodedBytes += size;
  }

  override reserve(size: number): void {
    this.#check();
    if (this.end + size <= this.capacity) return;
    const most = this.#window + Math.max(this.#window / 2, FIRST_CAPACITY);
    if (this.capacity < most) this.grow(Math.min(most, Math.max(this.capacity * 2, FIRST_CAPACITY)));
    if (this.end + size > this.capacity) this.#slide();
  }

  /** Returns the complete text of the current message. @throws ZstdError if the text is too long or not UTF-8 */
  take(): string {
    this.#check();
    const text = this.#text + this.#read(this.#longUtf8 ?? this.#utf8);
    this.#text = "";
    this.#length = 0;
    this.#start = this.end;
    this.#longUtf8 = undefined;
    return text;
  }

  /**
   * Moves the window to the front of the buffer. Reads the text in the buffer first, because the move can overwrite the text.
   */
  #slide(): void {
    if (this.end > this.#start) {
      // After a call with `stream: true`, a decoder of Node.js stays slow. A long text therefore has its own decoder.
      this.#longUtf8 ??= newUtf8Decoder();
      this.#text += this.#read(this.#longUtf8, { stream: true });
      this.#length += this.end - this.#start;
    }
    const from = Math.max(this.floor, this.end - this.#window);
    this.bytes.copyWithin(0, from, this.end);
    this.end -= from;
    this.#dropped += from;
    this.floor = 0;
    this.#start = this.end;
  }

  #read(utf8: Utf8Decoder, options?: { stream: boolean }): string {
    try {
      return utf8.decode(this.bytes.subarray(this.#start, this.end), options);
    } catch {
      throw corrupt("text that is not UTF-8");
    }
  }

  #check(): void {
    if (this.#length + this.end - this.#start > this.limit) {
      throw new ZstdError("limit", `a message of more than ${this.limit} bytes`);
    }
    const decodedBytes = this.#dropped + this.end;
    if (decodedBytes > FREE_BYTES && decodedBytes > this.#encodedBytes * MAX_RATIO) {
      throw new ZstdError("limit", `${this.#encodedBytes} bytes decode to more than ${MAX_RATIO} times as many`);
    }
  }
}

/**
 * Decodes the messages of one connection, which are one zstd stream with a flush after each message (protocol.md, 5). A message
 * can refer to earlier messages. Pass each message once and in order. Use a new decoder for each connection. A message that ends
 * inside a block is refused.
 */
export class StreamDecoder {
  readonly #output: WindowOutput;
  readonly #frames: FrameReader;
  #failure: unknown;

  /** @param limit the maximum size of a message's text, in bytes; 64 MiB by default */
  constructor(limit = DEFAULT_LIMIT) {
    this.#output = new WindowOutput(limit);
    this.#frames = new FrameReader(this.#output);
  }

  /**
   * Returns the text of the next message.
   *
   * @throws ZstdError if the message is damaged or too large. Each later call then throws the same error
   */
  decode(part: Uint8Array): string {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#output.handlePart(part.length);
      this.#frames.read(part);
      return this.#output.take();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
