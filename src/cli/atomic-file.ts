import { open, rename, rm } from "node:fs/promises";
import { fileProblem } from "./file-problem.js";

/** One name for a file: what a process that was killed has left there is written over, and in the end deleted with it. */
function asideOf(file: string): string {
  return `${file}.tmp`;
}

/**
 * Writes a file so that whoever reads it finds the old text or the new one, whole, also after a crash.
 *
 * @throws Failure in one line
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const aside = asideOf(file);
  try {
    const handle = await open(aside, "w");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {});
    throw fileProblem(`cannot write ${file}`, cause);
  }
}

/** Deletes a file that `writeWhole` wrote, and what it may have left beside it. */
export async function removeWhole(file: string): Promise<void> {
  await rm(file, { force: true });
  await rm(asideOf(file), { force: true });
}
