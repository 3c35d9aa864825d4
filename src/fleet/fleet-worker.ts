import { invalidParams } from "../protocol/error-helpers.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import { checkConnection, type FleetConnection } from "./fleet-connection.js";
import type { SimulatorOptions } from "./jobs/job-session.js";
import { EmbeddedWorker } from "./queue/embedded-worker.js";
import { RedisWorker } from "./queue/redis-worker.js";
import type { StartLimit } from "./queue/start-limiter.js";
import { FolderStore } from "./sink/folder-store.js";
import type { FleetWorker } from "./worker-events.js";

/** Options of a worker. */
export interface FleetWorkerOptions {
  /** Where the queue of jobs is: a folder, or Redis. */
  readonly connection: FleetConnection;
  /** How many sessions run at the same time in this worker. @default 4 */
  readonly concurrency?: number;
  /** Options for the `BacktestClient`, such as `apiKey` and `telemetry`. `url` replaces the URL of the plan. @default none */
  readonly simulator?: Partial<SimulatorOptions>;
  /**
   * The maximum number of session starts within a period. The maximum applies to all workers of the queue together. @default no
   * limit
   */
  readonly limit?: StartLimit;
  /** How long a job keeps its lock after its worker was killed, in ms. Redis only. @default 30000 */
  readonly lockMs?: number;
  /** How often a worker looks for jobs of killed workers, in ms. Redis only. @default 30000 */
  readonly stalledCheckMs?: number;
}

const KNOWN = ["connection", "concurrency", "simulator", "limit", "lockMs", "stalledCheckMs"];
const MAX_CONCURRENCY = 10_000;
/** Default of `lockMs` and `stalledCheckMs`, the same as in BullMQ. */
const DEFAULT_MS = 30_000;

/**
 * Starts a worker. With a folder, the worker runs all jobs of the fleet in the folder. With Redis, the worker runs the queued
 * jobs of all fleets until you close the worker.
 *
 * @throws SimulatorError `invalidParams`; `sink` if the folder has no fleet, or another process runs the fleet; `unsupported` if
 * the packages for Redis are not installed
 * @example
 * const worker = await startFleetWorker({ connection: { folder: "records" }, concurrency: 4 });
 * worker.on("completed", ({ job, tally }) => console.log(job.id, tally.transactions));
 * await worker.done;
 */
export async function startFleetWorker(options: FleetWorkerOptions): Promise<FleetWorker> {
  if (typeof options !== "object" || options === null) throw invalidParams("options", "expected an object");
  refuseUnknownNames(options, KNOWN, "option");
  const { concurrency = 4, simulator = {}, limit, lockMs = DEFAULT_MS, stalledCheckMs = DEFAULT_MS } = options;
  const connection = checkConnection(options.connection);
  checkWhole("concurrency", concurrency, MAX_CONCURRENCY);
  checkWhole("lockMs", lockMs, 3_600_000);
  checkWhole("stalledCheckMs", stalledCheckMs, 3_600_000);
  if (limit !== undefined) {
    checkWhole("limit.max", limit.max, 1_000_000);
    checkWhole("limit.durationMs", limit.durationMs, 86_400_000);
  }
  const settings = { concurrency, simulator, limit };
  if ("folder" in connection) return EmbeddedWorker.start(new FolderStore(connection.folder), settings);
  return RedisWorker.start(connection, settings, { lockMs, stalledCheckMs });
}

function checkWhole(field: string, value: unknown, max: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max) return;
  throw invalidParams(field, `expected a whole number from 1 to ${max}`);
}
