import * as v from "valibot";
import { count, i64, u64 } from "../../protocol/scalars.js";
import { opt, text } from "../../protocol/schema.js";

/** How many sessions there were, by outcome. Not balanced: one that failed before its start was never started. */
export interface SessionCounts {
  started: number;
  completed: number;
  failed: number;
}

/** What sessions used. A session counts wholly to the window or day that it ended in. */
export interface ComputeTotals {
  executedSlotCount: number;
  /** Wall time in ms. */
  sessionDurationMs: bigint;
}

/** One day in UTC, from behind `start` to `end` inclusive: the next midnight, or the report's `until`. */
export interface UsageBucket {
  start: string;
  end: string;
  sessions: SessionCounts;
  compute: ComputeTotals;
}

/** What totals are priced at. A run slower than `maxMsPerSlot` is billed by its time. */
export interface UsagePricing {
  dollarsPerSlot: number;
  dollarsPerMinute: number;
  maxMsPerSlot: bigint;
}

/** What an API key used. Times are RFC 3339. */
export interface UsageReport {
  apiKeyName: string;
  /** The start of the UTC day of what was asked for: it may be earlier. */
  since: string;
  until: string;
  sessions: SessionCounts;
  compute: ComputeTotals;
  /** Each day, in order, idle ones too. Absent from older servers. */
  daily?: UsageBucket[];
  /** Only for keys that may build bundles. */
  bundleBuilds?: { requested: number };
  pricing?: UsagePricing;
}

/** A session that ended. Times are RFC 3339. */
export interface SessionUsage {
  sessionId: string;
  sessionName?: string;
  startedAt: string;
  endedAt: string;
  executedSlotCount: number;
  /** Wall time in ms. */
  sessionDurationMs: bigint;
}

/** Some of a window's sessions, in no particular order. */
export interface SessionUsagePage {
  /** The window that is told of; `since` is a midnight in UTC. RFC 3339. */
  since: string;
  until: string;
  sessions: SessionUsage[];
  /** Asks for the next page; absent in the last. */
  nextCursor?: string;
}

/** `blocks` to execute, or `account_state` to replay recorded states. */
export type BundleKind = "blocks" | "account_state";

/** `needs_investigation`: how it ended isn't known. A newer server may have further words. */
export type BuildStatus = "completed" | "failed" | "in_progress" | "needs_investigation" | (string & {});

/** A bundle's build as it stands. Slots are inclusive. */
export interface BundleBuild {
  requestId: string;
  startSlot: bigint;
  endSlot: bigint;
  /** Slots a bundle. */
  bundleSize?: number;
  status: BuildStatus;
  /** When it was asked for, in ms since 1970. */
  createdAtUnixMs: bigint;
  /** Absent, in older records, means `blocks`. */
  kind?: BundleKind;
  /** What the server expects it to take yet, in s. */
  etaSecs?: bigint;
}

/** A bundle that can be used now. Slots are inclusive. */
export interface CompletedBundle {
  startSlot: bigint;
  endSlot: bigint;
  kind: BundleKind;
  /** In ms since 1970. */
  completedAtUnixMs?: bigint;
  sizeBytes?: bigint;
}

/** An API key's own builds and bundles. */
export interface BundleBuilds {
  /** Those asked for at this service, the newest first. */
  builds: BundleBuild[];
  /** Ascending, wherever they were built; absent where the list could not be had. */
  bundles?: CompletedBundle[];
}

/** A bundle that was deleted. */
export interface DeletedBundle {
  startSlot: bigint;
  endSlot: bigint;
  kind: BundleKind;
}

/** What a depth run measures: the venues' own liquidity, or a router's quotes. */
export type DepthSource = "onchain" | "router";

/** A run for a depth dataset as it stands. Slots are inclusive. */
export interface DepthStatus {
  requestId: string;
  startSlot: bigint;
  endSlot: bigint;
  source: DepthSource;
  /** Absent means `slot`. */
  granularity?: "slot" | "oracle";
  status: BuildStatus;
  /** The slots that it covers: those asked for, out to the next snapshots. */
  capture?: { start: bigint; end: bigint };
  /** Names the overrides that it is measured under, and the dataset's path. Absent where there are none. */
  modificationDigest?: string;
}

/** What depth runs would sample. */
export interface DepthCoverage {
  sources: {
    source: DepthSource;
    revision: number;
    markets: string[];
    venues: string[];
    /** Sizes a direction. */
    sizeRungs: number;
    /** What this key has published under the revision, slots inclusive. */
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
  /** Where this key's own runs are published. */
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

// What each call answers, as it stands on the wire: what must be there, and what is a bigint.
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
