import { EventEmitter } from "eventemitter3";
import type { JobEnd } from "../jobs/job-end.js";
import type { SimulatorOptions } from "../jobs/job-session.js";
import type { FleetJob } from "../plan/fleet-definition.js";
import type { FleetWorker, FleetWorkerEvents } from "../worker-events.js";
import type { StartLimit } from "./start-limiter.js";

/** The settings of a worker, for a fleet in a folder or on Redis. */
export interface WorkerSettings {
  readonly concurrency: number;
  /** Options for the `BacktestClient`. `url` replaces the URL of the plan. */
  readonly simulator: Partial<SimulatorOptions>;
  readonly limit: StartLimit | undefined;
}

/** Base class of `EmbeddedWorker` and `RedisWorker`. Emits their events. */
export abstract class WorkerBase implements FleetWorker {
  abstract readonly done: Promise<void>;
  readonly #emitter = new EventEmitter();

  abstract close(): Promise<void>;

  on<K extends keyof FleetWorkerEvents>(event: K, listener: (event: FleetWorkerEvents[K]) => void): this {
    this.#emitter.on(event, listener);
    return this;
  }

  off<K extends keyof FleetWorkerEvents>(event: K, listener: (event: FleetWorkerEvents[K]) => void): this {
    this.#emitter.off(event, listener);
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected emit<K extends keyof FleetWorkerEvents>(event: K, value: FleetWorkerEvents[K]): void {
    this.#emitter.emit(event, value);
  }

  protected emitEnd(job: FleetJob, end: JobEnd): void {
    switch (end.kind) {
      case "completed":
        return this.emit("completed", end.result);
      case "failed":
        return this.emit("failed", { job, failure: end.failure });
      case "retry":
      case "noCapacity":
        return this.emit("retried", { job, afterMs: end.afterMs, failure: end.failure });
      default:
        return this.emit(end.kind, { job });
    }
  }
}
