import type { Queue } from "bullmq";
import { DEFAULT_QUEUE, type FleetConnection } from "../fleet-connection.js";
import type { FleetDefinition, FleetJob } from "../plan/fleet-definition.js";
import { connectionOf, loadBullmq, type QueuedJob, queuedId } from "./bullmq.js";

/** Passes jobs to workers. The manifests in the sink decide what a worker does with a job, so a job may be queued twice. */
export interface FleetQueue {
  add(definition: FleetDefinition, jobs: readonly FleetJob[]): Promise<void>;
  /** Removes jobs that no worker has taken. */
  remove(definition: FleetDefinition, jobs: readonly FleetJob[]): Promise<void>;
  close(): Promise<void>;
}

/** The worker of a folder reads the manifests itself. */
const NO_QUEUE: FleetQueue = { add: async () => {}, remove: async () => {}, close: async () => {} };

/** Number of jobs that are added with one call. */
const BATCH = 1_000;
/** How long Redis keeps a job that is over, in seconds. Its record and its manifest stay in the sink. */
const KEEP_SECS = 7 * 24 * 3600;

/** @throws SimulatorError `unsupported` if bullmq is not installed */
export async function openQueue(connection: FleetConnection): Promise<FleetQueue> {
  if ("folder" in connection) return NO_QUEUE;
  const { Queue } = await loadBullmq();
  const queue = new Queue<QueuedJob>(connection.queue ?? DEFAULT_QUEUE, { connection: connectionOf(connection.redis) });
  // Without a listener, a lost connection would end the process. Commands wait until it is back.
  queue.on("error", () => {});
  return new RedisQueue(queue);
}

class RedisQueue implements FleetQueue {
  readonly #queue: Queue<QueuedJob>;

  constructor(queue: Queue<QueuedJob>) {
    this.#queue = queue;
  }

  async add({ id: fleet, sink }: FleetDefinition, jobs: readonly FleetJob[]): Promise<void> {
    for (let at = 0; at < jobs.length; at += BATCH) {
      const batch = jobs.slice(at, at + BATCH).map(({ id }) => ({
        name: "run",
        data: { fleet, sink, job: id },
        // With the id, a second call has no effect, because Redis ignores a job that it already has.
        opts: { jobId: queuedId(fleet, id), removeOnComplete: { age: KEEP_SECS }, removeOnFail: { age: KEEP_SECS } },
      }));
      await this.#queue.addBulk(batch);
    }
  }

  async remove({ id: fleet }: FleetDefinition, jobs: readonly FleetJob[]): Promise<void> {
    for (const { id } of jobs) {
      // Fails for a job that a worker is running. That worker notices that it has lost the job.
      await this.#queue.remove(queuedId(fleet, id)).catch(() => {});
    }
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}
