import { setMaxListeners } from "node:events";
import type { Job, Queue, Worker } from "bullmq";
import { DEFAULT_QUEUE } from "../fleet-connection.js";
import type { JobEnd, JobProgress } from "../jobs/job-end.js";
import { runJob } from "../jobs/job-runner.js";
import { type FleetDefinition, type FleetJob, jobsOf, readDefinition } from "../plan/fleet-definition.js";
import { openSink } from "../sink/open-sink.js";
import type { SinkStore } from "../sink/sink-store.js";
import { type BullmqModule, loadBullmq, type QueuedJob } from "./bullmq.js";
import type { QueuedProgress } from "./fleet-event-reader.js";
import { RedisClients } from "./redis-clients.js";
import { within } from "./within.js";
import { WorkerBase, type WorkerSettings } from "./worker-base.js";

/** The times that BullMQ uses for locks and checks, in ms. */
export interface QueueTimes {
  /** How long a lock is valid without being renewed. A worker renews it after half of this time. */
  readonly lockMs: number;
  /** Time between two checks for jobs whose lock has expired. */
  readonly stalledCheckMs: number;
}

/** How long this worker waits before it retries a job that another worker has taken over, in ms. */
const FENCED_MS = 5_000;
/** Minimum time between two progress updates of a job in Redis, in ms. */
const PROGRESS_MS = 5_000;
/** Maximum time to wait for Redis when the worker closes, or when it moves a job in the queue, in ms. */
const CLOSE_MS = 10_000;

/** An opened fleet: its definition, its sink and its jobs. */
interface OpenFleet {
  readonly definition: FleetDefinition;
  readonly store: SinkStore;
  readonly jobs: ReadonlyMap<string, FleetJob>;
}

/** Runs jobs of all fleets in a BullMQ queue. */
export class RedisWorker extends WorkerBase {
  readonly done: Promise<void>;
  readonly #bullmq: BullmqModule;
  readonly #settings: WorkerSettings;
  readonly #clients: RedisClients;
  readonly #queue: Queue<QueuedJob>;
  readonly #worker: Worker<QueuedJob>;
  readonly #stop = new AbortController();
  /** The fleets whose jobs this worker has run, by sink. */
  readonly #fleets = new Map<string, Promise<OpenFleet>>();
  #closing: Promise<void> | undefined;
  #resolveDone: () => void = () => {};

