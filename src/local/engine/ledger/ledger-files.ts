import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseJson } from "../../../codec/json.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import type { SimulatorError } from "../../../protocol/simulator-error.js";

/** The paths of the files within the folder of a ledger. */
export const ACCOUNTS_FILE = "accounts.json";
export const BLOCKS_FOLDER = "blocks";

export function blockFile(slot: bigint): string {
  return join(BLOCKS_FOLDER, `${slot}.json`);
}

/** Creates the error for a ledger that cannot be read. Its message names the file, the problem and the remedy. */
export function brokenLedger(file: string, problem: string, remedy: string, cause?: unknown): SimulatorError {
  return invalidParams("ledger", `${file}: ${problem}; ${remedy}`, cause);
}

const REMEDIES: Record<string, [problem: string, remedy: string]> = {
  ENOENT: ["no such file or folder", "use a folder that a capture has written"],
  ENOTDIR: ["it is not a folder", "use a folder that a capture has written"],
  EACCES: ["permission denied", "give this user read access"],
  EPERM: ["permission denied", "give this user read access"],
};

/**
 * Reads the JSON of a ledger file. If the file is a JSON-RPC response, returns its `result`.
 *
 * @throws SimulatorError `invalidParams`
 */
export async function readLedgerFile(folder: string, file: string): Promise<unknown> {
  const path = join(folder, file);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    const value = parseJson(text);
    const isEnvelope = typeof value === "object" && value !== null && "jsonrpc" in value && "result" in value;
    return isEnvelope ? value.result : value;
  } catch (cause) {
    throw brokenLedger(path, "it is not JSON", "capture it again", cause);
  }
}

/** Lists the slots of the ledger's blocks, in order. @throws SimulatorError `invalidParams` */
export async function listBlocks(folder: string): Promise<bigint[]> {
  const path = join(folder, BLOCKS_FOLDER);
  let names: string[];
  try {
    names = await readdir(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const slots = names.flatMap((name) => (/^\d{1,20}\.json$/.test(name) ? BigInt(name.slice(0, -".json".length)) : []));
  if (slots.length === 0)
    throw brokenLedger(path, "it contains no block", "add at least one SLOT.json, or capture the ledger again");
  return slots.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function unreadable(path: string, cause: unknown): SimulatorError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const [problem, remedy] = REMEDIES[code ?? ""] ?? [message, "check that it can be read"];
  return brokenLedger(path, problem, remedy, cause);
}

/** Writes a file into a ledger folder that is being created. */
export type WriteFile = (file: string, text: string) => Promise<void>;

/**
 * Creates the folder of a ledger. The folder is written under another name and then renamed, so it is either complete or absent.
 *
 * @throws SimulatorError `invalidParams` if the folder is not empty or cannot be written; rejects with any error of `fill`
 */
export async function makeLedgerFolder<T>(folder: string, fill: (write: WriteFile) => Promise<T>): Promise<T> {
  const place = resolve(folder);
  if ((await namesIn(place)).length > 0) {
    throw invalidParams("folder", `${folder}: the folder exists and is not empty; use another folder, or delete it`);
  }
  const aside = join(dirname(place), `.${randomBytes(8).toString("hex")}.partial`);
  const writing = async <R>(run: () => Promise<R>): Promise<R> => {
    try {
      return await run();
    } catch (cause) {
      throw unwritable(folder, cause);
    }
  };
  await writing(() => mkdir(aside));
  try {
    await writing(() => mkdir(join(aside, BLOCKS_FOLDER)));
    const result = await fill((file, text) => writing(() => writeFile(join(aside, file), text)));
    await writing(async () => {
      // On some systems, a rename cannot replace an empty folder.
      await rmdir(place).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      await rename(aside, place);
    });
    return result;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

/** Returns the names of the files in a folder. Empty if the folder does not exist. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw code === "ENOTDIR"
      ? invalidParams("folder", `${folder}: a file with this name exists; use another folder, or delete the file`)
      : unwritable(folder, cause);
  }
}

const WRITE_PROBLEMS: Record<string, string> = {
  ENOSPC: "no space is left on the device; free some space, or use a folder on another device",
  EDQUOT: "the disk quota is used up; free some space, or use a folder on another device",
  ENOENT: "its parent folder does not exist; create it first",
  EACCES: "permission denied; use another folder, or give this user write access",
  EPERM: "permission denied; use another folder, or give this user write access",
  EROFS: "the file system is read-only; use another folder",
};

export function unwritable(folder: string, cause: unknown): SimulatorError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return invalidParams("folder", `${folder}: ${WRITE_PROBLEMS[code ?? ""] ?? `cannot be written: ${message}`}`, cause);
}
