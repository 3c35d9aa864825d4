import { EventEmitter } from "eventemitter3";
import { BacktestClient } from "../client/backtest-client.js";
import type { CompareOptions } from "../compare/compare-runs.js";
import type { RecordSource } from "../compare/record-source.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { checkConnection, type FleetConnection, sinkOfFolder } from "./fleet-connection.js";
import type { FleetEvents } from "./fleet-events.js";
import { type FleetReport, reportFleet } from "./fleet-report.js";
import { countStates, type FleetStatus, type JobStatus, statusOf } from "./fleet-status.js";
import { inParallel } from "./in-parallel.js";
import { isOver, startOver } from "./jobs/job-manifest.js";
import { JobSessions, type SimulatorOptions } from "./jobs/job-session.js";
import { FencedError, ManifestStore } from "./jobs/manifest-store.js";
import { defineFleet, type FleetDefinition, type FleetJob, jobsOf, readDefinition } from "./plan/fleet-definition.js";
import { checkPlan, type FleetPlan, type FleetSinkPlan } from "./plan/fleet-plan.js";
import { type FleetQueue, openQueue } from "./queue/fleet-queue.js";
import { recordOf } from "./records.js";
import { writeRunManifest } from "./run-manifest.js";
import { openSink } from "./sink/open-sink.js";
import type { SinkStore } from "./sink/sink-store.js";

/** Options of `createFleet`. */
export interface CreateFleetOptions {
  /** Where the queue of jobs is: a folder, or Redis. */
  readonly connection: FleetConnection;
  /** What the fleet runs. */
  readonly plan: FleetPlan;
  /** The folder to which the paths of the plan are relative. @default the working directory */
  readonly baseFolder?: string;
  /** Options for the `BacktestClient`, such as `apiKey`. @default none */
  readonly simulator?: Partial<SimulatorOptions>;
}

/** Options of `openFleet`. */
export interface OpenFleetOptions {
  /** Where the queue of jobs is: a folder, or Redis. */
  readonly connection: FleetConnection;
  /** Where the records and the checkpoints are. @default the folder of the connection, if it has one */
  readonly sink?: FleetSinkPlan;
  /** Options for the `BacktestClient`, such as `apiKey`. @default none */
  readonly simulator?: Partial<SimulatorOptions>;
}

/** Maximum number of manifests that are read at the same time. */
const READS = 32;
/**
 * Maximum number of attempts to write a manifest. An attempt fails if a worker has changed the manifest since this process read
 * the manifest.
 */
const MAX_ATTEMPTS = 50;

/**
 * Adds the jobs of a plan to a queue. If the same plan was added before, its jobs continue, and no job is added twice.
 *
 * @throws SimulatorError `invalidParams` if the plan or one of its files is invalid; `sink` if the sink cannot be used, or
 * contains another fleet; `unsupported` if the packages for Redis or S3 are not installed
 * @example
 * const fleet = await createFleet({ connection: { redis: "redis://127.0.0.1:6379" }, plan });
 * console.log((await fleet.status()).counts);
 */
export async function createFleet(options: CreateFleetOptions): Promise<Fleet> {
  if (typeof options !== "object" || options === null) throw invalidParams("options", "expected an object");
  refuseUnknownNames(options, ["connection", "plan", "baseFolder", "simulator"], "option");
  const { baseFolder = process.cwd(), simulator = {} } = options;
  const connection = checkConnection(options.connection);
  const plan = checkPlan(options.plan, "folder" in connection ? connection.folder : undefined);
  const store = await openSink(plan.sink);
  const bundles = async () => {
    await using client = new BacktestClient({ url: plan.url, logger: false, ...simulator });
    return await client.availableRanges();
  };
  const definition = await defineFleet(plan, store, { baseFolder, bundles });
  const fleet = new Fleet(definition, store, await openQueue(connection), simulator);
  await fleet.enqueue();
  return fleet;
}

/**
 * Opens an existing fleet, to read its status and its records.
 *
 * @throws SimulatorError `sink` if there is no fleet in the sink
 * @example const fleet = await openFleet({ connection: { folder: "records" } });
 */