  private constructor(bullmq: BullmqModule, clients: RedisClients, name: string, settings: WorkerSettings, times: QueueTimes) {
    super();
    // Each job adds listeners. Node.js warns if there are more than ten, so the limit is removed.
    setMaxListeners(0, this.#stop.signal);
    this.#bullmq = bullmq;
    this.#settings = settings;
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#clients = clients;
    const { connection } = clients;
    this.#queue = new bullmq.Queue<QueuedJob>(name, { connection });
    const { concurrency, limit } = settings;
    this.#worker = new bullmq.Worker<QueuedJob>(name, (job, token) => this.#process(job, token ?? ""), {
      connection,
      concurrency,
      lockDuration: times.lockMs,
      stalledInterval: times.stalledCheckMs,
      // A job stalls each time its worker is killed. Such stalls are not failures of the job, so their number is unlimited.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      ...(limit && { limiter: { max: limit.max, duration: limit.durationMs } }),
    });
    const handleError = (error: Error): void => this.emit("error", { error });
    this.#queue.on("error", handleError);
    this.#worker.on("error", handleError);
  }

  /** @throws SimulatorError `unsupported` if bullmq is not installed */
  static async start(
    { redis, queue = DEFAULT_QUEUE }: { readonly redis: string; readonly queue?: string },
    settings: WorkerSettings,
    times: QueueTimes,
  ): Promise<RedisWorker> {
    return new RedisWorker(await loadBullmq(), await RedisClients.open(redis), queue, settings, times);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The worker starts to close first, so that it takes no new jobs. Then `abort` moves the running jobs back to the queue.
    const closed = Promise.allSettled([this.#worker.close(), this.#queue.close()]);
    this.#stop.abort();
    await within(CLOSE_MS, closed);
    // Some connections may still be open if Redis is not reachable or was restarted.
    this.#clients.disconnect();
    await within(CLOSE_MS, closed);
    this.#resolveDone();
  }

  async #process(queued: Job<QueuedJob>, token: string): Promise<unknown> {
    const { definition, store, jobs } = await this.#open(queued.data);
    const job = jobs.get(queued.data.job);
    if (job === undefined) throw new this.#bullmq.UnrecoverableError(`the fleet has no job ${queued.data.job}`);
    this.emit("started", { job });
    const end = await runJob({
      definition,
      job,
      store,
      owner: token,
      simulator: { url: definition.url, ...this.#settings.simulator },
      signal: this.#stop.signal,
      handleProgress: this.#progressOf(queued),
    });
    this.emitEnd(job, end);
    return this.#settle(queued, token, end);
  }

  /** Reports the end of an attempt to BullMQ. The returned value or the thrown error determines the next state of the job. */
  async #settle(queued: Job<QueuedJob>, token: string, end: JobEnd): Promise<unknown> {
    const { DelayedError, UnrecoverableError, WaitingError } = this.#bullmq;
    const delay = async (ms: number): Promise<never> => {
      await this.#move(() => queued.moveToDelayed(Date.now() + ms, token));
      throw new DelayedError();
    };
    switch (end.kind) {
      case "completed": {
        const { tally, bytes, seconds } = end.result;
        return { tally, bytes, seconds };
      }
      case "cancelled":
        return { isCancelled: true };
      case "failed":
        throw new UnrecoverableError(end.failure.message);
      case "retry":
        return delay(end.afterMs);
      case "noCapacity":
        // Pauses all workers of the queue for `afterMs`, because all workers share the limit of the API key.
        await this.#move(() => this.#queue.rateLimit(end.afterMs));
        return delay(end.afterMs);
      case "fenced":
        return delay(FENCED_MS);
      case "released":
        await this.#move(() => queued.moveToWait(token));
        throw new WaitingError();
    }
  }

  /**
   * Runs a command of BullMQ, such as moving a job. Emits a failure as `error` instead of throwing it. If a job cannot be moved,
   * its lock expires, and another worker takes the job over.
   */
  async #move(move: () => Promise<unknown>): Promise<void> {
    await within(CLOSE_MS, move()).catch((error: unknown) => this.emit("error", { error: error as Error }));
  }

  #progressOf(queued: Job<QueuedJob>): (progress: JobProgress) => void {
    let updatedAt = Number.NEGATIVE_INFINITY;
    return (progress) => {
      this.emit("progress", progress);
      if (performance.now() - updatedAt < PROGRESS_MS) return;
      updatedAt = performance.now();
      const { slot, done, tally, bytes } = progress;
      const sent: QueuedProgress = { slot: slot === undefined ? null : `${slot}`, done, tally, bytes };
      queued.updateProgress(sent).catch(() => {});
    };
  }

  async #open({ fleet, sink }: QueuedJob): Promise<OpenFleet> {
    const key = `${fleet} ${JSON.stringify(sink)}`;
    const opening = this.#fleets.get(key) ?? this.#read(fleet, sink);
    this.#fleets.set(key, opening);
    // Forgets a failed read, so that the next job of the fleet reads the sink again.
    opening.catch(() => this.#fleets.delete(key));
    return opening;
  }

  async #read(fleet: string, sink: QueuedJob["sink"]): Promise<OpenFleet> {
    const store = await openSink(sink);
    const definition = await readDefinition(store);
    if (definition === undefined || definition.id !== fleet) {
      throw new Error(`${store.place} does not contain the fleet ${fleet}. Do all workers use the same sink?`);
    }
    return { definition, store, jobs: new Map(jobsOf(definition).map((job) => [job.id, job])) };
  }
}
