import type { RunChanges } from "../../compare/changed-run.js";
import type { RecordFormat } from "../../compare/record-formats.js";
import type { RerouteParams } from "../../protocol/reroute.js";
import type { ReportPlan } from "./run-reports.js";

/** The kinds of subscriptions that a run can open for each program. */
export type StreamName = "transaction" | "accountDiff";

/** The values that identify a run. Only a run with the same values can resume from a checkpoint. */
export interface RecordedRun {
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  readonly programs: readonly string[];
  readonly streams: readonly StreamName[];
  /** The changes of the run, one line each. */
  readonly changes?: readonly string[];
}

/** Where a record is written. */
export interface RecordTarget {
  /** An absolute path, or `-` for the standard output. */
  readonly file: string;
  readonly format: RecordFormat;
}

/** The validated options of `run`. */
export interface RunPlan extends RecordedRun {
  readonly url: string;
  readonly isParallel: boolean;
  readonly out: RecordTarget | undefined;
  /** An absolute path. */
  readonly checkpoint: string | undefined;
  readonly checkpointEveryMs: number;
  /** Whether the run is allowed to replace existing files. */
  readonly mayReplace: boolean;
  /** Whether to keep trying if the first connection attempt fails. */
  readonly waitsForServer: boolean;
  /** How historical swaps are re-quoted. Absent if no swaps are re-quoted. */
  readonly reroute?: RerouteParams | undefined;
  readonly reports?: ReportPlan;
  /** The programs and accounts to replace, and the transactions to add. `RecordedRun.changes` describes each change. */
  readonly changed?: RunChanges<string>;
  readonly extraComputeUnits?: number;
  readonly replayAccountState?: boolean;
  readonly name?: string;
  /** Number of blocks between two stops. By default, all remaining blocks. */
  readonly advanceCount?: bigint;
}
