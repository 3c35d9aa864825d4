import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringifyJson } from "../../../../src/codec/json.js";
import { SimulatorError } from "../../../../src/protocol/simulator-error.js";

/** Creates a folder that is deleted after the test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ledger-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns all files in a folder and its subfolders, with their texts. */
export async function filesIn(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, "utf8")] as const),
  );
  return new Map(texts);
}

/** Runs a call that must fail, and returns the message of its error. Expects the message to be one line. */
export async function refusalOf(run: () => Promise<unknown>, code: SimulatorError["code"] = "invalidParams"): Promise<string> {
  const error = await run().then(
    (value) => `not refused: ${stringifyJson(value ?? null)}`,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SimulatorError) || error.code !== code || error.message.includes("\n")) throw error;
  return error.message;
}
