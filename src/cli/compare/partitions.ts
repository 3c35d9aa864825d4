import { createHash } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileProblem } from "../files/file-problem.js";
import { readLines } from "../files/lines.js";
import { type Outcome, packOutcome, unpackOutcome } from "./transaction-outcome.js";

/** Bytes of a record that are compared in memory at once. The parsed outcomes take about half of it. */
export const PARTITION_BYTES = 64 * 1024 * 1024;
/** Each partition has two open files. */
const MAX_PARTITIONS = 256;

/** The number of partitions for a record of this size. */
export function partitionCount(bytes: number, partitionBytes = PARTITION_BYTES): number {
  return Math.min(MAX_PARTITIONS, Math.max(1, Math.ceil(bytes / partitionBytes)));
}

/**
 * Two records, partitioned on disk by signature. A transaction is in the same partition of both records, so that each pair of
 * partitions can be compared on its own.
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
      throw fileProblem("cannot create a temporary folder", cause);
    }
  }

  /** @throws Failure */
  async write(side: "a" | "b", outcomes: AsyncIterable<Outcome>): Promise<void> {
    const streams: WriteStream[] = [];
    try {
      for (let part = 0; part < this.#count; part++) streams.push(createWriteStream(this.#path(side, part)));
      const failed = Promise.race(streams.map((stream) => new Promise<never>((_, reject) => stream.on("error", reject))));
      // It is awaited below; until then it must not count as an unhandled rejection.
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
