import { type CompareOptions, compareRuns } from "../../compare/compare-runs.js";
import type { Comparison } from "../../compare/comparison.js";
import { UsageError } from "../command-failure.js";
import { readRecordFile, requireRecordFile, STDIN } from "../files/record-file.js";

/**
 * Compares two records that are in files.
 *
 * @throws Failure if a file cannot be read; UsageError if both are the standard input; SimulatorError any error of `compareRuns`
 */
export async function compareRecords(fileA: string, fileB: string, options: CompareOptions): Promise<Comparison> {
  if (fileA === STDIN && fileB === STDIN) throw new UsageError("only one of the records can be the standard input");
  for (const file of [fileA, fileB]) await requireRecordFile(file);
  // A file is passed as a function, so that it can be read several times. The standard input can be read only once.
  const open = (file: string) => (file === STDIN ? readRecordFile(file) : () => readRecordFile(file));
  return compareRuns(open(fileA), open(fileB), { ...options, names: { a: fileA, b: fileB, ...options.names } });
}
