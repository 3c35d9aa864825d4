import * as v from "valibot";
import { count, i64, u64 } from "../../protocol/scalars.js";
import { opt, text } from "../../protocol/schema.js";

/**
 * Number of sessions per outcome. `started` can be less than `completed` plus `failed`, because a session that failed before its
 * start is not counted as started.
 */
export interface SessionCounts {
  /** Number of started sessions. */
  started: number;
  /** Number of sessions that completed. */
  completed: number;
  /** Number of sessions that failed. */
  failed: number;
}

/** The compute that sessions used. A session counts for the time window or the day in which it ended. */
export interface ComputeTotals {
  /** Number of executed slots. */
  executedSlotCount: number;
  /** Wall time in ms. */
  sessionDurationMs: bigint;
}

/** The usage of one UTC day: after `start`, up to and including `end`. */
export interface UsageBucket {
  /** Midnight at the start of the day. */
  start: string;
  /** Midnight at the end of the day. On the last day, the `until` of the report. */
  end: string;
  /** Number of sessions per outcome. */
  sessions: SessionCounts;
  /** The compute that the sessions used. */
  compute: ComputeTotals;
}

/** The prices of an API key. A run slower than `maxMsPerSlot` is billed by time. */
export interface UsagePricing {
  /** Price of an executed slot, in dollars. */
  dollarsPerSlot: number;
  /** Price of a minute of a slow run, in dollars. */
  dollarsPerMinute: number;
  /** Limit of the wall time per slot, in ms. A run above the limit is billed by time, any other run by slot. */
  maxMsPerSlot: bigint;
}

/** Usage of an API key. Times are RFC 3339. */
export interface UsageReport {
  /** The name of the API key. */
  apiKeyName: string;
  /** The start of the UTC day that contains the requested `since`. */
  since: string;
  /** The end of the time window. */
  until: string;
  /** Number of sessions per outcome. */
  sessions: SessionCounts;
  /** The compute that the sessions used. */
  compute: ComputeTotals;
  /** All days in order, including days without usage. Absent on older servers. */
  daily?: UsageBucket[];
  /** Number of requested bundle builds. Present only for keys that may build bundles. */
  bundleBuilds?: { requested: number };
  /** The prices of the API key. Absent if the service does not report them. */
  pricing?: UsagePricing;
}

/** The usage of a session that has ended. Times are RFC 3339. */
export interface SessionUsage {
  /** The id of the session. */
  sessionId: string;
  /** The name of the session, if it has one. */
  sessionName?: string;
  /** When the session started. */
  startedAt: string;
  /** When the session ended. */
  endedAt: string;
  /** Number of executed slots. */
  executedSlotCount: number;
  /** Wall time in ms. */
  sessionDurationMs: bigint;
}

/** One page of the sessions in a time window, in no particular order. */
export interface SessionUsagePage {
  /** The start of the time window, a midnight in UTC. RFC 3339. */
  since: string;
  /** The end of the time window. RFC 3339. */
  until: string;
  /** The sessions of the page. */
  sessions: SessionUsage[];
  /** The cursor for the next page. Absent on the last page. */
  nextCursor?: string;
}

/** The content of a bundle: `blocks` to execute, or recorded account states to replay (`account_state`). */
export type BundleKind = "blocks" | "account_state";

/** The status of a build. `needs_investigation` means that the outcome is unknown. A newer server may return other values. */
export type BuildStatus = "completed" | "failed" | "in_progress" | "needs_investigation" | (string & {});

/** The status of a bundle build. Slots are inclusive. */
export interface BundleBuild {
  /** The id of the request. Pass this id to `bundleBuild`. */
  requestId: string;
  /** The first slot. */
  startSlot: bigint;
  /** The last slot, inclusive. */
  endSlot: bigint;
  /** Slots per bundle. */
  bundleSize?: number;
  /** The status of the build. */
  status: BuildStatus;
  /** Time of the request, in ms since 1970. */
  createdAtUnixMs: bigint;
  /** What the bundle contains. If absent, as in older records, the kind is `blocks`. */
  kind?: BundleKind;
  /** Expected remaining time of the build, in seconds. */
  etaSecs?: bigint;
}

/** A usable bundle. Its range includes the first and the last slot. */
export interface CompletedBundle {
  /** The first slot. */
  startSlot: bigint;
  /** The last slot, inclusive. */
  endSlot: bigint;
  /** What the bundle contains. */
  kind: BundleKind;
  /** In ms since 1970. */
  completedAtUnixMs?: bigint;
  /** Size of the bundle in bytes. */
  sizeBytes?: bigint;
}

