import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { Failure } from "./failure.js";
import { fileProblem } from "./file-problem.js";
import { isProcessRunning, startOfProcess } from "./process-identity.js";

/** The content of a lock file. */
interface LockOwner {
  pid: number;
  host: string;
  /** The start time of the process, used to detect a later process with the same id. `null` if the platform has no /proc. */
  processStart: string | null;
  /** When the lock was acquired, in ISO 8601. */
  since: string;
  /** Random text that is different for each lock. */
  token: string;
}

/** Age in ms after which a lock file that cannot be parsed counts as abandoned. A younger lock file may still be incomplete. */
const UNREADABLE_LOCK_MS = 5_000;
const MAX_ATTEMPTS = 5;

/** Error codes of `link` on file systems without hard links. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

/**
 * An exclusive lock on a file: `FILE.lock` in the same folder. Node.js has no advisory locks, so the lock file contains the id of
 * the process that has the lock. If this process is no longer running, another process can take over the lock.
 */
export class FileLock {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** @throws Failure with the code `fileLocked` if another process has the lock, or `file` if the lock file cannot be written */
  static async acquire(file: string): Promise<FileLock> {
    const path = `${file}.lock`;
    const owner: LockOwner = {
      pid: process.pid,
      host: hostname(),
      processStart: (await startOfProcess(process.pid)) ?? null,
      since: new Date().toISOString(),
      token: randomUUID(),
    };
    const text = `${JSON.stringify(owner)}\n`;
    for (let attempt = 1; ; attempt++) {
      try {
        if (await createExclusively(path, text)) return new FileLock(path, text);
        const found = await readFile(path, "utf8");
        const other = parseOwner(found);
        if (attempt === MAX_ATTEMPTS || !(await isAbandoned(path, other))) throw locked(file, path, other);
        await removeAbandoned(path, found);
      } catch (cause) {
        if (cause instanceof Failure) throw cause;
        // Tries again, because another process may have deleted the lock file. If the folder is missing, every attempt fails, so
        // the number of attempts is limited.
        if ((cause as NodeJS.ErrnoException).code === "ENOENT" && attempt < MAX_ATTEMPTS) continue;
        throw fileProblem(`cannot write ${file}`, cause);
      }
    }
  }

  /** Deletes the lock file, unless another process has taken the lock over. */
  async release(): Promise<void> {
    const text = await readFile(this.#path, "utf8").catch(() => undefined);
    if (text === this.#text) await rm(this.#path, { force: true }).catch(() => {});
  }
}

/**
 * Creates a file together with its text in one step, so that no other process can read an incomplete lock.
 *
 * @returns `false` if the file already exists
 */
async function createExclusively(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text);
  try {
    await link(temporary, path);
    return true;
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!NO_HARD_LINKS.has(code)) throw cause;
    return await createInPlace(path, text);
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function createInPlace(path: string, text: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    await handle.writeFile(text);
    await handle.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const { pid, host, processStart, since, token } = JSON.parse(text) as Partial<LockOwner>;
    if (!Number.isSafeInteger(pid) || Number(pid) <= 0 || typeof host !== "string") return undefined;
    return {
      pid: Number(pid),
      host,
      processStart: typeof processStart === "string" ? processStart : null,
      since: String(since),
      token: String(token),
    };
  } catch {
    return undefined;
  }
}

async function isAbandoned(path: string, owner: LockOwner | undefined): Promise<boolean> {
  if (owner === undefined) return Date.now() - (await stat(path)).mtimeMs > UNREADABLE_LOCK_MS;
  // Processes on another machine or in another container are not visible, so their locks never count as abandoned.
  if (owner.host !== hostname()) return false;
  return !(await isProcessRunning(owner.pid, owner.processStart ?? undefined));
}

/**
 * Removes an abandoned lock. The rename is atomic, so only one of several processes can move the lock. If the moved file turns
 * out to be the new lock of another process, it is moved back.
 */
async function removeAbandoned(path: string, text: string): Promise<void> {
  const moved = `${path}.${randomUUID()}`;
  await rename(path, moved);
  try {
    if ((await readFile(moved, "utf8")) !== text) await link(moved, path);
  } finally {
    await unlink(moved).catch(() => {});
  }
}

function locked(file: string, path: string, owner: LockOwner | undefined): Failure {
  if (owner === undefined) {
    return new Failure(
      `cannot write ${file}: it is in use by another process, because ${path} exists. Wait until that process has ended, or use another file`,
      { code: "fileLocked" },
    );
  }
  const { pid, host, since } = owner;
  const isHere = host === hostname();
  const where = isHere ? `process ${pid}` : `process ${pid} on ${host}`;
  const remedy = isHere
    ? "Wait until it has ended, or use another file"
    : `Wait until it has ended, or use another file. If the process is gone, delete ${path}`;
  return new Failure(`cannot write ${file}: another process is writing it (${where}, since ${since}). ${remedy}`, {
    code: "fileLocked",
  });
}
