import { resolve } from "node:path";
import * as v from "valibot";
import { RECORD_FORMATS, type RecordFormat } from "../../compare/record-formats.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { refuseUnknownNames } from "../../protocol/known-names.js";
import { readParams } from "../../protocol/message.js";
import { address, u32, u64 } from "../../protocol/scalars.js";
import { anything, oneOf, record, text } from "../../protocol/schema.js";
import { checkedControlUrl } from "../../protocol/urls.js";
import type { CreateSession } from "../../session/create-options.js";

/** Parameters of a session that a plan can set. The range and the name come from the fleet. */
export type FleetSession = Omit<CreateSession, "startSlot" | "endSlot" | "slotCount" | "name">;

/** A range of slots. Both ends are inclusive. */
export interface FleetRange {
  /** The first slot. */
  readonly startSlot: bigint | number;
  /** The last slot, inclusive. */
  readonly endSlot: bigint | number;
}

/** A range that is split at the borders of the simulator's bundles. Each sub-range becomes one job per variant. */
export interface SplitFleetRange extends FleetRange {
  readonly split: "bundles";
  /** Whether to split the range into as many sub-ranges as possible (`most`) or as few as possible (`fewest`). @default "most" */
  readonly prefer?: "most" | "fewest";
}

/** One way to run the ranges. All other variants are compared with the first variant of a plan. */
export interface FleetVariant {
  /** Up to 40 letters, digits, `-` and `_`. */
  readonly name: string;
  /** ELF files that replace the code of upgradeable programs: paths by address. @default none */
  readonly programs?: Readonly<Record<string, string>>;
  /** Account states to set before the first slot: a path of a JSON file as for `run --account-overrides`. @default none */
  readonly accounts?: string;
  /**
   * Transactions to inject: a path of a JSON file as for `run --inject`. Jobs with injected transactions cannot be resumed.
   *
   * @default none
   */
  readonly inject?: string;
  /** Parameters of the session, in addition to those of the plan. @default none */
  readonly session?: FleetSession;
  /** Values for the strategy. Any JSON. @default none */
  readonly parameters?: unknown;
}

/** Events that a session records. */
export type FleetSubscription =
  | {
      /** The kind of events. */
      readonly kind: "transaction" | "accountDiff";
      /** The programs whose events are recorded. */
      readonly programs: readonly string[];
    }
  | {
      /** The kind of events. */
      readonly kind: "replacement" | "actionResult" | "diagnostic";
    };

/** Where the records and the checkpoints of a fleet are written. */
export type FleetSinkPlan =
  | {
      readonly kind: "folder";
      /** A folder that every worker can write to at the same path. */
      readonly folder: string;
    }
  | {
      readonly kind: "s3";
      /** The name of the bucket. */
      readonly bucket: string;
      /** The prefix of every object key, without a slash at its end. @default none */
      readonly prefix?: string;
      /** The region of the bucket. @default the region of the environment */
      readonly region?: string;
      /** The address of an S3-compatible service. @default AWS */
      readonly endpoint?: string;
      /** Whether the bucket is part of the path instead of the host name. @default true if `endpoint` is set */
      readonly forcePathStyle?: boolean;
    };

/**
 * What a fleet runs, as data: every range with every variant. It can be read from a JSON file.
 *
 * @example
 * const plan: FleetPlan = {
 *   url: "wss://HOST",
 *   ranges: [{ startSlot: 300_000_000n, endSlot: 300_000_999n }],
 *   variants: [{ name: "baseline" }, { name: "fix", programs: { [program]: "target/deploy/program.so" } }],
 *   subscriptions: [{ kind: "transaction", programs: [program] }],
 *   sink: { kind: "folder", folder: "records" },
 * };
 */
