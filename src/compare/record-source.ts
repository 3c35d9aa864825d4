import { decodeUtf8, encodeUtf8 } from "../codec/utf8.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";

/** A `ReadableStream` of the Web Streams API. */
export interface WebReadable {
  /** Locks the stream, and returns its reader. */
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }>; cancel(): Promise<void> };
}

/** The bytes or the text of a record: a Node.js stream, a web stream, or a list of pieces. */
export type RecordStream = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> | WebReadable;

/**
 * A record to read: a function that opens the record, a web file (`File`, `Blob`), a `MemoryRecord`, a text, or a stream. A record
 * that is not in slot order is read several times, so it cannot be a stream.
 */
export type RecordSource =
  | (() => RecordStream | Promise<RecordStream>)
  | {
      /** Opens the record. */
      stream(): WebReadable;
    }
  | {
      /** The lines of the record. */
      readonly lines: readonly string[];
    }
  | RecordStream;

/** A source that can be opened and read. */
export interface OpenableSource {
  open(): AsyncIterable<Uint8Array | string> | Promise<AsyncIterable<Uint8Array | string>>;
  /** Whether the source can be opened more than once. */
  readonly isRepeatable: boolean;
}

/** @param name the name of the parameter, for the error message. @throws SimulatorError `invalidParams` */
export function toOpenable(source: RecordSource, name: string): OpenableSource {
  if (typeof source === "string") return { isRepeatable: true, open: () => readAll([source]) };
  if (typeof source === "function") return { isRepeatable: true, open: async () => piecesOf(await source(), name) };
  if (typeof source === "object" && source !== null) {
    if ("lines" in source && Array.isArray(source.lines)) {
      const { lines } = source;
      return { isRepeatable: true, open: () => piecesOf(lines, name) };
    }
    if ("stream" in source && typeof source.stream === "function") {
      return { isRepeatable: true, open: () => piecesOf(source.stream(), name) };
    }
  }
  return { isRepeatable: false, open: () => piecesOf(source as RecordStream, name) };
}

function piecesOf(stream: RecordStream, name: string): AsyncIterable<Uint8Array | string> {
  if (typeof stream === "object" && stream !== null) {
    if ("getReader" in stream) return readWeb(stream);
    if (Symbol.asyncIterator in stream) return stream;
    if (Symbol.iterator in stream) return readAll(stream);
  }
  throw invalidParams(name, "expected a record: a function that opens one, a Blob, a MemoryRecord, or a stream");
}

async function* readAll(pieces: Iterable<Uint8Array | string>): AsyncGenerator<Uint8Array | string> {
  yield* pieces;
}

/** Reads a web stream without iterating over it, because not every browser supports that. */
async function* readWeb(stream: WebReadable): AsyncGenerator<Uint8Array | string> {
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value as Uint8Array | string;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/**
 * Maximum length of a line in bytes. The lines of a record are shorter: even the largest transaction with its logs has only about
 * 100 kB.
 */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Reads a source line by line. Only one piece of the source and the start of an incomplete line are in memory. */
export class LineReader {
  readonly #name: string;
  readonly #pieces: AsyncIterator<Uint8Array | string>;
  /** One decoder for all lines, because creating a decoder takes as long as decoding a short line. */
  readonly #decoder = typeof TextDecoder === "function" ? new TextDecoder() : { decode: decodeUtf8 };
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The beginning of the next line, from pieces that were read earlier. */
  #begun: Uint8Array[] = [];
  #begunBytes = 0;
  #isOver = false;
  /** Number of the line that was read last. The first line has number 1. */
  number = 0;

  private constructor(pieces: AsyncIterator<Uint8Array | string>, name: string) {
    this.#pieces = pieces;
    this.#name = name;
  }

  static async open(source: OpenableSource, name: string): Promise<LineReader> {
    return new LineReader((await source.open())[Symbol.asyncIterator](), name);
  }

  /** Returns the next line that is not blank. `undefined` if more data must be read first, see `fill`. */
  take(): string | undefined {
    for (;;) {
      const end = this.#piece.indexOf(NEWLINE, this.#at);
      if (end < 0) return undefined;
      const line = this.#lineUpTo(end);
      this.#at = end + 1;
      if (line !== "") return line;
    }
  }

  /**
   * Reads the next piece. Resolves to `false` at the end of the source. At the end, call `last` for the text after the last line
   * break.
   */
  async fill(): Promise<boolean> {
    if (this.#isOver) return false;
    if (this.#at < this.#piece.length) {
      this.#begun.push(this.#piece.subarray(this.#at));
      this.#begunBytes += this.#piece.length - this.#at;
      if (this.#begunBytes > MAX_LINE_BYTES) {
        throw new SimulatorError("protocol", `${this.#name}: line ${this.number + 1} has more than ${MAX_LINE_BYTES} bytes`);
      }
    }
    const { done, value } = await this.#pieces.next();
    this.#at = 0;
    this.#isOver = done === true;
    this.#piece = done ? new Uint8Array(0) : typeof value === "string" ? encodeUtf8(value) : value;
    return !done;
  }

  /** Returns the text after the last line break. `undefined` if there is none. */
  last(): string | undefined {
    const line = this.#begunBytes === 0 ? "" : this.#lineUpTo(this.#piece.length);
    return line === "" ? undefined : line;
  }

  /** Stops reading. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#pieces.return?.();
    this.#isOver = true;
  }

  /** Decodes each line separately, because a slice of a larger string would keep the whole string in memory. */
  #lineUpTo(end: number): string {
    let bytes = this.#piece.subarray(this.#at, end);
    if (this.#begunBytes > 0) {
      const whole = new Uint8Array(this.#begunBytes + bytes.length);
      let at = 0;
      for (const part of [...this.#begun, bytes]) {
        whole.set(part, at);
        at += part.length;
      }
      bytes = whole;
      this.#begun = [];
      this.#begunBytes = 0;
    }
    this.number++;
    if (bytes[bytes.length - 1] === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    const line = this.#decoder.decode(bytes);
    return line.trim() === "" ? "" : line;
  }
}
