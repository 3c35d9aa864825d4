import { type CompareOptions, compareRuns } from "../../compare/compare-runs.js";
import type { Comparison } from "../../compare/comparison.js";
import { readRecordFile, requireRecordFile } from "../files/record-file.js";

/**
 * Compares two records that are in files.
 *
 * @throws Failure if a file cannot be read; SimulatorError as `compareRuns` does
 */
export async function compareRecords(fileA: string, fileB: string, options: CompareOptions): Promise<Comparison> {
  for (const file of [fileA, fileB]) await requireRecordFile(file);
  return compareRuns(
    () => readRecordFile(fileA),
    () => readRecordFile(fileB),
    { ...options, names: { a: fileA, b: fileB, ...options.names } },
  );
}
