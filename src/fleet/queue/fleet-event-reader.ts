import type { QueueEvents } from "bullmq";
import type { FleetEvents } from "../fleet-events.js";
import { type JobProgress, resultOf } from "../jobs/job-end.js";
import type { JobManifest } from "../jobs/job-manifest.js";
import type { FleetJob } from "../plan/fleet-definition.js";
import { queuedId } from "./bullmq.js";

/** An event of a fleet with its name. */
export type FleetEvent = { [K in keyof FleetEvents]: [K, FleetEvents[K]] }[keyof FleetEvents];

/** Provides the jobs and manifests of a fleet to a `FleetEventReader`, and receives the events. */
export interface FleetObserver {
  /** The id of the fleet. */
  readonly fleet: string;
  readonly jobs: readonly FleetJob[];
  /** Reads the manifest of a job. */
  manifestOf(job: FleetJob): Promise<JobManifest>;
  emit(...event: FleetEvent): void;
}

/** The progress of a job in Redis. */
export interface QueuedProgress extends Pick<JobProgress, "done" | "tally" | "bytes"> {
  /** The last executed slot. `null` before the first slot is executed. */
  readonly slot: string | null;
}

/** Turns the events of a BullMQ queue into the events of one fleet, in their order. Ignores the jobs of other fleets. */
export class FleetEventReader {
  readonly #observer: FleetObserver;
  readonly #jobs: ReadonlyMap<string, FleetJob>;
  /**
   * Resolves when all events that were added so far have been emitted. The next event waits for this promise, so that the events
   * keep their order.
   */
  #emitted: Promise<void> = Promise.resolve();

  constructor(queue: QueueEvents, observer: FleetObserver) {
    this.#observer = observer;
    this.#jobs = new Map(observer.jobs.map((job) => [queuedId(observer.fleet, job.id), job]));
    queue.on("error", (error) => observer.emit("error", { error }));
    queue.on("active", ({ jobId }) => this.#add(jobId, async (job) => ["started", { job }]));
    queue.on("progress", ({ jobId, data }) => this.#add(jobId, async (job) => progressOf(job, data as QueuedProgress)));
    queue.on("completed", ({ jobId }) => this.#add(jobId, (job) => this.#end(job)));
    queue.on("failed", ({ jobId, failedReason }) => this.#add(jobId, (job) => this.#failed(job, failedReason)));
    queue.on("delayed", ({ jobId, delay }) => this.#add(jobId, (job) => this.#retried(job, delay - Date.now())));
    queue.on("stalled", ({ jobId }) => this.#add(jobId, async (job) => ["stalled", { job }]));
    // Reports that a job was cancelled. A removal by `retry` is not reported: `#end` returns no event.
    queue.on("removed", ({ jobId }) => this.#add(jobId, (job) => this.#end(job)));
  }

  #add(jobId: string, read: (job: FleetJob) => Promise<FleetEvent | undefined>): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    this.#emitted = this.#emitted.then(async () => {
      try {
        const event = await read(job);
        if (event !== undefined) this.#observer.emit(...event);
      } catch (error) {
        this.#observer.emit("error", { error: error as Error });
      }
    });
  }

  /** Returns the end of the job from its manifest. `undefined` if the job was started again in the meantime. */
  async #end(job: FleetJob): Promise<FleetEvent | undefined> {
    const manifest = await this.#observer.manifestOf(job);
    if (manifest.state === "completed") return ["completed", resultOf(job, manifest)];
    return manifest.state === "cancelled" ? ["cancelled", { job }] : undefined;
  }

  async #failed(job: FleetJob, reason: string): Promise<FleetEvent> {
    const { error } = await this.#observer.manifestOf(job);
    return ["failed", { job, failure: error ?? { code: "failed", message: reason } }];
  }

  async #retried(job: FleetJob, leftMs: number): Promise<FleetEvent> {
    const { error } = await this.#observer.manifestOf(job);
    return ["retried", { job, afterMs: Math.max(0, leftMs), ...(error !== null && { failure: error }) }];
  }
}

function progressOf(job: FleetJob, { slot, done, tally, bytes }: QueuedProgress): FleetEvent {
  return ["progress", { job, slot: slot === null ? undefined : BigInt(slot), done, tally, bytes }];
}
