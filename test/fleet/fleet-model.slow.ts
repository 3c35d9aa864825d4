import { describe, expect, it } from "vitest";
import { ManifestStore } from "../../src/fleet/jobs/manifest-store.js";
import { reconnectDelay } from "../../src/fleet/queue/bullmq.js";
import { SeededRandom } from "../simulation/seeded-random.js";
import { MemoryStore } from "./memory-store.js";

/*
 * A model of a large fleet on a virtual clock. Redis, the timers of BullMQ and the sessions are modelled. The manifests and the
 * delays come from the code in src/fleet. docs/fleet.md states the result.
 */

const WORKERS = 1_000;
const SESSIONS_OF_WORKER = 4;
const JOBS = 100_000;
/** The defaults of `fleet work`, in ms. */
const LOCK_MS = 30_000;
const RENEW_MS = LOCK_MS / 2;
const STALLED_CHECK_MS = 30_000;
const PROGRESS_MS = 5_000;
const CHECKPOINT_MS = 5_000;
/** Commands that a worker sends when it connects: two connections, each with a handshake and the version check. */
const CONNECT_COMMANDS = 12;
/** At `DEATH_MS`, a tenth of the workers die. At `REPLACED_MS`, new workers replace them. Both times are in ms. */
const DEATH_MS = 300_000;
const REPLACED_MS = 360_000;
/** The time at which Redis restarts, in ms. Every worker then loses its connections. */
const RESTART_MS = 900_000;
const RESTART_TAKES_MS = 2_000;
/** The maximum rate that docs/fleet.md states. */
const MAX_COMMANDS_PER_SECOND = 5_000;
const TYPICAL_COMMANDS_PER_SECOND = 2_000;

interface ModelJob {
  readonly id: string;
  readonly manifests: ManifestStore;
  /** Duration of the whole session (`workMs`), and the part that is saved in a checkpoint (`doneMs`), in ms. */
  readonly workMs: number;
  doneMs: number;
  completions: number;
  attempts: number;
  lockUntil: number;
}

interface ModelWorker {
  readonly name: string;
  isAlive: boolean;
  /** The time at which the worker connects. Before this time, the worker sends no command. */
  connectedAt: number;
  readonly running: Map<ModelJob, { readonly startedAt: number; readonly from: number }>;
}

/** Calls functions in the order of their times. */
class EventHeap {
  readonly #events: { at: number; run: () => void | Promise<void> }[] = [];

  add(at: number, run: () => void | Promise<void>): void {
    const events = this.#events;
    events.push({ at, run });
    for (let child = events.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if ((events[parent] as { at: number }).at <= at) break;
      [events[parent], events[child]] = [events[child] as never, events[parent] as never];
      child = parent;
    }
  }

  take(): { at: number; run: () => void | Promise<void> } | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    events[0] = last;
    for (let parent = 0; ; ) {
      let child = 2 * parent + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && (events[child + 1] as { at: number }).at < (events[child] as { at: number }).at) child++;
      if ((events[child] as { at: number }).at >= last.at) break;
      [events[parent], events[child]] = [events[child] as never, events[parent] as never];
      parent = child;
    }
    return first;
  }
}

class FleetModel {
  now = 0;
  readonly jobs: ModelJob[];
  /** Number of Redis commands in each second. */
  readonly commands: number[] = [];
  completed = 0;
  readonly #random = new SeededRandom("fleet-model");
  readonly #heap = new EventHeap();
  readonly #waiting: ModelJob[];
  readonly #active = new Set<ModelJob>();
  readonly #idle = new Set<ModelWorker>();
  readonly #workers: ModelWorker[] = [];
  #lastStalledCheck = Number.NEGATIVE_INFINITY;

  constructor() {
    this.jobs = Array.from({ length: JOBS }, (_, index) => ({
      id: `job-${index}`,
      manifests: new ManifestStore(new MemoryStore(), { id: `job-${index}` }, "ndjson"),
      workMs: 30_000 + this.#random.next() * 90_000,
      doneMs: 0,
      completions: 0,
      attempts: 0,
      lockUntil: 0,
    }));
    this.#waiting = [...this.jobs].reverse();
  }

