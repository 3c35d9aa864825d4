import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseJson, stringifyJson } from "../../../codec/json.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import { members } from "../../../protocol/message.js";
import { isSimulatorError } from "../../../protocol/simulator-error.js";
import { BLOCKS_FOLDER, namesIn, unwritable, type WriteFile } from "./ledger-files.js";

/** The range of a capture. */
interface CaptureRange {
  startSlot: bigint;
  endSlot: bigint;
}

/** The files of a ledger while it is being captured. They are in `FOLDER.partial` until the capture is complete. */
export interface LedgerDraft {
  /** Whether the folder contains accounts or blocks of an interrupted capture. */
  readonly isResumed: boolean;
  /** Reads the JSON of a file that an interrupted capture has written. Returns `undefined` if it is missing or incomplete. */
  read(file: string): Promise<unknown>;
  /** Writes a file atomically. */
  write: WriteFile;
  /** Renames the folder to its final name. */
  complete(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * The file with the range of the capture. It prevents captures of two ranges from being mixed, and is deleted when the ledger is
 * complete.
 */
const RANGE_FILE = "range.json";
/** The suffix of a file while it is being written. If the process is killed, the file stays behind. */
const TEMPORARY = ".tmp";
/** A random text in the names of temporary files. It prevents two captures from writing to the same temporary file. */
const PROCESS = randomBytes(4).toString("hex");

/**
 * Opens the folder for a new capture, or the folder of an interrupted capture of the same range.
 *
 * @throws SimulatorError `invalidParams` if the folder exists and is not empty, cannot be written, or belongs to another range
 */
export async function openLedgerDraft(folder: string, range: CaptureRange): Promise<LedgerDraft> {
  const place = resolve(folder);
  if ((await namesIn(place)).length > 0) {
    throw invalidParams("folder", `${folder}: the folder exists and is not empty; use another folder, or delete it`);
  }
  const partial = `${place}.partial`;
  const blocks = join(partial, BLOCKS_FOLDER);
  const writing = async <R>(run: () => Promise<R>): Promise<R> => {
    try {
      return await run();
    } catch (cause) {
      throw isSimulatorError(cause) ? cause : unwritable(folder, cause);
    }
  };
  const explainMissing = (cause: NodeJS.ErrnoException): never => {
    if (cause.code !== "ENOENT") throw cause;
    const problem = "the folder was removed or renamed during the capture, for example by another capture into it";
    throw invalidParams("folder", `${folder}.partial: ${problem}; use another folder`, cause);
  };
  const read = async (file: string): Promise<unknown> => {
    try {
      return parseJson(await readFile(join(partial, file), "utf8"));
    } catch {
      return undefined;
    }
  };
  const write: WriteFile = (file, text) =>
    writing(async () => {
      const path = join(partial, file);
      const temporary = `${path}.${PROCESS}-${++lastWrite}${TEMPORARY}`;
      await writeFile(temporary, text).catch(explainMissing);
      await rename(temporary, path);
    });
  // A draft is resumed even if it contains accounts but no blocks.
  const isResumed = [...(await namesIn(partial)), ...(await namesIn(blocks))].some(isSaved);
  if (isResumed) checkRange(`${folder}.partial`, await read(RANGE_FILE), range);
  await writing(() => mkdir(partial).catch(ignoreExisting));
  await writing(() => mkdir(blocks).catch(ignoreExisting));
  await write(RANGE_FILE, stringifyJson(range));
  return {
    isResumed,
    read: async (file) => (isResumed ? read(file) : undefined),
    write,
    complete: () =>
      writing(async () => {
        await unlink(join(partial, RANGE_FILE)).catch(ignoreMissing);
        await removeTemporaryFiles(partial, blocks);
        // On some systems, a rename cannot replace an empty folder.
        await rmdir(place).catch(ignoreMissing);
        await rename(partial, place);
      }),
    discard: () => rm(partial, { recursive: true, force: true }),
  };
}

/** Checks that an interrupted capture has the same range. @throws SimulatorError `invalidParams` */
function checkRange(folder: string, saved: unknown, { startSlot, endSlot }: CaptureRange): void {
  // Earlier versions of this package did not write this file.
  if (saved === undefined) return;
  const { startSlot: from, endSlot: to } = members(saved);
  if (String(from) === String(startSlot) && String(to) === String(endSlot)) return;
  throw invalidParams(
    "folder",
    `${folder}: it contains an interrupted capture of slots ${String(from)} to ${String(to)}; capture the same range to resume it, or delete the folder`,
  );
}

let lastWrite = 0;

function isSaved(name: string): boolean {
  return name.endsWith(".json") && name !== RANGE_FILE;
}

async function removeTemporaryFiles(...folders: string[]): Promise<void> {
  for (const folder of folders) {
    const names = (await readdir(folder)).filter((name) => name.endsWith(TEMPORARY));
    for (const name of names) await unlink(join(folder, name));
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
