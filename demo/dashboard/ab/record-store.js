// @ts-check
// Stores the records of runs in IndexedDB, in pieces, so that no record is ever completely in memory.

import { formatBytes } from "../view/number-format.js";

/** @typedef {import("./ab-contract.js").StoredRun} StoredRun */
/** @typedef {Pick<StoredRun, "kind" | "name" | "sourceLabel" | "programs" | "changes"> & Partial<StoredRun>} NewRun */
/** @typedef {(runs: IDBObjectStore, chunks: IDBObjectStore) => Promise<T>} Work @template T */

const VERSION = 1;
const RUNS = "runs";
const CHUNKS = "chunks";

/** Limits for the sum of all stored records. */
export const LIMITS = { maxBytes: 500_000_000, maxRuns: 20 };

/** An error whose message is shown to the user. */
export class StorageError extends Error {
  /** @param {string} message @param {unknown} [cause] */
  constructor(message, cause) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "StorageError";
  }
}

/** The stored runs. If a limit is exceeded, the store drops the oldest runs. */
export class RecordStore {
  #database;
  #limits;
  #handleDrop;
  /** Runs that must not be dropped, because they are being written or compared. @type {Set<number>} */
  #kept = new Set();

  /**
   * @param {{ name?: string, limits?: typeof LIMITS, handleDrop?: (dropped: StoredRun[]) => void }} [options] `handleDrop` is called
   *   with the runs that were dropped to make room
   * @returns {Promise<RecordStore>}
   * @throws {StorageError} if the browser does not allow storage
   */
  static async open({ name = "simulator-client-records", limits = LIMITS, handleDrop = () => {} } = {}) {
    try {
      const request = indexedDB.open(name, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(RUNS, { keyPath: "id", autoIncrement: true });
        request.result.createObjectStore(CHUNKS);
      };
      return new RecordStore(await resultOf(request), limits, handleDrop);
    } catch (cause) {
      throw new StorageError(
        "This browser does not let the page store records (IndexedDB). Allow site data, then reload.",
        cause,
      );
    }
  }

  /** @param {IDBDatabase} database @param {typeof LIMITS} limits @param {(dropped: StoredRun[]) => void} handleDrop */
  constructor(database, limits, handleDrop) {
    this.#database = database;
    this.#limits = limits;
    this.#handleDrop = handleDrop;
    // Closes the connection when another tab upgrades the database, because an open connection would block the upgrade.
    database.onversionchange = () => database.close();
  }

  /** Returns all runs, newest first. @returns {Promise<StoredRun[]>} */
  async list() {
    const runs = await this.#transact("readonly", (store) => resultOf(store.getAll()));
    // Reports a run as incomplete if its state is `recording`, but this tab does not record the run.
    const isCut = (/** @type {StoredRun} */ { id, state }) => state === "recording" && !this.#kept.has(id);
    return runs.reverse().map((run) => (isCut(run) ? { ...run, state: "incomplete" } : run));
  }

  /** @param {number} id @returns {Promise<StoredRun>} @throws {StorageError} if it was deleted */
  async get(id) {
    const run = await this.#transact("readonly", (runs) => resultOf(runs.get(id)));
    if (run === undefined) throw deleted();
    return run;
  }

  /** Protects runs from being dropped until `release` is called. @param {...number} ids */
  keep(...ids) {
    for (const id of ids) this.#kept.add(id);
  }

  /** Ends the protection of these runs. The store is then allowed to drop the runs. @param {...number} ids */
  release(...ids) {
    for (const id of ids) this.#kept.delete(id);
  }

