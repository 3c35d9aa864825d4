import { open, rename, rm } from "node:fs/promises";
import { fileProblem } from "./file-problem.js";

/**
 * Returns the name of the temporary file that is written first and then replaces the target. The name is fixed, so that killed
 * processes leave at most one temporary file.
 */
export function temporaryNameOf(file: string): string {
  return `${file}.tmp`;
}

/**
 * Replaces the text of a file atomically. Readers see either the old or the new text, even after a crash.
 *
 * @throws Failure
 */
export async function writeAtomically(file: string, text: string): Promise<void> {
  const temporary = temporaryNameOf(file);
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileProblem(`cannot write ${file}`, cause);
  }
}
