import * as v from "valibot";
import { count, i64, u64 } from "../../protocol/scalars.js";
import { opt, text } from "../../protocol/schema.js";

/**
 * Number of sessions per outcome. The numbers may not add up, because a session that failed before its start is not counted as
 * started.
 */
export interface SessionCounts {
  started: number;
  completed: number;
  failed: number;
}

/** The compute that sessions used. A session counts for the window or day in which it ended. */
export interface ComputeTotals {
  executedSlotCount: number;
  /** Wall time in ms. */
  sessionDurationMs: bigint;
}

/** One day in UTC. `start` is exclusive, `end` is inclusive. `end` is the next midnight, or the report's `until`. */
export interface UsageBucket {
  start: string;
  end: string;
  sessions: SessionCounts;
  compute: ComputeTotals;
}

/** Prices. A run slower than `maxMsPerSlot` is billed by time. */
export interface UsagePricing {
  dollarsPerSlot: number;
  dollarsPerMinute: number;
  maxMsPerSlot: bigint;
}

/** Usage of an API key. Times are RFC 3339. */
export interface UsageReport {
  apiKeyName: string;
  /** The start of the UTC day that contains the requested `since`. */
  since: string;
  until: string;
  sessions: SessionCounts;
  compute: ComputeTotals;
  /** All days in order, including days without usage. Absent on older servers. */
  daily?: UsageBucket[];
  /** Present only for keys that may build bundles. */
  bundleBuilds?: { requested: number };
  pricing?: UsagePricing;
}

/** An ended session. Times are RFC 3339. */
export interface SessionUsage {
  sessionId: string;
  sessionName?: string;
  startedAt: string;
  endedAt: string;
  executedSlotCount: number;
  /** Wall time in ms. */
  sessionDurationMs: bigint;
}

/** One page of the sessions in a time window, in no particular order. */
export interface SessionUsagePage {
  /** The start of the window, a midnight in UTC. RFC 3339. */
  since: string;
  until: string;
  sessions: SessionUsage[];
  /** The cursor for the next page. Absent on the last page. */
  nextCursor?: string;
}

/** `blocks` to execute, or `account_state` to replay recorded states. */
export type BundleKind = "blocks" | "account_state";

/** `needs_investigation`: the outcome is unknown. A newer server may return other values. */
export type BuildStatus = "completed" | "failed" | "in_progress" | "needs_investigation" | (string & {});

/** The status of a bundle build. Slots are inclusive. */
export interface BundleBuild {
  requestId: string;
  startSlot: bigint;
  endSlot: bigint;
  /** Slots per bundle. */
  bundleSize?: number;
  status: BuildStatus;
  /** Time of the request, in ms since 1970. */
  createdAtUnixMs: bigint;
  /** If absent, as in older records, the kind is `blocks`. */
  kind?: BundleKind;
  /** Expected remaining time of the build, in seconds. */
  etaSecs?: bigint;
}

/** A usable bundle. Slots are inclusive. */
export interface CompletedBundle {
  startSlot: bigint;
  endSlot: bigint;
  kind: BundleKind;
  /** In ms since 1970. */
  completedAtUnixMs?: bigint;
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
  startSlot: bigint;
  endSlot: bigint;
  kind: BundleKind;
}

/** The source of the measured depth: the liquidity of the venues, or the quotes of a router. */
export type DepthSource = "onchain" | "router";

/** The status of a depth dataset. Slots are inclusive. */
export interface DepthStatus {
  requestId: string;
  startSlot: bigint;
  endSlot: bigint;
  source: DepthSource;
  /** If absent, the granularity is `slot`. */
  granularity?: "slot" | "oracle";
  status: BuildStatus;
  /** The covered slots: the requested slots, extended to the next snapshots. */
  capture?: { start: bigint; end: bigint };
  /** Digest of the overrides, which is also a part of the dataset path. Absent if there are no overrides. */
  modificationDigest?: string;
}

/** The markets that depth datasets sample. */
export interface DepthCoverage {
  sources: {
    source: DepthSource;
    revision: number;
    markets: string[];
    venues: string[];
    /** Number of sizes per direction. */
    sizeRungs: number;
    /** The datasets that this key has published under the revision. Slots are inclusive. */
    completedRanges: { start: bigint; end: bigint }[];
  }[];
}

/** Temporary, read-only credentials of an S3 store. */
export interface DatasetCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** RFC 3339. */
  expiration?: string;
  s3Uri: string;
  /** The location of the datasets of this key. */
  userS3Uri?: string;
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

// The schemas of the answers. They list only required fields and `bigint` fields.
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