  /**
   * Creates a run without content. Call `end` when the record of the run is complete. The store does not drop the run until you
   * call `release`.
   *
   * @param {NewRun} run
   * @returns {Promise<number>} its id
   */
  async begin(run) {
    const entry = { at: Date.now(), transactions: 0, failed: 0, bytes: 0, chunks: 0, state: "recording", ...run };
    const id = await this.#write(async (runs, chunks, drop) => {
      await this.#makeRoom(runs, chunks, { bytes: 0, runs: 1 }, drop);
      return /** @type {number} */ (await resultOf(runs.add(entry)));
    });
    this.#kept.add(id);
    return id;
  }

  /** Appends a piece. @param {number} id @param {Uint8Array} chunk @throws {StorageError} if the storage is full, or the run was deleted */
  async append(id, chunk) {
    await this.#write(async (runs, chunks, drop) => {
      const run = await resultOf(runs.get(id));
      if (run === undefined) throw deleted();
      await this.#makeRoom(runs, chunks, { bytes: chunk.length, runs: 0 }, drop);
      chunks.put(chunk, [id, run.chunks]);
      runs.put({ ...run, chunks: run.chunks + 1, bytes: run.bytes + chunk.length });
    });
  }

  /** @param {number} id @param {Partial<StoredRun>} facts @returns {Promise<StoredRun>} */
  async end(id, facts) {
    return this.#write(async (runs) => {
      const run = await resultOf(runs.get(id));
      if (run === undefined) throw deleted();
      const ended = { ...run, ...facts };
      runs.put(ended);
      return ended;
    });
  }

  /** Yields the pieces of a record, in order. @param {number} id @returns {AsyncGenerator<Uint8Array, void>} */
  async *read(id) {
    const { chunks: count } = await this.get(id);
    for (let index = 0; index < count; index++) {
      const chunk = await this.#transact("readonly", (_, chunks) => resultOf(chunks.get([id, index])));
      if (chunk === undefined) throw deleted();
      yield chunk;
    }
  }

  /** @param {number} id */
  async delete(id) {
    this.#kept.delete(id);
    await this.#write(async (runs, chunks) => remove(id, runs, chunks));
  }

  /** Deletes all runs, except those that are being written. */
  async clear() {
    await this.#write(async (runs, chunks) => {
      for (const { id } of await resultOf(runs.getAll())) if (!this.#kept.has(id)) remove(id, runs, chunks);
    });
  }

  close() {
    this.#database.close();
  }

  /**
   * Drops the oldest runs until the new data fits within the limits.
   *
   * @param {IDBObjectStore} runs
   * @param {IDBObjectStore} chunks
   * @param {{ bytes: number, runs: number }} added
   * @param {(run: StoredRun) => void} drop
   */
  async #makeRoom(runs, chunks, added, drop) {
    /** @type {StoredRun[]} */
    const stored = await resultOf(runs.getAll());
    const { maxBytes, maxRuns } = this.#limits;
    let bytes = stored.reduce((sum, run) => sum + run.bytes, added.bytes);
    let count = stored.length + added.runs;
    const droppable = stored.filter(({ id }) => !this.#kept.has(id));
    while (bytes > maxBytes || count > maxRuns) {
      const oldest = droppable.shift();
      if (oldest === undefined) {
        throw new StorageError(
          `The records are larger than the limit of ${formatBytes(maxBytes)}. Choose fewer slots or programs, or use the command “ab”.`,
        );
      }
      remove(oldest.id, runs, chunks);
      drop(oldest);
      bytes -= oldest.bytes;
      count--;
    }
  }

  /**
   * Writes in one transaction. If the browser has no space left, drops the oldest run and tries again.
   *
   * @template T
   * @param {(runs: IDBObjectStore, chunks: IDBObjectStore, drop: (run: StoredRun) => void) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #write(work) {
    for (;;) {
      /** @type {StoredRun[]} */
      const dropped = [];
      try {
        const result = await this.#transact("readwrite", (runs, chunks) => work(runs, chunks, (run) => dropped.push(run)));
        if (dropped.length > 0) this.#handleDrop(dropped);
        return result;
      } catch (error) {
        if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
        const oldest = (await this.list()).reverse().find(({ id }) => !this.#kept.has(id));
        if (oldest === undefined) {
          throw new StorageError(
            "The browser has no storage left for this page. Delete stored runs, or choose fewer slots.",
            error,
          );
        }
        await this.delete(oldest.id);
        this.#handleDrop([oldest]);
      }
    }
  }

  /** @template T @param {IDBTransactionMode} mode @param {Work<T>} work @returns {Promise<T>} */
  async #transact(mode, work) {
    const transaction = this.#database.transaction([RUNS, CHUNKS], mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new DOMException("the transaction was aborted", "AbortError"));
    });
    // Avoids an unhandled rejection: if `work` fails, `done` also rejects, but nothing awaits `done`.
    done.catch(() => {});
    try {
      const result = await work(transaction.objectStore(RUNS), transaction.objectStore(CHUNKS));
      await done;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // The transaction has already ended: there is nothing to abort.
      }
      throw error;
    }
  }
}

/** @param {number} id @param {IDBObjectStore} runs @param {IDBObjectStore} chunks */
function remove(id, runs, chunks) {
  runs.delete(id);
  chunks.delete(IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]));
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const deleted = () => new StorageError("This record was deleted, perhaps in another tab.");