export async function openFleet(options: OpenFleetOptions): Promise<Fleet> {
  if (typeof options !== "object" || options === null) throw invalidParams("options", "expected an object");
  refuseUnknownNames(options, ["connection", "sink", "simulator"], "option");
  const { simulator = {} } = options;
  const connection = checkConnection(options.connection);
  const sink = "folder" in connection ? sinkOfFolder(connection.folder) : options.sink;
  if (sink === undefined) throw invalidParams("sink", "expected the sink of the fleet");
  const store = await openSink(sink);
  const definition = await readDefinition(store);
  if (definition === undefined) throw new SimulatorError("sink", `${store.place} has no fleet`);
  return new Fleet(definition, store, await openQueue(connection), simulator);
}

/** A fleet: its jobs, their states and their records. `createFleet` and `openFleet` return it. */
export class Fleet {
  /** The definition of the fleet: its plan, with the ranges after splitting. */
  readonly definition: FleetDefinition;
  /** All jobs of the fleet, sorted by range and then by variant. */
  readonly jobs: readonly FleetJob[];
  readonly #store: SinkStore;
  readonly #queue: FleetQueue;
  readonly #simulator: Partial<SimulatorOptions>;
  /** `undefined` until the first listener is added. */
  #emitter: EventEmitter | undefined;

  /** @internal */
  constructor(definition: FleetDefinition, store: SinkStore, queue: FleetQueue, simulator: Partial<SimulatorOptions>) {
    this.definition = definition;
    this.jobs = jobsOf(definition);
    this.#store = store;
    this.#queue = queue;
    this.#simulator = simulator;
  }

  /** The id of the fleet, derived from the plan. */
  get id(): string {
    return this.definition.id;
  }

  /**
   * Listens to the events of all workers of the fleet. The first call also delivers the events since `createFleet` or
   * `openFleet`. Events can be lost, because Redis stores only the last 10,000 events of a queue. To get the state of a job, call
   * `status`.
   *
   * @throws SimulatorError `unsupported` for a fleet in a folder
   * @example fleet.on("progress", ({ job, done }) => console.log(job.id, done));
   */
  on<K extends keyof FleetEvents>(event: K, listener: (event: FleetEvents[K]) => void): this {
    this.#emitter ??= this.#observe();
    this.#emitter.on(event, listener);
    return this;
  }

  /** Removes a listener. */
  off<K extends keyof FleetEvents>(event: K, listener: (event: FleetEvents[K]) => void): this {
    this.#emitter?.off(event, listener);
    return this;
  }

