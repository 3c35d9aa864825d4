/** What is subscribed to for each program. */
export type StreamName = "transaction" | "accountDiff";

export type RecordFormat = "ndjson" | "csv";

/** What a run is of: two runs with the same are comparable, and a checkpoint of one is no checkpoint of another. */
export interface RecordedRun {
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  readonly programs: readonly string[];
  readonly streams: readonly StreamName[];
}

/** Where its records go. */
export interface RecordTarget {
  /** Absolute; `-` is the standard output. */
  readonly file: string;
  readonly format: RecordFormat;
}

/** All that `run` was asked for. */
export interface RunPlan extends RecordedRun {
  readonly url: string;
  readonly isParallel: boolean;
  readonly out: RecordTarget | undefined;
  /** Absolute. */
  readonly checkpoint: string | undefined;
  readonly checkpointEveryMs: number;
}
