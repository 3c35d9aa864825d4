import type { Queue, QueueEvents } from "bullmq";
import { messageOf } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { DEFAULT_QUEUE, type FleetConnection } from "../fleet-connection.js";
import type { FleetDefinition, FleetJob } from "../plan/fleet-definition.js";
import { type BullmqModule, loadBullmq, type QueuedJob, queuedId } from "./bullmq.js";
import { FleetEventReader, type FleetObserver } from "./fleet-event-reader.js";
import { RedisClients } from "./redis-clients.js";
import { within } from "./within.js";

/**
 * Passes jobs to workers. Queueing a job twice is harmless, because each worker first reads the state of the job from its
 * manifest.
 */
export interface FleetQueue {
  add(definition: FleetDefinition, jobs: readonly FleetJob[]): Promise<void>;
  /** Removes jobs that no worker has taken. */
  remove(definition: FleetDefinition, jobs: readonly FleetJob[]): Promise<void>;
  /**
   * Reports the events of a fleet, including the events between the opening of the queue and this call.
   *
   * @throws SimulatorError `unsupported` if the queue is a folder
   */
  observe(observer: FleetObserver): void;
  close(): Promise<void>;
}

/** Does nothing: the worker of a fleet in a folder finds the jobs in the manifests, not in a queue. */
const NO_QUEUE: FleetQueue = {
  add: async () => {},
  remove: async () => {},
  observe: () => {
    throw new SimulatorError(
      "unsupported",
      "a fleet in a folder has no events; listen to the worker that startFleetWorker returns",
    );
  },
  close: async () => {},
};

/** How long to wait for the first connection to Redis, in ms. */
const CONNECT_MS = 5_000;
/** How long to wait for Redis when the queue is closed, in ms. */
const CLOSE_MS = 5_000;
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
  const bullmq = await loadBullmq();
  const name = connection.queue ?? DEFAULT_QUEUE;
  const clients = await RedisClients.open(connection.redis);
  const queue = new bullmq.Queue<QueuedJob>(name, { connection: clients.connection });
  let problem = "no response";
  // Without a listener, a lost connection would end the process. Commands wait until the connection is back.
  queue.on("error", (error) => {
    problem = messageOf(error);
  });
  if (!(await within(connectMs, queue.waitUntilReady()))) {
    clients.disconnect();
    throw new SimulatorError("unreachable", `could not connect to Redis: ${problem}. Is it running, and is the address correct?`);
  }
  return new RedisQueue({ bullmq, name, queue, clients, openedAt: await clients.serverTime() });
}

interface OpenedQueue {
  readonly bullmq: BullmqModule;
  readonly name: string;
  readonly queue: Queue<QueuedJob>;
  readonly clients: RedisClients;
  /** The time of Redis when the queue was opened, in ms. */
  readonly openedAt: number;
}

class RedisQueue implements FleetQueue {
  readonly #opened: OpenedQueue;
  readonly #queue: Queue<QueuedJob>;
  #events: QueueEvents | undefined;

  constructor(opened: OpenedQueue) {
    this.#opened = opened;
    this.#queue = opened.queue;
  }

  async add({ id: fleet, sink }: FleetDefinition, jobs: readonly FleetJob[]): Promise<void> {
    for (let at = 0; at < jobs.length; at += BATCH) {
      const batch = jobs.slice(at, at + BATCH).map(({ id }) => ({
        name: "run",
        data: { fleet, sink, job: id },
        // A job can be added twice without harm, because Redis ignores a job whose id it already has.
        opts: { jobId: queuedId(fleet, id), removeOnComplete: { age: KEEP_SECS }, removeOnFail: { age: KEEP_SECS } },
      }));
      await this.#queue.addBulk(batch);
    }
  }

  async remove({ id: fleet }: FleetDefinition, jobs: readonly FleetJob[]): Promise<void> {
    for (const { id } of jobs) {
      // `remove` fails for a running job. The worker of this job stops when it next writes the manifest.
      await this.#queue.remove(queuedId(fleet, id)).catch(() => {});
    }
  }

  observe(observer: FleetObserver): void {
    const { bullmq, name, clients, openedAt } = this.#opened;
    this.#events = new bullmq.QueueEvents(name, { connection: clients.connection, lastEventId: `${openedAt}` });
    new FleetEventReader(this.#events, observer);
  }

  async close(): Promise<void> {
    await within(CLOSE_MS, Promise.allSettled([this.#events?.close(), this.#queue.close()]));
    this.#opened.clients.disconnect();
  }
}
