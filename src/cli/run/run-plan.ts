import type { RunChanges } from "../../compare/changed-run.js";
import type { RerouteParams } from "../../protocol/reroute.js";
import type { ReportPlan } from "./run-reports.js";

/** What a run subscribes to for each program. */
export type StreamName = "transaction" | "accountDiff";

export type RecordFormat = "ndjson" | "csv" | "parquet";

/** What is run. Two runs with the same values can be compared, and a checkpoint belongs to one of them. */
export interface RecordedRun {
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  readonly programs: readonly string[];
  readonly streams: readonly StreamName[];
  /** What is changed, one line each. */
  readonly changes?: readonly string[];
}

/** The destination of a record. */
export interface RecordTarget {
  /** An absolute path; `-` is the standard output. */
  readonly file: string;
  readonly format: RecordFormat;
}

/** The options of `run`, checked. */
export interface RunPlan extends RecordedRun {
  readonly url: string;
  readonly isParallel: boolean;
  readonly out: RecordTarget | undefined;
  /** An absolute path. */
  readonly checkpoint: string | undefined;
  readonly checkpointEveryMs: number;
  /** Whether existing files may be replaced. */
  readonly mayReplace: boolean;
  /** Whether to keep trying if the first connection fails. */
  readonly waitsForServer: boolean;
  /** How historical swaps are re-quoted; absent if they are not. */
  readonly reroute?: RerouteParams | undefined;
  readonly reports?: ReportPlan;
  /** The changed programs, accounts and transactions, which `changes` describes. */
  readonly changed?: RunChanges<string>;
  readonly extraComputeUnits?: number;
  readonly replayAccountState?: boolean;
  readonly name?: string;
  /** Blocks between two stops. All that are left by default. */
  readonly advanceCount?: bigint;
}
