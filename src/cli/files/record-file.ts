import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fileProblem } from "../../files/file-problem.js";

/** The error message for a record that does not exist. */
const NO_RECORD = "no such file; name a record written by `run --out`";
const CHUNK_BYTES = 256 * 1024;

/** The file name with which users select the standard input. */
export const STDIN = "-";

/** Reads a record in chunks, from a file or from the standard input. @throws Failure if the file cannot be read */
export async function* readRecordFile(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* file === STDIN ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** @throws Failure if there is no such file */
export async function requireRecordFile(file: string): Promise<void> {
  if (file === STDIN) return;
  try {
    await stat(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): Error {
  return fileProblem(`cannot read ${file}`, cause, NO_RECORD);
}
