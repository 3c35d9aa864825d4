import { Option } from "commander";
import type { FleetConnection } from "../../fleet/fleet-connection.js";
import type { SimulatorOptions } from "../../fleet/jobs/job-session.js";
import type { FleetSinkPlan } from "../../fleet/plan/fleet-plan.js";
import { validApiKey } from "../api-key.js";
import { UsageError } from "../command-failure.js";
import { outgoingProxy } from "../outgoing-proxy.js";
import type { Env } from "../terminal/io.js";
import { integer } from "../values.js";

/** The options that locate the records and the queue of a fleet. */
export interface PlaceOptions {
  out?: string;
  redis?: string;
  queue?: string;
}

const MAX_WORKERS = 10_000;

export function outOption(): Option {
  return new Option("-o, --out <place>", "folder of the records, or s3://BUCKET/PREFIX");
}

/** The URL may contain a password, so the environment variable is safer than the option. */
export function redisOption(): Option {
  return new Option("--redis <url>", "the queue is in Redis: redis:// or rediss:// (env: REDIS_URL)");
}

export function queueOption(): Option {
  return new Option("--queue <name>", "name of the queue in Redis; use one per API key (default: simulator-fleets)");
}

export function workersOption(): Option {
  return new Option("--workers <count>", "sessions at the same time").argParser(integer(1, MAX_WORKERS)).default(4, "4");
}

/** Converts the value of `--out` to a sink. */
export function toSink(out: string): FleetSinkPlan {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(out) ?? [];
  if (bucket === undefined) return { kind: "folder", folder: out };
  return { kind: "s3", bucket, ...(prefix && { prefix }) };
}

/**
 * Returns the connection for `--redis`. Without `--redis`, returns the folder of `--out`.
 *
 * @throws UsageError if there is neither
 */
export function toConnection({ out, redis, queue }: PlaceOptions): FleetConnection {
  if (redis !== undefined) return { redis, ...(queue !== undefined && { queue }) };
  if (queue !== undefined) throw new UsageError("--queue needs --redis");
  if (out === undefined) throw new UsageError("--out is missing: name the folder of the records, or --redis for a queue");
  if (toSink(out).kind !== "folder") throw new UsageError("--out: records in S3 need --redis, because a folder is the queue");
  return { folder: out };
}

/** Returns the connection and the sink of an existing fleet. @throws UsageError */
export function toPlace(options: PlaceOptions): { connection: FleetConnection; sink: FleetSinkPlan } {
  if (options.out === undefined) throw new UsageError("--out is missing: name the folder of the records");
  return { connection: toConnection(options), sink: toSink(options.out) };
}

/** Returns client options with the API key and the proxy from the environment. */
export function simulatorFrom(env: Env, url?: string): Partial<SimulatorOptions> {
  const apiKey = validApiKey(env);
  return { ...outgoingProxy(env), ...(apiKey !== undefined && { apiKey }), ...(url !== undefined && { url }) };
}
