import { stat } from "node:fs/promises";
import { fileProblem } from "../files/file-problem.js";
import { NO_RECORD } from "../files/lines.js";
import type { DifferenceKind } from "./difference.js";
import { PARTITION_BYTES, Partitions, partitionCount } from "./partitions.js";
import { RecordedRun, type RecordFacts } from "./recorded-run.js";
import { Comparison } from "./run-comparison.js";

export interface CompareOptions {
  /** Number of differences to keep of each kind. */
  limit: number;
  ignored: readonly DifferenceKind[];
  interrupt: AbortSignal;
  /** @default 64 MiB */
  partitionBytes?: number;
}

export interface ComparedRecords {
  a: RecordFacts;
  b: RecordFacts;
  comparison: Comparison;
}

/**
 * Compares two records transaction by transaction, in any order. Large records are partitioned on disk, to bound the memory.
 *
 * @throws Failure if a record cannot be read
 */
export async function compareRecords(fileA: string, fileB: string, options: CompareOptions): Promise<ComparedRecords> {
  const { limit, ignored, interrupt, partitionBytes = PARTITION_BYTES } = options;
  const a = new RecordedRun(fileA, interrupt);
  const b = new RecordedRun(fileB, interrupt);
  const comparison = new Comparison(limit, ignored);
  const parts = partitionCount(Math.max(await sizeOf(fileA), await sizeOf(fileB)), partitionBytes);
  if (parts === 1) {
    await comparison.add(a.outcomes(), b.outcomes());
    return { a: a.facts, b: b.facts, comparison };
  }
  const partitions = await Partitions.make(parts);
  try {
    await partitions.write("a", a.outcomes());
    await partitions.write("b", b.outcomes());
    for (let part = 0; part < parts; part++) {
      interrupt.throwIfAborted();
      await comparison.add(partitions.read("a", part), partitions.read("b", part));
    }
  } finally {
    await partitions.remove();
  }
  return { a: a.facts, b: b.facts, comparison };
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    throw fileProblem(`cannot read ${file}`, cause, NO_RECORD);
  }
}
