import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileProblem } from "../../files/file-problem.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SinkStore } from "./sink-store.js";

/** Prefix of the names of files that are being written. */
const TEMPORARY = ".tmp-";

/**
 * A sink in a folder. The folder may be on a file system that several machines share, such as NFS, because `link` is atomic
 * there, too.
 */
export class FolderStore implements SinkStore {
  readonly place: string;

  constructor(folder: string) {
    this.place = resolve(folder);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#path(name));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw problem(`cannot read ${this.#path(name)}`, cause);
    }
  }

  async *stream(name: string): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(this.#path(name), { highWaterMark: 256 * 1024 });
    } catch (cause) {
      throw problem(`cannot read ${this.#path(name)}`, cause);
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await this.#place(name, bytes, async (temporary, path) => {
      await rename(temporary, path);
      return true;
    });
  }

  create(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.#place(name, bytes, async (temporary, path) => {
      try {
        await link(temporary, path);
        return true;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw cause;
      } finally {
        await rm(temporary, { force: true }).catch(() => {});
      }
    });
  }

  async list(folder: string): Promise<string[]> {
    try {
      return (await readdir(this.#path(folder))).filter((name) => !name.startsWith(TEMPORARY));
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw problem(`cannot read ${this.#path(folder)}`, cause);
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await rm(this.#path(name), { force: true }).catch((cause) => {
        throw problem(`cannot delete ${this.#path(name)}`, cause);
      });
    }
  }

  /** Writes a temporary file and waits until it is on the disk. Then `give` moves or links the file to its final path. */
  async #place(name: string, bytes: Uint8Array, give: (temporary: string, path: string) => Promise<boolean>): Promise<boolean> {
    const path = this.#path(name);
    const folder = dirname(path);
    const temporary = join(folder, `${TEMPORARY}${randomUUID()}`);
    try {
      await mkdir(folder, { recursive: true });
      const handle = await open(temporary, "wx");
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      const isPlaced = await give(temporary, path);
      await syncFolder(folder);
      return isPlaced;
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => {});
      throw problem(`cannot write ${path}`, cause);
    }
  }

  #path(name: string): string {
    return join(this.place, ...name.split("/"));
  }
}

/** Waits until the new names in a folder are on the disk. Does nothing on Windows, which cannot open folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch {
    // A failed sync of the folder is ignored. In the worst case, the new file is missing after a power failure.
  }
}

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === "ENOENT";
}

function problem(operation: string, cause: unknown): SimulatorError {
  return new SimulatorError("sink", fileProblem(operation, cause, "it does not exist").message, { cause });
}
