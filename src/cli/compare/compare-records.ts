import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type CompareOptions, compareRuns } from "../../compare/compare-runs.js";
import type { Comparison } from "../../compare/comparison.js";
import { fileProblem } from "../files/file-problem.js";

/** The error message for a record that does not exist. */
const NO_RECORD = "no such file; name a record written by `run --out`";
const CHUNK_BYTES = 256 * 1024;

/**
 * Compares two records that are in files.
 *
 * @throws Failure if a file cannot be read; SimulatorError as `compareRuns` does
 */
export async function compareRecords(fileA: string, fileB: string, options: CompareOptions): Promise<Comparison> {
  for (const file of [fileA, fileB]) await stat(file).catch((cause) => Promise.reject(unreadable(file, cause)));
  return compareRuns(
    () => readFile(fileA),
    () => readFile(fileB),
    { ...options, names: { a: fileA, b: fileB, ...options.names } },
  );
}

async function* readFile(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: CHUNK_BYTES });
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): Error {
  return fileProblem(`cannot read ${file}`, cause, NO_RECORD);
}
