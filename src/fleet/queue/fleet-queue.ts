import type { Queue } from "bullmq";
import { messageOf } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { DEFAULT_QUEUE, type FleetConnection } from "../fleet-connection.js";
import type { FleetDefinition, FleetJob } from "../plan/fleet-definition.js";
import { connectionOf, loadBullmq, type QueuedJob, queuedId } from "./bullmq.js";
import { within } from "./within.js";

/** Passes jobs to workers. The manifests in the sink decide what a worker does with a job, so a job may be queued twice. */
export interface FleetQueue {
  add(definition: FleetDefinition, jobs: readonly FleetJob[]): Promise<void>;
  /** Removes jobs that no worker has taken. */
  remove(definition: FleetDefinition, jobs: readonly FleetJob[]): Promise<void>;
  close(): Promise<void>;
}

/** The worker of a folder reads the manifests itself. */
const NO_QUEUE: FleetQueue = { add: async () => {}, remove: async () => {}, close: async () => {} };

/** How long to wait for the first connection to Redis, in ms. */
const CONNECT_MS = 5_000;
/** Number of jobs that are added with one call. */
const BATCH = 1_000;
/** How long Redis keeps a job that is over, in seconds. Its record and its manifest stay in the sink. */
const KEEP_SECS = 7 * 24 * 3600;

/**
 * Opens the queue of a fleet.
 *
 * @param connectMs how long to wait for Redis, in ms
 * @throws SimulatorError `unsupported` if bullmq is not installed, `unreachable` if Redis does not answer
 */
export async function openQueue(connection: FleetConnection, connectMs = CONNECT_MS): Promise<FleetQueue> {
  if ("folder" in connection) return NO_QUEUE;
  const { Queue } = await loadBullmq();
  const queue = new Queue<QueuedJob>(connection.queue ?? DEFAULT_QUEUE, { connection: connectionOf(connection.redis) });
  let problem = "no answer";
  // Without a listener, a lost connection would end the process. Commands wait until it is back.
  queue.on("error", (error) => {
    problem = messageOf(error);
  });
  if (!(await within(connectMs, queue.waitUntilReady()))) {
    await within(connectMs, queue.disconnect());
    throw new SimulatorError("unreachable", `could not connect to Redis: ${problem}. Is it running, and is the address right?`);
  }
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
