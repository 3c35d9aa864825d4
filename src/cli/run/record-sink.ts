import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { Failure } from "../command-failure.js";
import { fileProblem } from "../file-problem.js";
import type { Output } from "../io.js";

/** Where the records of a run go. Texts are held and written together; what can't be written is told in one line. */
export interface RecordSink {
  /** Length of all that was taken so far, in bytes, whether it is written yet or not. */
  readonly bytes: number;
  /** Whether so much is held that it is to be flushed before more is taken. */
  readonly isFull: boolean;
  take(text: string): void;
  /** Writes what is held. @throws Failure */
  flush(): Promise<void>;
  /** The same, and down to the disk. @throws Failure */
  sync(): Promise<void>;
  /** All records are there: what was written aside is put in its place. @throws Failure */
  finish(): Promise<void>;
  /** Not all are there: what was written stays aside, and its name is returned; undefined where nothing was. */
  leave(): Promise<string | undefined>;
  /** What was written is deleted. */
  discard(): Promise<void>;
}

/** As much is written at once. */
const BATCH_BYTES = 256 * 1024;

/** The name that a file has until all of it is there. */
function asideOf(file: string): string {
  return `${file}.partial`;
}

/** Records in a file: written aside, and renamed when all are there. */
export class FileSink implements RecordSink {
  readonly #file: string;
  /** Where it is written; the file itself for a device or a pipe, which can't be renamed. */
  readonly #path: string;
  readonly #handle: FileHandle;
  #held: string[] = [];
  #heldBytes = 0;
  #written: number;

  private constructor(file: string, path: string, handle: FileHandle, written: number) {
    this.#file = file;
    this.#path = path;
    this.#handle = handle;
    this.#written = written;
  }

  /** @throws Failure if it can't be written there */
  static async create(file: string): Promise<FileSink> {
    const path = (await isDevice(file)) ? file : asideOf(file);
    try {
      return new FileSink(file, path, await open(path, "w"), 0);
    } catch (cause) {
      throw fileProblem(`cannot write ${file}`, cause);
    }
  }

  /**
   * Goes on with what an earlier process wrote aside, from a length on: what stands behind it is cut off.
   *
   * @throws Failure if it isn't there, or shorter
   */
  static async resume(file: string, bytes: number): Promise<FileSink> {
    const path = asideOf(file);
    const missing = "it isn't there any more; delete the checkpoint to run from the start";
    try {
      const handle = await open(path, "r+");
      const { size } = await handle.stat();
      if (size >= bytes) {
        await handle.truncate(bytes);
        return new FileSink(file, path, handle, bytes);
      }
      await handle.close();
    } catch (cause) {
      throw fileProblem(`cannot go on with ${path}`, cause, missing);
    }
    throw new Failure(
      `cannot go on with ${path}: it is shorter than when the checkpoint was saved; delete the checkpoint to run from the start`,
    );
  }

  get bytes(): number {
    return this.#written + this.#heldBytes;
  }

  get isFull(): boolean {
    return this.#heldBytes >= BATCH_BYTES;
  }

  take(text: string): void {
    this.#held.push(text);
    this.#heldBytes += Buffer.byteLength(text);
  }

  async flush(): Promise<void> {
    if (this.#heldBytes === 0) return;
    const text = Buffer.from(this.#held.join(""));
    this.#held = [];
    this.#heldBytes = 0;
    try {
      for (let at = 0; at < text.length; ) {
        const isSeekable = this.#path !== this.#file;
        const { bytesWritten } = await this.#handle.write(text, at, text.length - at, isSeekable ? this.#written + at : null);
        at += bytesWritten;
      }
    } catch (cause) {
      throw fileProblem(`cannot write ${this.#file}`, cause);
    }
    this.#written += text.length;
  }

  async sync(): Promise<void> {
    await this.flush();
    try {
      await this.#handle.datasync();
    } catch (cause) {
      // A device or a pipe has no disk to go down to.
      if ((cause as NodeJS.ErrnoException).code !== "EINVAL") throw fileProblem(`cannot write ${this.#file}`, cause);
    }
  }

  async finish(): Promise<void> {
    await this.sync();
    await this.#handle.close();
    if (this.#path === this.#file) return;
    try {
      await rename(this.#path, this.#file);
    } catch (cause) {
      throw fileProblem(`cannot put ${this.#path} in the place of ${this.#file}`, cause);
    }
  }

  async leave(): Promise<string | undefined> {
    await this.flush().catch(() => {});
    await this.#handle.close();
    return this.#path === this.#file ? undefined : this.#path;
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    if (this.#path !== this.#file) await rm(this.#path, { force: true }).catch(() => {});
  }
}

/** Whether something is there that is neither a file nor nothing. @throws Failure for a folder */
async function isDevice(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw fileProblem(`cannot write ${file}`, Object.assign(new Error(), { code: "EISDIR" }));
  return found !== undefined && !found.isFile();
}

/** Records on the standard output, for the next program of a pipe. */
export class StreamSink implements RecordSink {
  readonly #out: Output;
  #held: string[] = [];
  #heldBytes = 0;
  #written = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  get bytes(): number {
    return this.#written + this.#heldBytes;
  }

  /** At once: the next program may want to show what comes as it comes. */
  get isFull(): boolean {
    return this.#heldBytes > 0;
  }

  take(text: string): void {
    this.#held.push(text);
    this.#heldBytes += Buffer.byteLength(text);
  }

  async flush(): Promise<void> {
    this.#out.write(this.#held.join(""));
    this.#written += this.#heldBytes;
    this.#held = [];
    this.#heldBytes = 0;
    await this.#out.drained();
  }

  async sync(): Promise<void> {
    await this.flush();
  }

  async finish(): Promise<void> {
    await this.flush();
  }

  async leave(): Promise<undefined> {
    await this.flush();
  }

  async discard(): Promise<void> {}
}