export interface FleetPlan {
  /** The address of the simulator. */
  readonly url: string;
  /** The ranges to run, or one range to split. */
  readonly ranges: readonly FleetRange[] | SplitFleetRange;
  /** The ways to run each range. @default one variant without changes, with the name `baseline` */
  readonly variants?: readonly FleetVariant[];
  /** The events to record. @default none */
  readonly subscriptions?: readonly FleetSubscription[];
  /**
   * The path of a module that exports a `Strategy` as `default`. Each worker loads this module. Jobs with a strategy cannot be
   * resumed, because the state of the strategy is lost with its process. Such jobs start again.
   *
   * @default none: the session runs to its end
   */
  readonly strategy?: string;
  /** Where the records and the checkpoints are written. @default the `folder` in the connection options of the fleet, if set */
  readonly sink?: FleetSinkPlan;
  /** The format of the records. @default "ndjson" */
  readonly format?: RecordFormat;
  /** Parameters of every session, such as `capacityWaitTimeoutSecs`. @default `disconnectTimeoutSecs` 900, `sendSummary` true */
  readonly session?: FleetSession;
  /** Number of blocks between two stops. @default all remaining blocks */
  readonly advanceCount?: bigint | number;
  /** Time between two checkpoints of a job, in ms. @default 5000 */
  readonly checkpointEveryMs?: number;
  /**
   * A segment of this size, in bytes, is written at once, even if the next checkpoint is not due yet.
   *
   * @default 16777216 (16 MiB)
   */
  readonly segmentBytes?: number;
  /** How often a failed job is tried again. @default 3 */
  readonly retries?: number;
}

/** A plan with its defaults. */
export interface CheckedPlan extends Omit<FleetPlan, "ranges"> {
  readonly ranges: readonly { readonly startSlot: bigint; readonly endSlot: bigint }[] | SplitFleetRange;
  readonly variants: readonly FleetVariant[];
  /** The events to record. */
  readonly subscriptions: readonly FleetSubscription[];
  /** Where the records and the checkpoints are written. */
  readonly sink: FleetSinkPlan;
  readonly format: RecordFormat;
  readonly session: FleetSession;
  readonly checkpointEveryMs: number;
  readonly segmentBytes: number;
  readonly retries: number;
}

/** The form of a variant's name. It is restricted, because the names of the jobs' folders contain it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
/** Maximum number of jobs in a plan. It is limited, because the plan and the states of all jobs must fit into memory. */
const MAX_JOBS = 1_000_000;

const object = record(text, anything);
const range = v.object({ startSlot: u64, endSlot: u64 });
const splitRange = v.object({
  ...range.entries,
  split: oneOf(["bundles"]),
  prefer: v.optional(oneOf(["most", "fewest"])),
});
const variantName = v.custom<string>(
  (value) => typeof value === "string" && NAME.test(value),
  "expected up to 40 letters, digits, - and _",
);
const variant = v.object({
  name: variantName,
  programs: v.optional(record(address, text)),
  accounts: v.optional(text),
  inject: v.optional(text),
  session: v.optional(object),
  parameters: anything,
});
const STREAMS = ["transaction", "accountDiff"] as const;
const OTHERS = ["replacement", "actionResult", "diagnostic"] as const;
const programSubscription = v.object({ kind: oneOf(STREAMS), programs: v.pipe(v.array(address), v.minLength(1)) });
const otherSubscription = v.object({ kind: oneOf(OTHERS) });
const folderSink = v.object({ kind: oneOf(["folder"]), folder: v.pipe(text, v.minLength(1)) });
const s3Sink = v.object({
  kind: oneOf(["s3"]),
  bucket: v.pipe(text, v.minLength(1)),
  prefix: v.optional(text),
  region: v.optional(text),
  endpoint: v.optional(text),
  forcePathStyle: v.optional(v.boolean()),
});
const within = (min: number, max: number) =>
  v.pipe(u32, v.minValue(min, `expected a whole number from ${min} to ${max}`), v.maxValue(max));

const plan = v.object({
  url: text,
  ranges: anything,
  variants: v.optional(v.array(anything)),
  subscriptions: v.optional(v.array(anything)),
  strategy: v.optional(text),
  sink: v.optional(object),
  format: v.optional(oneOf(RECORD_FORMATS)),
  session: v.optional(object),
  advanceCount: v.optional(u64),
  checkpointEveryMs: v.optional(within(10, 3_600_000)),
  segmentBytes: v.optional(within(1, 1_073_741_824)),
  retries: v.optional(within(0, 1_000)),
});

/**
 * Checks a plan and adds its defaults.
 *
 * @param folder the folder of a fleet that runs in one process; the records are stored in this folder
 * @throws SimulatorError `invalidParams`, naming the member
 */
