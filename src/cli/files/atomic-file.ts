import { open, rename, rm } from "node:fs/promises";
import { fileProblem } from "./file-problem.js";

/** The file that is written before it replaces the target. The name is fixed, so that a killed process leaves at most one. */
export function temporaryNameOf(file: string): string {
  return `${file}.tmp`;
}

/**
 * Replaces the text of a file atomically: readers see the old text or the new one, also after a crash.
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
