import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { FileLock } from "../../files/file-lock.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { isOver } from "../jobs/job-manifest.js";
import { runJob } from "../jobs/job-runner.js";
import { ManifestStore } from "../jobs/manifest-store.js";
import { DEFINITION_NAME, type FleetDefinition, type FleetJob, jobsOf, readDefinition } from "../plan/fleet-definition.js";
import type { SinkStore } from "../sink/sink-store.js";
import { StartLimiter } from "./start-limiter.js";
import { WaitingJobs } from "./waiting-jobs.js";
import { WorkerBase, type WorkerSettings } from "./worker-base.js";

/** How long this worker waits before it retries a job that another process has taken over, in ms. */
const FENCED_MS = 5_000;

/**
 * Runs all jobs of the fleet in a folder, in this process. The manifests in the folder are the queue: each job that is not over
 * waits for the worker. Nothing needs to be repaired after the process was killed.
 */
export class EmbeddedWorker extends WorkerBase {
  readonly done: Promise<void>;
  readonly #definition: FleetDefinition;
  readonly #store: SinkStore;
  readonly #settings: WorkerSettings;
  readonly #waiting = new WaitingJobs<FleetJob>();
  readonly #limiter: StartLimiter;
  readonly #stop = new AbortController();
  #running = 0;
  /** Wakes the loop of the worker. The loop then starts jobs, or ends. */
  #wake: () => void = () => {};

  private constructor(definition: FleetDefinition, store: SinkStore, settings: WorkerSettings, lock: FileLock) {
    super();
    // Each job adds listeners. Node.js warns if there are more than ten, so the limit is removed.
    setMaxListeners(0, this.#stop.signal);
    this.#definition = definition;
    this.#store = store;
    this.#settings = settings;
    this.#limiter = new StartLimiter(settings.limit);
    this.done = this.#run(lock);
    // The caller handles a failure. Without this line, Node.js would end the process before the caller can handle it.
    this.done.catch(() => {});
  }

  /** @throws SimulatorError `sink` if the folder has no fleet, or another process runs the fleet */
  static async start(store: SinkStore, settings: WorkerSettings): Promise<EmbeddedWorker> {
    const definition = await readDefinition(store);
    if (definition === undefined) {
      throw new SimulatorError("sink", `${store.place} has no fleet; create one with createFleet or \`fleet run\``);
    }
    return new EmbeddedWorker(definition, store, settings, await lockFolder(store.place));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.done.catch(() => {});
  }

  async #run(lock: FileLock): Promise<void> {
    try {
      for (const job of jobsOf(this.#definition)) {
        const manifest = await new ManifestStore(this.#store, job, this.#definition.format).load();
        // A finished job with a `claim` can still have an open session. `runJob` closes this session.
        if (!isOver(manifest) || manifest.claim !== null) this.#waiting.add(job);
      }
      await this.#drain();
    } finally {
      await lock.release();
    }
  }

  /** Starts jobs until none is left or the worker is closed. */
  #drain(): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      this.#wake = () => {
        clearTimeout(timer);
        const waitMs = this.#startJobs();
        if (waitMs !== undefined) timer = setTimeout(this.#wake, waitMs);
        else if (this.#running === 0) resolve();
      };
      this.#wake();
    });
  }

  /**
   * Starts as many jobs of the queue as the limits allow.
   *
   * @returns the time until the next start, in ms; `undefined` if no start is scheduled
   */
  #startJobs(): number | undefined {
    while (!this.#stop.signal.aborted && this.#running < this.#settings.concurrency) {
      const now = performance.now();
      const limitMs = this.#limiter.waitMs(now);
      if (limitMs > 0) return limitMs;
      const next = this.#waiting.take(now);
      if (next === undefined) return undefined;
      if ("waitMs" in next) return next.waitMs;
      this.#limiter.note(now);
      void this.#runJob(next.job);
    }
    return undefined;
  }

  async #runJob(job: FleetJob): Promise<void> {
    this.#running++;
    const definition = this.#definition;
    this.emit("started", { job });
    const end = await runJob({
      definition,
      job,
      store: this.#store,
      owner: randomUUID(),
      simulator: { url: definition.url, ...this.#settings.simulator },
      signal: this.#stop.signal,
      handleProgress: (progress) => this.emit("progress", progress),
    });
    this.#running--;
    const now = performance.now();
    if (end.kind === "retry") this.#waiting.add(job, now + end.afterMs);
    if (end.kind === "fenced") this.#waiting.add(job, now + FENCED_MS);
    if (end.kind === "noCapacity") {
      this.#waiting.add(job);
      this.#waiting.pauseUntil(now + end.afterMs);
    }
    this.emitEnd(job, end);
    this.#wake();
  }
}

/** @throws SimulatorError `sink` if another process runs the fleet in this folder */
async function lockFolder(folder: string): Promise<FileLock> {
  try {
    return await FileLock.acquire(join(folder, DEFINITION_NAME));
  } catch (cause) {
    throw new SimulatorError("sink", (cause as Error).message, { cause });
  }
}