export function checkPlan(given: unknown, folder?: string): CheckedPlan {
  const read = readStrictly(plan, given, "plan");
  // Refuses an API key in the address, because the sink stores the address as plain text.
  if (new URL(checkedControlUrl(read.url)).searchParams.has("api_key")) {
    throw invalidParams("plan.url", "it must not contain the API key; pass the option apiKey, or set SIMULATOR_API_KEY");
  }
  const ranges = readRanges(read.ranges);
  const variants = (read.variants ?? [{ name: "baseline" }]).map((one, index) =>
    readStrictly(variant, one, `plan.variants.${index}`),
  );
  if (variants.length === 0) throw invalidParams("plan.variants", "expected at least one variant");
  const names = variants.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidParams("plan.variants", `two variants have the name ${twice}`);
  if (Array.isArray(ranges) && ranges.length * variants.length > MAX_JOBS) {
    throw invalidParams("plan.ranges", `more than ${MAX_JOBS} jobs; split the plan`);
  }
  const { session = {}, ...rest } = read;
  return {
    ...rest,
    ranges,
    variants: variants as FleetVariant[],
    subscriptions: (read.subscriptions ?? []).map(readSubscription),
    sink: readSink(read.sink, folder),
    format: read.format ?? "ndjson",
    // 900 s is the longest timeout that the server accepts. It gives another worker time to resume the session.
    session: { disconnectTimeoutSecs: 900, sendSummary: true, ...session },
    checkpointEveryMs: read.checkpointEveryMs ?? 5_000,
    segmentBytes: read.segmentBytes ?? 16 * 1024 * 1024,
    retries: read.retries ?? 3,
  } as CheckedPlan;
}

function readRanges(given: unknown): CheckedPlan["ranges"] {
  if (!Array.isArray(given)) {
    const read = readStrictly(splitRange, given, "plan.ranges");
    checkOrder(read, "plan.ranges");
    return read as SplitFleetRange;
  }
  if (given.length === 0) throw invalidParams("plan.ranges", "expected at least one range");
  const ranges = given.map((one, index) => {
    const read = readStrictly(range, one, `plan.ranges.${index}`);
    checkOrder(read, `plan.ranges.${index}`);
    return read;
  });
  const keys = ranges.map(({ startSlot, endSlot }) => `${startSlot}-${endSlot}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw invalidParams("plan.ranges", `the range ${twice} occurs twice`);
  return ranges;
}

function checkOrder({ startSlot, endSlot }: { startSlot: bigint; endSlot: bigint }, field: string): void {
  if (endSlot < startSlot) throw invalidParams(`${field}.endSlot`, `${endSlot} is before startSlot ${startSlot}`);
}

function readSubscription(given: unknown, index: number): FleetSubscription {
  const field = `plan.subscriptions.${index}`;
  const { kind } = Object(given) as { kind?: unknown };
  if (OTHERS.some((one) => one === kind)) return readStrictly(otherSubscription, given, field);
  if (STREAMS.some((one) => one === kind)) return readStrictly(programSubscription, given, field);
  throw invalidParams(`${field}.kind`, `expected one of ${[...STREAMS, ...OTHERS].join(", ")}`);
}

function readSink(given: unknown, folder: string | undefined): FleetSinkPlan {
  const { kind } = Object(given) as { kind?: unknown };
  if (folder !== undefined) {
    if (given !== undefined) throw invalidParams("plan.sink", "a fleet in a folder writes to this folder; omit the sink");
    return { kind: "folder", folder: resolve(folder) };
  }
  if (kind === "s3") return readStrictly(s3Sink, given, "plan.sink") as FleetSinkPlan;
  if (kind !== "folder") throw invalidParams("plan.sink.kind", "expected folder or s3");
  const sink = readStrictly(folderSink, given, "plan.sink");
  return { kind: "folder", folder: resolve(sink.folder) };
}

/** Reads an object with its schema, and refuses members that the schema does not have. */
function readStrictly<T extends v.ObjectEntries>(
  schema: v.ObjectSchema<T, undefined>,
  given: unknown,
  field: string,
): v.InferOutput<v.ObjectSchema<T, undefined>> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw invalidParams(field, "expected an object");
  refuseUnknownNames(given, Object.keys(schema.entries), "member", field);
  try {
    return readParams(schema, given);
  } catch (error) {
    const { field: path = "", message } = error as { field?: string; message: string };
    throw invalidParams(`${field}.${path}`, message.slice(path.length + 2), error);
  }
}
