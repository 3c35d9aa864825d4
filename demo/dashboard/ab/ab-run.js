// @ts-check
import { transactionSignature } from "../../../dist/browser.js";
import { ndjsonSink, readRecord, record, runWithChanges } from "../../../dist/browser-compare.js";

/** @typedef {import("../../../dist/browser-compare.js").RecordableEvent} RecordableEvent */
/** @typedef {import("../contract.js").Settings} Settings */
/** @typedef {import("../worker/run-source.js").RunSource} RunSource */
/** @typedef {import("./ab-contract.js").Changes} Changes */
/** @typedef {import("./ab-contract.js").SideName} SideName */
/** @typedef {import("./ab-contract.js").SideProgress} SideProgress */
/** @typedef {import("./ab-contract.js").StoredRun} StoredRun */
/** @typedef {import("./record-store.js").RecordStore} RecordStore */

const NAMES = { baseline: "Baseline", candidate: "Candidate" };
/** @type {Changes} */
const NO_CHANGES = { programs: {}, accounts: {}, transactions: [], descriptions: [] };
const MAX_INJECTED = 1_000;

/** Runs the same slots twice, without and with changes, and stores both records. */
export class AbRun {
  /** @type {Partial<Record<SideName, SideProgress>>} */
  sides = {};
  /** The ids of the stored runs. The store does not drop these runs until they are released. @type {number[]} */
  stored = [];
  #settings;
  #source;
  #store;
  #handleProgress;
  #stop = new AbortController();

  /**
   * @param {Settings} settings
   * @param {RunSource} source
   * @param {RecordStore} store
   * @param {() => void} handleProgress called when `sides` has changed
   */
  constructor(settings, source, store, handleProgress) {
    this.#settings = settings;
    this.#source = source;
    this.#store = store;
    this.#handleProgress = handleProgress;
  }

  /**
   * Runs both sides. If one side fails, stops the other side.
   *
   * @param {Changes} changes of the candidate
   * @param {boolean} isConcurrent whether both sides run at the same time
   * @returns {Promise<{ a: number, b: number }>} the stored runs
   */
  async run(changes, isConcurrent) {
    for (const side of /** @type {const} */ (["baseline", "candidate"])) this.sides[side] = this.#waiting();
    const runBaseline = () => this.#runSide("baseline", NO_CHANGES);
    const runCandidate = () => this.#runSide("candidate", changes);
    if (isConcurrent) {
      const both = [runBaseline(), runCandidate()];
      for (const side of both) side.catch(() => this.#stop.abort());
      try {
        // If one side fails, both sides are stopped. `Promise.all` rejects with the first error, which is the cause.
        const [a = 0, b = 0] = await Promise.all(both);
        return { a, b };
      } finally {
        await Promise.allSettled(both);
      }
    }
    // The candidate runs first. If the server refuses the changes, the baseline does not run.
    const b = await runCandidate();
    const a = await runBaseline();
    return { a, b };
  }

  /** Stops both sides. The partial records stay in the storage, marked as incomplete. */
  cancel() {
    this.#stop.abort();
  }

  /** @returns {SideProgress} */
  #waiting() {
    return { state: "waiting", done: 0n, total: this.#settings.slotCount, transactions: 0, failed: 0, bytes: 0, injected: [] };
  }

  /** @param {SideName} side @param {Changes} changes @returns {Promise<number>} the id of the stored run */
  async #runSide(side, changes) {
    const { startSlot, slotCount } = this.#settings;
    const endSlot = startSlot + slotCount - 1n;
    const programs = this.#programs;
    const progress = /** @type {SideProgress} */ (this.sides[side]);
    const { signal } = this.#stop;
    const signatures = new LatestSignatures();
    const descriptions = changes.descriptions;
    const id = await this.#store.begin({
      kind: side,
      name: NAMES[side],
      sourceLabel: this.#source.label,
      startSlot,
      endSlot,
      programs,
      changes: descriptions,
    });
    this.stored.push(id);
    /** @type {import("../../../dist/browser.js").ManagedBacktestSession | undefined} */
    let session;
    let isComplete = false;
    try {
      this.#update(progress, { state: "running" });
      const onConnection = (/** @type {{ status: import("../../../dist/browser.js").ConnectionStatus }} */ { status }) =>
        this.#noteStatus(progress, status);
      session = await this.#source.client.startSession({ startSlot, endSlot }, { signal, onConnection });
      session.on("connection", onConnection);
      session.subscribeTransactions(programs);
      const run = runWithChanges(session, changes, {
        startSlot,
        signal,
        handleInjected: (slot, transactions) => this.#noteInjected(progress, slot, transactions),
      });
      const output = async (/** @type {Uint8Array} */ chunk) => {
        await this.#store.append(id, chunk);
        this.#update(progress, { bytes: progress.bytes + chunk.length });
      };
      const header = { startSlot, endSlot, programs, streams: ["transaction"], changes: descriptions };
      const onEvent = (/** @type {RecordableEvent} */ event) => this.#noteEvent(progress, event, signatures);
      const result = await record(run, ndjsonSink(output), { header, onEvent });
      isComplete = result.isComplete;
      this.#update(progress, { state: "completed", done: slotCount });
      return id;
    } catch (error) {
      this.#update(progress, { state: "failed", reason: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      await session?.shutdown().catch(() => {});
      const { transactions, failed } = progress;
      if (transactions === 0 && !isComplete) await this.#store.delete(id);
      else await this.#store.end(id, { transactions, failed, state: isComplete ? "complete" : "incomplete" });
    }
  }

  /** Returns the requested programs. If none is requested, returns all programs of the simulator in the page. */
  get #programs() {
    const { programs } = this.#settings;
    return programs.length > 0 ? programs : [...this.#source.programs];
  }

  /** @param {SideProgress} progress @param {RecordableEvent} event @param {LatestSignatures} signatures */
  #noteEvent(progress, event, signatures) {
    if (event.type === "transaction") {
      // If a transaction mentions several subscribed programs, the client delivers it once for each of them.
      if (!signatures.add(transactionSignature(event.transaction) ?? "")) return;
      const isFailed = (event.transaction.meta?.err ?? null) !== null;
      this.#update(progress, {
        transactions: progress.transactions + 1,
        failed: progress.failed + (isFailed ? 1 : 0),
      });
    } else if (event.type === "slot") this.#update(progress, { done: event.slot - this.#settings.startSlot + 1n });
  }

  /** @param {SideProgress} progress @param {import("../../../dist/browser.js").ConnectionStatus} status */
  #noteStatus(progress, status) {
    if (progress.state !== "running" && progress.state !== "reconnecting") return;
    if (status.state === "down" && status.reason !== undefined) {
      this.#update(progress, { state: "reconnecting", reason: status.reason });
    } else if (status.state === "up") this.#update(progress, { state: "running" });
  }

  /**
   * @param {SideProgress} progress
   * @param {bigint} slot
   * @param {readonly { signature: string, outcome?: { err: unknown } }[]} transactions
   */
  #noteInjected(progress, slot, transactions) {
    const rows = transactions.map(({ signature, outcome }) => ({
      slot,
      signature,
      outcome: outcome === undefined ? /** @type {const} */ ("unknown") : outcome.err === null ? "succeeded" : "failed",
    }));
    this.#update(progress, {
      injected: /** @type {SideProgress["injected"]} */ ([...progress.injected, ...rows].slice(0, MAX_INJECTED)),
    });
  }

  /** @param {SideProgress} progress @param {Partial<SideProgress>} change */
  #update(progress, change) {
    Object.assign(progress, change);
    if (change.state === "running" || change.state === "completed") delete progress.reason;
    this.#handleProgress();
  }
}

