import { open, rename, rm } from "node:fs/promises";
import { fileProblem } from "./file-problem.js";

/**
 * Writes a file so that whoever reads it finds the old text or the new one, whole, also after a crash.
 *
 * @throws Failure in one line
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}.tmp`;
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
