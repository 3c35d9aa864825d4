import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import type { RecordChunk } from "../../compare/record-encoder.js";
import { fileProblem } from "../../files/file-problem.js";
import { Failure } from "../command-failure.js";
import type { Output } from "../terminal/io.js";

/** Where a record is written. Data is buffered and written in batches. */
export interface RecordSink {
  /** Size of the record in bytes, including buffered data. */
  readonly bytes: number;
  /** Whether enough data is buffered to call `flush`. */
  readonly isFlushDue: boolean;
  append(chunk: RecordChunk): void;
  /** Writes the buffered data. @throws Failure */
  flush(): Promise<void>;
  /** Writes the buffered data, and waits until it is on the disk. @throws Failure */
  sync(): Promise<void>;
  /** Call this when the record is complete. It gives the record its final name. @throws Failure */
  complete(): Promise<void>;
  /**
   * Call this when the record is incomplete. It keeps the partial file. @returns the name of the partial file; `undefined` if there
   * is none
   */
  keepPartial(): Promise<string | undefined>;
  /** Deletes everything that has been written. */
  discard(): Promise<void>;
}

const BATCH_BYTES = 256 * 1024;

/** Returns the name that the file has until the record is complete. */
export function partialNameOf(file: string): string {
  return `${file}.partial`;
}

/** A record in a file. The file has another name until the record is complete. */
export class FileSink implements RecordSink {
  readonly #file: string;
  /** The path to write to: the partial file, or the device itself. The partial file is renamed when the record is complete. */
  readonly #path: string;
  readonly #mayReplace: boolean;
  readonly #handle: FileHandle;
  #buffered: RecordChunk[] = [];
  #bufferedBytes = 0;
  #written: number;

  private constructor(file: string, path: string, mayReplace: boolean, handle: FileHandle, written: number) {
    this.#file = file;
    this.#path = path;
    this.#mayReplace = mayReplace;
    this.#handle = handle;
    this.#written = written;
  }

  /**
   * Starts a record.
   *
   * @param mayReplace whether `complete` is allowed to replace an existing file
   * @throws Failure if the file cannot be written
   */
  static async create(file: string, mayReplace: boolean): Promise<FileSink> {
    const path = (await kindOf(file)) === "device" ? file : partialNameOf(file);
    try {
      return new FileSink(file, path, mayReplace, await open(path, "w"), 0);
    } catch (cause) {
      throw fileProblem(`cannot write ${file}`, cause);
    }
  }

  /**
   * Continues the partial record that an earlier process has written.
   *
   * @param bytes the size to continue from; any later data is deleted
   * @throws Failure if the partial record is missing, or has fewer than `bytes` bytes
   */
  static async resume(file: string, bytes: number, mayReplace: boolean): Promise<FileSink> {
    const path = partialNameOf(file);
    const remedy = "delete the checkpoint to run from the start";
    try {
      const handle = await open(path, "r+");
      const { size } = await handle.stat();
      if (size >= bytes) {
        await handle.truncate(bytes);
        return new FileSink(file, path, mayReplace, handle, bytes);
      }
      await handle.close();
    } catch (cause) {
      throw fileProblem(`cannot continue ${path}`, cause, `the file no longer exists; ${remedy}`);
    }
    throw new Failure(`cannot continue ${path}: it is shorter than when the checkpoint was saved; ${remedy}`, { code: "file" });
  }

  get bytes(): number {
    return this.#written + this.#bufferedBytes;
  }

  get isFlushDue(): boolean {
    return this.#bufferedBytes >= BATCH_BYTES;
  }

  append(chunk: RecordChunk): void {
    this.#buffered.push(chunk);
    this.#bufferedBytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
  }

  async flush(): Promise<void> {
    if (this.#bufferedBytes === 0) return;
    const bytes = joinChunks(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    try {
      for (let at = 0; at < bytes.length; ) {
        const position = this.#isDevice ? null : this.#written + at;
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, position);
        at += bytesWritten;
      }
    } catch (cause) {
      // Removes the incomplete last line of a file, so that the record can still be read.
      if (!this.#isDevice) await this.#handle.truncate(this.#written).catch(() => {});
      throw fileProblem(`cannot write ${this.#file}`, cause);
    }
    this.#written += bytes.length;
  }

  async sync(): Promise<void> {
    await this.flush();
    try {
      await this.#handle.datasync();
    } catch (cause) {
      // EINVAL is ignored, because devices and pipes cannot be synced.
      if ((cause as NodeJS.ErrnoException).code !== "EINVAL") throw fileProblem(`cannot write ${this.#file}`, cause);
    }
  }

  async complete(): Promise<void> {
    await this.sync();
    await this.#handle.close();
    if (this.#isDevice) return;
    if (!this.#mayReplace && (await kindOf(this.#file)) !== "missing") {
      throw fileExists(this.#file, `The record is in ${this.#path}`);
    }
    try {
      await rename(this.#path, this.#file);
    } catch (cause) {
      throw fileProblem(`cannot rename ${this.#path} to ${this.#file}`, cause);
    }
  }

  async keepPartial(): Promise<string | undefined> {
    await this.flush().catch(() => {});
    await this.#handle.close();
    return this.#isDevice ? undefined : this.#path;
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    if (!this.#isDevice) await rm(this.#path, { force: true }).catch(() => {});
  }

  get #isDevice(): boolean {
    return this.#path === this.#file;
  }
}

/** Returns what exists at a path. A pipe counts as a device. @throws Failure for a folder */
export async function kindOf(file: string): Promise<"missing" | "file" | "device"> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw fileProblem(`cannot write ${file}`, Object.assign(new Error(), { code: "EISDIR" }));
  if (found === undefined) return "missing";
  return found.isFile() ? "file" : "device";
}

export function fileExists(file: string, remedy: string): Failure {
  return new Failure(`cannot write ${file}: the file exists already. ${remedy}`, { code: "fileExists" });
}

function joinChunks(chunks: readonly RecordChunk[]): Buffer {
  if (chunks.every((chunk) => typeof chunk === "string")) return Buffer.from(chunks.join(""));
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)));
}

/** A record on the standard output, for the next program in a pipe. */
export class StreamSink implements RecordSink {
  readonly #out: Output;
  #buffered: RecordChunk[] = [];
  #bufferedBytes = 0;
  #written = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  get bytes(): number {
    return this.#written + this.#bufferedBytes;
  }

  /** `true` as soon as one event is buffered: the next program in the pipe must receive each event immediately. */
  get isFlushDue(): boolean {
    return this.#bufferedBytes > 0;
  }

  append(chunk: RecordChunk): void {
    this.#buffered.push(chunk);
    this.#bufferedBytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
  }

  async flush(): Promise<void> {
    this.#out.writeData(this.#buffered.join(""));
    this.#written += this.#bufferedBytes;
    this.#buffered = [];
    this.#bufferedBytes = 0;
    await this.#out.drained();
  }

  async sync(): Promise<void> {
    await this.flush();
  }

  async complete(): Promise<void> {
    await this.flush();
  }

  async keepPartial(): Promise<undefined> {
    await this.flush();
  }

  async discard(): Promise<void> {}
}
