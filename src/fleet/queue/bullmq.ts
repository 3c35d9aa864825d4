import type * as Bullmq from "bullmq";
import { importOptionalPeer } from "../../local/engine/litesvm/import-optional-peer.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { FleetSinkPlan } from "../plan/fleet-plan.js";

/** The data of a job in the queue. Everything else is in the sink, so that Redis stays small. */
export interface QueuedJob {
  readonly fleet: string;
  readonly sink: FleetSinkPlan;
  /** The id of the job in its fleet. */
  readonly job: string;
}

/** The part of bullmq that fleets use. */
export type BullmqModule = Pick<
  typeof Bullmq,
  "Queue" | "QueueEvents" | "Worker" | "DelayedError" | "WaitingError" | "UnrecoverableError"
>;

/** Loads bullmq, which is an optional peer dependency. @throws SimulatorError `unsupported` if it is not installed */
export async function loadBullmq(load: () => Promise<unknown> = () => importOptionalPeer("bullmq")): Promise<BullmqModule> {
  let loaded: Partial<BullmqModule>;
  try {
    loaded = (await load()) as Partial<BullmqModule>;
  } catch (cause) {
    throw unsupportedRedis(cause);
  }
  if (typeof loaded.Queue !== "function" || typeof loaded.WaitingError !== "function") {
    throw new SimulatorError("unsupported", "this version of bullmq is not supported: npm install bullmq@6 ioredis");
  }
  return loaded as BullmqModule;
}

/** Returns the error for a missing package for Redis. */
export function unsupportedRedis(cause: unknown): SimulatorError {
  return new SimulatorError("unsupported", "a fleet on Redis needs two more packages: npm install bullmq@6 ioredis", { cause });
}

const MIN_RECONNECT_MS = 500;
const RECONNECT_STEP_MS = 5_000;
const MAX_RECONNECT_MS = 20_000;

/**
 * Returns how long to wait before a reconnect, in ms. Even the first wait is random. Otherwise, all workers would reconnect in
 * the same second after a restart of Redis.
 *
 * @param times number of the attempt, from 1
 */
export function reconnectDelay(times: number, random: () => number): number {
  const longest = Math.min(MAX_RECONNECT_MS, times * RECONNECT_STEP_MS);
  return Math.round(MIN_RECONNECT_MS + random() * (longest - MIN_RECONNECT_MS));
}

/** Returns the id of a job in the queue. It contains the id of the fleet, because several fleets can share a queue. */
export function queuedId(fleet: string, job: string): string {
  return `${fleet}.${job}`;
}