/** The builds and bundles of an API key. */
export interface BundleBuilds {
  /** The builds requested on this service, newest first. */
  builds: BundleBuild[];
  /** All bundles, in ascending order. Absent if the server could not read the list. */
  bundles?: CompletedBundle[];
}

/** A deleted bundle. */
export interface DeletedBundle {
  /** The first slot. */
  startSlot: bigint;
  /** The last slot, inclusive. */
  endSlot: bigint;
  /** What the bundle contained. */
  kind: BundleKind;
}

/** The source of the measured depth: the liquidity of the venues, or the quotes of a router. */
export type DepthSource = "onchain" | "router";

/** The status of a depth dataset. Slots are inclusive. */
export interface DepthStatus {
  /** The id of the request, for `depthStatus`. */
  requestId: string;
  /** The first requested slot. */
  startSlot: bigint;
  /** The last requested slot, inclusive. */
  endSlot: bigint;
  /** The source of the measured depth. */
  source: DepthSource;
  /** When depth is sampled: at each slot, or at each write to an oracle. If absent, the granularity is `slot`. */
  granularity?: "slot" | "oracle";
  /** The status of the dataset. */
  status: BuildStatus;
  /** The captured slots. They include the requested slots, and start and end at the nearest snapshots. */
  capture?: { start: bigint; end: bigint };
  /** Digest of the overrides, which is also a part of the dataset path. Absent if there are no overrides. */
  modificationDigest?: string;
}

/** The sampled markets of depth datasets. */
export interface DepthCoverage {
  /** The sampled markets and venues of each source. */
  sources: {
    source: DepthSource;
    revision: number;
    markets: string[];
    venues: string[];
    /** Number of trade sizes that are sampled in each direction. */
    sizeRungs: number;
    /** The slot ranges in which the API key has a completed dataset with this `revision`. Inclusive. */
    completedRanges: { start: bigint; end: bigint }[];
  }[];
}

/** Temporary, read-only credentials of an S3 store. */
export interface DatasetCredentials {
  /** The access key of S3. */
  accessKeyId: string;
  /** The secret key of S3. Do not log it. */
  secretAccessKey: string;
  /** The session token of S3. Do not log it. */
  sessionToken: string;
  /** RFC 3339. */
  expiration?: string;
  /** The location of the datasets, as an `s3:` URI. */
  s3Uri: string;
  /** The location of the datasets that belong to this API key. */
  userS3Uri?: string;
  /** The region of the bucket, if the service reports it. */
  region?: string;
}

const sessions = v.object({ started: count, completed: count, failed: count });
const compute = { executed_slot_count: count, session_duration_ms: u64 };
const totals = { sessions, compute: v.object(compute) };
const windowed = { since: text, until: text };
const slots = { start_slot: u64, end_slot: u64 };
const span = v.object({ start: u64, end: u64 });
const build = { request_id: text, ...slots, status: text };
const bundle = { ...slots, kind: text };

// The schemas of the HTTP responses. They omit some optional fields.
export const usageReport = v.object({
  api_key_name: text,
  ...windowed,
  ...totals,
  daily: opt(v.array(v.object({ start: text, end: text, ...totals }))),
  bundle_builds: opt(v.object({ requested: count })),
  pricing: opt(v.object({ max_ms_per_slot: u64 })),
});
export const sessionUsagePage = v.object({
  ...windowed,
  sessions: v.array(v.object({ session_id: text, started_at: text, ended_at: text, ...compute })),
});
export const snapshotSlot = v.object({ snapshot_slot: u64 });
export const bundleBuild = v.object({
  ...build,
  bundle_size: opt(count),
  created_at_unix_ms: u64,
  eta_secs: opt(u64),
});
export const bundleBuilds = v.object({
  builds: v.array(bundleBuild),
  bundles: opt(v.array(v.object({ ...bundle, completed_at_unix_ms: opt(i64), size_bytes: opt(i64) }))),
});
export const deletedBundle = v.object(bundle);
export const depthStatus = v.object({
  ...build,
  source: text,
  capture: opt(span),
});
export const depthCoverage = v.object({
  sources: v.array(
    v.object({
      source: text,
      revision: count,
      markets: v.array(text),
      venues: v.array(text),
      size_rungs: count,
      completed_ranges: v.array(span),
    }),
  ),
});
export const datasetCredentials = v.object({
  access_key_id: text,
  secret_access_key: text,
  session_token: text,
  s3_uri: text,
});
