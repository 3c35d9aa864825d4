import { MAX_BLOCK, MAX_WINDOW } from "./format.js";
import { FrameReader } from "./frame-reader.js";
import { Output } from "./output.js";
import { corrupt, ZstdError } from "./zstd-error.js";

const FIRST_CAPACITY = 2 * MAX_BLOCK;
const DEFAULT_LIMIT = 64 * 1024 * 1024;
/** A stream that decodes to more than this many times its bytes is refused, once it has decoded to more than the free bytes. */
const MAX_RATIO = 1_000;
const FREE_BYTES = 1024 * 1024;

/**
 * Keeps what may still be copied from. It isn't a ring, in which every copy had to look for the end: the window is moved to the front
 * once half a window's bytes have come, which costs two bytes moved for one decoded, far less than decoding it.
 */
class WindowOutput extends Output {
  /** Where the text of the message at hand begins. */
  #start = 0;
  /** What the message at hand had before `#start`. */
  #text = "";
  #length = 0;
  #window = 0;
  /** How many decoded bytes were dropped from the front. */
  #dropped = 0;
  #encodedBytes = 0;
  readonly #utf8 = makeTextDecoder();
  /** Of a message that is longer than what is kept: it may be cut within a character. */
  #longUtf8: TextDecoder | undefined;

  constructor(readonly limit: number) {
    super();
  }

  override begin(window: number): void {
    if (window > MAX_WINDOW) throw new ZstdError("limit", `a window of ${window} bytes; at most ${MAX_WINDOW} are kept`);
    this.#window = window;
    this.floor = this.end;
  }

  /** Counts the bytes of the message that is about to be decoded. */
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

  /** The text of the message at hand, which is whole now. @throws ZstdError if it is too long, or isn't UTF-8 */
  take(): string {
    this.#check();
    const text = this.#text + this.#read(this.#longUtf8 ?? this.#utf8);
    this.#text = "";
    this.#length = 0;
    this.#start = this.end;
    this.#longUtf8 = undefined;
    return text;
  }

  /** Moves the window to the front. What was before it is lost: its text is read first. */
  #slide(): void {
    if (this.end > this.#start) {
      // One of its own: Node.js' decoder is a slow one for good once it was asked to stream, and its texts take two bytes a character.
      this.#longUtf8 ??= makeTextDecoder();
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

  #read(utf8: TextDecoder, options?: { stream: boolean }): string {
    try {
      return utf8.decode(this.bytes.subarray(this.#start, this.end), options);
    } catch {
      throw corrupt("a text that isn't UTF-8");
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

function makeTextDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}

/**
 * Decodes the messages of one connection: one zstd stream, of which each message is a flushed part (protocol.md, 5). What a message refers to lies in those
 * before it, so every message goes through here once, in order, and a new connection takes a new decoder. A message's part comes whole; one that ends
 * within a block is refused.
 */
export class StreamDecoder {
  readonly #output: WindowOutput;
  readonly #frames: FrameReader;
  #failure: unknown;

  /** @param limit how many bytes a message's text may have; 64 MiB by default */
  constructor(limit = DEFAULT_LIMIT) {
    this.#output = new WindowOutput(limit);
    this.#frames = new FrameReader(this.#output);
  }

  /**
   * The text of the next message.
   *
   * @throws ZstdError if it can't be had. The stream is lost then: each later call throws the same.
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
