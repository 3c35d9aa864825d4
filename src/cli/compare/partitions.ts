import { createHash } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileProblem } from "../files/file-problem.js";
import { readLines } from "../files/lines.js";
import { type Outcome, packOutcome, unpackOutcome } from "./transaction-outcome.js";

/** As much of a record is held in memory at once; what is compared is about half of it. */
export const PARTITION_BYTES = 64 * 1024 * 1024;
/** Each has two open files. */
const MAX_PARTITIONS = 256;

/** Into how many partitions records of these sizes fall. */
export function partitionCount(bytes: number, partitionBytes = PARTITION_BYTES): number {
  return Math.min(MAX_PARTITIONS, Math.max(1, Math.ceil(bytes / partitionBytes)));
}

/**
 * Two records on disk in parts: a transaction lies in the part of the same number in both, wherever it stands in either, so
 * that each pair of parts can be compared for itself, in bounded memory.
 */
export class Partitions {
  readonly #folder: string;
  readonly #count: number;

  private constructor(folder: string, count: number) {
    this.#folder = folder;
    this.#count = count;
  }

  /** @throws Failure */
  static async make(count: number): Promise<Partitions> {
    try {
      return new Partitions(await mkdtemp(join(tmpdir(), "simulator-client-compare-")), count);
    } catch (cause) {
      throw fileProblem("cannot make a temporary folder", cause);
    }
  }

  /** @throws Failure */
  async write(side: "a" | "b", outcomes: AsyncIterable<Outcome>): Promise<void> {
    const streams: WriteStream[] = [];
    try {
      for (let part = 0; part < this.#count; part++) streams.push(createWriteStream(this.#path(side, part)));
      const failed = Promise.race(streams.map((stream) => new Promise<never>((_, reject) => stream.on("error", reject))));
      // Awaited wherever something is waited for; by itself it is no unhandled rejection.
      failed.catch(() => {});
      for await (const outcome of outcomes) {
        const stream = streams[partOf(outcome.signature, this.#count)] as WriteStream;
        if (!stream.write(`${packOutcome(outcome)}\n`)) {
          await Promise.race([failed, new Promise<void>((resolve) => stream.once("drain", () => resolve()))]);
        }
      }
      for (const stream of streams) stream.end();
      await Promise.race([failed, Promise.all(streams.map((stream) => finished(stream)))]);
    } catch (cause) {
      if (!isFileError(cause)) throw cause;
      throw fileProblem(`cannot write to ${tmpdir()}`, cause);
    } finally {
      for (const stream of streams) stream.destroy();
    }
  }

  async *read(side: "a" | "b", part: number): AsyncGenerator<Outcome, void, undefined> {
    for await (const line of readLines(this.#path(side, part))) yield unpackOutcome(line);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #path(side: "a" | "b", part: number): string {
    return join(this.#folder, `${side}${part}`);
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function partOf(signature: string, count: number): number {
  return createHash("md5").update(signature).digest().readUInt32LE(0) % count;
}