/**
 * Stores a record file, and reads it at the same time to validate it.
 *
 * @param {File} file
 * @param {RecordStore} store
 * @returns {Promise<number>} the id of the stored run
 * @throws if the file is not a record, or cannot be stored
 */
export async function importRecord(file, store) {
  const id = await store.begin({ kind: "file", name: file.name, sourceLabel: "", programs: [], changes: [] });
  /** @type {Partial<StoredRun> & { transactions: number, failed: number }} */
  const facts = { transactions: 0, failed: 0, state: "incomplete" };
  const signatures = new LatestSignatures();
  try {
    for await (const entry of readRecord(() => storing(file, id, store), { name: file.name })) {
      if (entry.type === "run") {
        const { startSlot, endSlot, programs = [], changes = [] } = entry.header;
        Object.assign(facts, { startSlot, endSlot, programs: [...programs], changes: [...changes] });
      } else if (entry.type === "completed") facts.state = "complete";
      else if (entry.type === "transaction" && signatures.add(entry.transaction.signature)) {
        facts.transactions++;
        if (entry.transaction.err !== null) facts.failed++;
      }
    }
    if (facts.transactions === 0) {
      throw new Error(`${file.name}: the record has no transactions. Record with “run --transactions --program ADDRESS”.`);
    }
    await store.end(id, facts);
    return id;
  } catch (error) {
    await store.delete(id);
    throw error;
  } finally {
    store.release(id);
  }
}

/** Stores each piece of a file, then yields it. @param {File} file @param {number} id @param {RecordStore} store */
async function* storing(file, id, store) {
  const reader = file.stream().getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      await store.append(id, part.value);
      yield part.value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Detects duplicates of transactions. A record may contain a transaction once for each program, in lines that are close together. */
class LatestSignatures {
  /** @type {Set<string>} */
  #signatures = new Set();

  /** @param {string} signature @returns {boolean} whether it is new */
  add(signature) {
    if (this.#signatures.has(signature)) return false;
    this.#signatures.add(signature);
    if (this.#signatures.size > 20_000) this.#signatures.delete(/** @type {string} */ (this.#signatures.values().next().value));
    return true;
  }
}