  /** Returns the state of every job, as of its last checkpoint. @throws SimulatorError `sink` */
  async status(): Promise<FleetStatus> {
    const jobs = await inParallel(this.jobs, READS, (job) => this.#statusOf(job));
    return { id: this.id, place: this.#store.place, counts: countStates(jobs), jobs };
  }

  /**
   * Cancels jobs that are not over, and closes their sessions. A worker that is running such a job stops it at the next
   * checkpoint.
   *
   * @param ids the ids of the jobs. @default all jobs
   * @returns the number of jobs that were cancelled
   * @throws SimulatorError `invalidParams` for an unknown id; `sink`
   */
  async cancel(ids?: readonly string[]): Promise<number> {
    const chosen = this.#select(ids);
    const cancelled = await inParallel(chosen, READS, (job) => this.#cancel(job));
    await this.#queue.remove(
      this.definition,
      chosen.filter((_, index) => cancelled[index]),
    );
    return cancelled.filter(Boolean).length;
  }

  /**
   * Resets failed and cancelled jobs, so that workers run them again.
   *
   * @param ids the ids of the jobs. @default all jobs
   * @returns the number of jobs that start again
   * @throws SimulatorError `invalidParams` for an unknown id; `sink`
   */
  async retry(ids?: readonly string[]): Promise<number> {
    const chosen = this.#select(ids);
    const retried = await inParallel(chosen, READS, (job) => this.#retry(job));
    const again = chosen.filter((_, index) => retried[index]);
    // Removes the finished jobs from Redis first. Otherwise, Redis ignores new jobs with the same ids.
    await this.#queue.remove(this.definition, again);
    await this.#queue.add(this.definition, again);
    return again.length;
  }

  /**
   * Compares each variant with the first variant, in all ranges that both variants have completed.
   *
   * @throws SimulatorError any error of `compareRuns`; `unsupported` for records that are not NDJSON
   */
  report(options: Pick<CompareOptions, "limit" | "ignore" | "signal" | "pnlLimit"> = {}): Promise<FleetReport> {
    return reportFleet(this.definition, this.#store, options);
  }

  /**
   * Returns the record of a job, for `readRecord` and `compareRuns`.
   *
   * @throws SimulatorError `invalidParams` for an unknown id; `unsupported` for records that are not NDJSON
   */
  record(id: string): Promise<RecordSource> {
    const [job] = this.#select([id]);
    return recordOf(this.definition, this.#store, [job as FleetJob]);
  }

  /** Writes `manifest.json` to the sink. It lists the objects of every record, so that other programs can find them. */
  async writeManifest(): Promise<void> {
    await writeRunManifest(this.definition, this.#store);
  }

  /** Adds all jobs to the queue. @internal */
  async enqueue(): Promise<void> {
    await this.#queue.add(this.definition, this.jobs);
  }

  /** Closes the connection to the queue. The workers continue. */
  async close(): Promise<void> {
    await this.#queue.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #observe(): EventEmitter {
    const emitter = new EventEmitter();
    this.#queue.observe({
      fleet: this.id,
      jobs: this.jobs,
      manifestOf: (job) => this.#manifests(job).load(),
      emit: (name, event) => void emitter.emit(name, event),
    });
    return emitter;
  }

  #select(ids: readonly string[] | undefined): readonly FleetJob[] {
    if (ids === undefined) return this.jobs;
    return ids.map((id) => {
      const job = this.jobs.find((one) => one.id === id);
      if (job === undefined) throw invalidParams("ids", `the fleet has no job ${id}; a job is START-END.VARIANT`);
      return job;
    });
  }

  async #statusOf(job: FleetJob): Promise<JobStatus> {
    return statusOf(job, await this.#manifests(job).load());
  }

  async #cancel(job: FleetJob): Promise<boolean> {
    const manifests = this.#manifests(job);
    for (let attempt = 1; ; attempt++) {
      const found = await manifests.load();
      if (isOver(found)) return false;
      try {
        const cancelled = await manifests.replace(found, { state: "cancelled", epoch: found.generation + 1, owner: "cancelled" });
        await this.#closeSession(job, cancelled.claim);
        return true;
      } catch (error) {
        // Only a FencedError leads to another attempt: a worker wrote the manifest after `load`.
        if (!(error instanceof FencedError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Closes the session of a cancelled job. If that fails, the worker of the job closes the session, or the disconnect timeout
   * ends it.
   */
  async #closeSession(job: FleetJob, claim: Parameters<JobSessions["release"]>[0] | null): Promise<void> {
    if (claim === null) return;
    const { definition } = this;
    const limit = AbortSignal.timeout(10_000);
    const sessions = new JobSessions({ url: definition.url, ...this.#simulator }, definition, job, limit);
    await sessions.release(claim).catch(() => {});
    await sessions.close();
  }

  async #retry(job: FleetJob): Promise<boolean> {
    const manifests = this.#manifests(job);
    const found = await manifests.load();
    if (found.state !== "failed" && found.state !== "cancelled") return false;
    // The old session may still be open on the server. With its name and token (`claim`), the next worker can close the session.
    const { claim } = found;
    await manifests.replace(found, { ...startOver(), claim, state: "waiting", failures: 0, error: null });
    return true;
  }

  #manifests(job: FleetJob): ManifestStore {
    return new ManifestStore(this.#store, job, this.definition.format);
  }
}