  async run(): Promise<void> {
    for (let index = 0; index < WORKERS; index++) this.#addWorker(`worker-${index}`, this.#random.next() * 10_000);
    this.#heap.add(DEATH_MS, () => this.#killWorkers());
    this.#heap.add(REPLACED_MS, () => {
      for (let index = 0; index < WORKERS / 10; index++) this.#addWorker(`replacement-${index}`, this.#random.next() * 10_000);
    });
    this.#heap.add(RESTART_MS, () => this.#restartRedis());
    for (let event = this.#heap.take(); event !== undefined && this.completed < JOBS; event = this.#heap.take()) {
      this.now = event.at;
      await event.run();
    }
  }

  #addWorker(name: string, afterMs: number): void {
    const worker: ModelWorker = { name, isAlive: true, connectedAt: this.now + afterMs, running: new Map() };
    this.#workers.push(worker);
    this.#heap.add(worker.connectedAt, () => {
      this.#count(CONNECT_COMMANDS);
      this.#heap.add(this.now + RENEW_MS * this.#random.next(), () => this.#renew(worker));
      this.#heap.add(this.now + STALLED_CHECK_MS * this.#random.next(), () => this.#checkStalled(worker));
      return this.#fill(worker);
    });
  }

  /** Takes jobs until the worker is full. */
  async #fill(worker: ModelWorker): Promise<void> {
    while (worker.isAlive && worker.running.size < SESSIONS_OF_WORKER) {
      const job = this.#waiting.pop();
      if (job === undefined) {
        this.#idle.add(worker);
        return;
      }
      this.#count(1);
      await this.#start(worker, job);
    }
    this.#idle.delete(worker);
  }

  async #start(worker: ModelWorker, job: ModelJob): Promise<void> {
    const found = await job.manifests.load();
    job.attempts++;
    await job.manifests.replace(found, { state: "running", owner: worker.name, epoch: found.generation + 1 });
    job.lockUntil = this.now + LOCK_MS;
    this.#active.add(job);
    worker.running.set(job, { startedAt: this.now, from: job.doneMs });
    this.#heap.add(this.now + job.workMs - job.doneMs, () => this.#end(worker, job));
  }

  async #end(worker: ModelWorker, job: ModelJob): Promise<void> {
    const span = worker.running.get(job);
    if (!worker.isAlive || span === undefined) return;
    this.#countProgress(span.startedAt);
    const found = await job.manifests.load();
    expect(found).toMatchObject({ state: "running", owner: worker.name });
    await job.manifests.replace(found, { state: "completed" });
    job.completions++;
    job.doneMs = job.workMs;
    this.completed++;
    this.#active.delete(job);
    worker.running.delete(job);
    this.#count(1, Math.max(this.now, worker.connectedAt));
    await this.#fill(worker);
  }

  #renew(worker: ModelWorker): void {
    if (!worker.isAlive) return;
    if (this.now >= worker.connectedAt && worker.running.size > 0) {
      this.#count(1);
      for (const job of worker.running.keys()) job.lockUntil = this.now + LOCK_MS;
    }
    this.#heap.add(this.now + RENEW_MS, () => this.#renew(worker));
  }

  async #checkStalled(worker: ModelWorker): Promise<void> {
    if (!worker.isAlive) return;
    this.#heap.add(this.now + STALLED_CHECK_MS, () => this.#checkStalled(worker));
    if (this.now < worker.connectedAt) return;
    this.#count(1);
    // BullMQ lets only one worker check for expired locks in each interval of `STALLED_CHECK_MS`.
    if (this.now - this.#lastStalledCheck < STALLED_CHECK_MS) return;
    this.#lastStalledCheck = this.now;
    for (const job of this.#active) {
      if (job.lockUntil > this.now) continue;
      this.#active.delete(job);
      this.#waiting.push(job);
    }
    for (const idle of [...this.#idle]) await this.#fill(idle);
  }

  #killWorkers(): void {
    for (const worker of this.#workers.slice(0, WORKERS / 10)) {
      worker.isAlive = false;
      this.#idle.delete(worker);
      for (const [job, { startedAt, from }] of worker.running) {
        this.#countProgress(startedAt);
        // Only the progress up to the last checkpoint is kept for the next worker.
        job.doneMs = from + Math.floor((this.now - startedAt) / CHECKPOINT_MS) * CHECKPOINT_MS;
      }
    }
  }

  #restartRedis(): void {
    for (const worker of this.#workers) {
      if (!worker.isAlive) continue;
      let at = this.now;
      for (let times = 1; at < this.now + RESTART_TAKES_MS; times++) at += reconnectDelay(times, () => this.#random.next());
      worker.connectedAt = at;
      this.#count(CONNECT_COMMANDS, at);
    }
  }

  #countProgress(startedAt: number): void {
    for (let at = startedAt; at < this.now; at += PROGRESS_MS) this.#count(1, at);
  }

  #count(commands: number, at = this.now): void {
    const second = Math.floor(at / 1_000);
    this.commands[second] = (this.commands[second] ?? 0) + commands;
  }
}

describe("a model of 1,000 workers and 100,000 jobs", () => {
  it("a model of 1,000 workers completes each job once and stays below 5,000 Redis commands per second, even if 100 workers die", async () => {
    const model = new FleetModel();
    await model.run();
    expect(model.jobs.filter(({ completions }) => completions !== 1)).toEqual([]);
    const repeated = model.jobs.filter(({ attempts }) => attempts > 1);
    // A tenth of the workers died. Only the jobs of these workers had a second attempt.
    expect(repeated.length).toBe((WORKERS / 10) * SESSIONS_OF_WORKER);
    const rates = Array.from(model.commands, (commands = 0) => commands);
    const sorted = [...rates].sort((a, b) => a - b);
    console.log(
      `${Math.round(model.now / 1_000)} s; commands per second: median ${sorted[sorted.length >> 1]}, most ${sorted.at(-1)}`,
    );
    expect(Math.max(...rates)).toBeLessThan(MAX_COMMANDS_PER_SECOND);
    const typical = rates.filter((rate) => rate < TYPICAL_COMMANDS_PER_SECOND);
    expect(typical.length / rates.length).toBeGreaterThan(0.99);
  });
});
