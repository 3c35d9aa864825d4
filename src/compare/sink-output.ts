import { encodeUtf8 } from "../codec/utf8.js";
import { invalidParams } from "../protocol/error-helpers.js";
import type { RecordChunk } from "./record-encoder.js";

/** A writable Node.js stream, such as `createWriteStream` returns. */
export interface NodeWritable {
  /** Writes a chunk. Returns `false` if the buffer is full. */
  write(chunk: Uint8Array, callback: (error?: Error | null) => void): boolean;
  /** Ends the stream. */
  end(callback: (error?: Error | null) => void): unknown;
  /** Adds a listener. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Adds a listener. */
  on(event: "close", listener: () => void): unknown;
}

/** A `WritableStream` of the Web Streams API, for example from `showSaveFilePicker` or a `TransformStream`. */
export interface WebWritable {
  /** Locks the stream, and returns its writer. */
  getWriter(): { write(chunk: Uint8Array): Promise<void>; close(): Promise<void> };
}

/** Where a record is written: a Node.js stream, a web stream, or a function that is called with each piece. */
export type RecordOutput = NodeWritable | WebWritable | ((chunk: Uint8Array) => void | Promise<void>);

interface Target {
  write(chunk: Uint8Array): void | Promise<void>;
  close(): void | Promise<void>;
}

/** A batch is written when it reaches this size: the characters of its text pieces plus the bytes of its binary pieces. */
const BATCH_SIZE = 64 * 1024;

/** Writes the pieces of a record in batches. Each batch is written after the output has accepted the previous batch. */
export class SinkOutput {
  readonly #target: Target;
  #pieces: RecordChunk[] = [];
  #size = 0;

  constructor(output: RecordOutput) {
    this.#target = targetOf(output);
  }

  /** Adds a piece. If it returns a promise, wait for it before you add the next piece. */
  write(chunk: RecordChunk | undefined): void | Promise<void> {
    if (chunk === undefined || chunk.length === 0) return;
    this.#pieces.push(chunk);
    this.#size += chunk.length;
    if (this.#size >= BATCH_SIZE) return this.#flush();
  }

  /** Writes the remaining pieces, and closes the output. */
  async close(): Promise<void> {
    await this.#flush();
    await this.#target.close();
  }

  async #flush(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    for (const piece of joinTexts(pieces)) await this.#target.write(typeof piece === "string" ? encodeUtf8(piece) : piece);
  }
}

/** Joins consecutive texts to one text. */
function joinTexts(pieces: readonly RecordChunk[]): RecordChunk[] {
  if (pieces.every((piece) => typeof piece === "string")) return pieces.length === 0 ? [] : [pieces.join("")];
  return [...pieces];
}

function targetOf(output: RecordOutput): Target {
  if (typeof output === "function") return { write: output, close: () => {} };
  if (typeof output === "object" && output !== null) {
    if ("getWriter" in output) return output.getWriter();
    if (typeof output.write === "function" && typeof output.on === "function") return nodeTarget(output);
  }
  throw invalidParams("output", "expected a writable stream or a function; for a file, pass createWriteStream(path)");
}

function nodeTarget(stream: NodeWritable): Target {
  let failure: Error | undefined;
  let fail: (error: Error) => void = () => {};
  const handleError = (error: Error): void => {
    failure ??= error;
    fail(failure);
  };
  // Without a listener, an error of the stream would end the process.
  stream.on("error", handleError);
  // A destroyed stream may never call the callbacks of its writes. An example is the response to a client that has disconnected.
  stream.on("close", () => handleError(new Error("the output was closed before the record was complete")));
  const settled = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      fail = reject;
      start((error) => (error ? reject(error) : resolve()));
    });
  return {
    write: (chunk) => settled((done) => stream.write(chunk, done)),
    close: () => settled((done) => stream.end(done)),
  };
}
