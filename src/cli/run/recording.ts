import type { ManagedEvent } from "../../channels/managed-events.js";
import { CsvEncoder } from "../../compare/csv-encoder.js";
import { NdjsonEncoder } from "../../compare/ndjson-encoder.js";
import { ParquetEncoder } from "../../compare/parquet-encoder.js";
import type { RecordEncoder } from "../../compare/record-encoder.js";
import type { RecordedSession } from "../../compare/recordable-event.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import type { Output } from "../terminal/io.js";
import { FileSink, type RecordSink, StreamSink } from "./record-sink.js";
import { type RunBegin, RunFiles } from "./run-files.js";
import type { RecordFormat, RunPlan } from "./run-plan.js";
import { type RunState, saveRunState } from "./run-state.js";
import { addSummaries, addToTally, emptyTally, type Tally } from "./run-tally.js";

/** Events that come before the server executes anything. */
const PREPARATIONS: ReadonlySet<ManagedEvent["type"]> = new Set(["readyForContinue", "status"]);

/** What is kept of a run: counts, the record, and the checkpoint, which ties the record to the delivered position. */
export class Recording {
  readonly tally: Tally;
  summary: SessionSummary | undefined;
  readonly #plan: RunPlan;
  readonly #files: RunFiles;
  readonly #sink: RecordSink | undefined;
  readonly #encoder: RecordEncoder;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #secondsBefore: number;
  /** Length of a record that an earlier process has completed. */
  readonly #doneBytes: number | undefined;
  /** When the next checkpoint is due; `undefined` before the run is under way. */
  #saveAt: number | undefined;

  private constructor(
    plan: RunPlan,
    files: RunFiles,
    sink: RecordSink | undefined,
    encoder: RecordEncoder,
    begin: RunBegin,
    now: () => number,
  ) {
    const state = begin.kind === "start" ? undefined : begin.state;
    this.#plan = plan;
    this.#files = files;
    this.#sink = sink;
    this.#encoder = encoder;
    this.#now = now;
    this.#startedAt = now();
    this.#saveAt = state === undefined ? undefined : this.#startedAt + plan.checkpointEveryMs;
    this.#doneBytes = begin.kind === "done" ? begin.state.outBytes : undefined;
    this.#secondsBefore = state?.seconds ?? 0;
    this.tally = state?.tally ?? emptyTally();
    this.summary = state?.summary;
  }

  /**
   * Locks the files of a run and opens its record.
   *
   * @returns `resumed`: the session that an earlier process has left; "completed" if nothing is left to run
   * @throws Failure if a file cannot be used; UsageError if the checkpoint belongs to another run
   */
  static async open(
    plan: RunPlan,
    stdout: Output,
    now: () => number = () => performance.now(),
  ): Promise<{ recording: Recording; resumed: SessionCheckpoint | "completed" | undefined }> {
    const files = await RunFiles.lock(plan);
    try {
      const begin = await files.begin(plan);
      const sink = await openSink(plan, begin, stdout);
      const encoder = ENCODERS[plan.out?.format ?? "ndjson"]();
      if (begin.kind === "start") append(sink, encoder.begin(plan));
      const state = begin.kind === "start" ? undefined : begin.state;
      return {
        recording: new Recording(plan, files, sink, encoder, begin, now),
        resumed: state && (state.session ?? "completed"),
      };
    } catch (error) {
      await files.unlock();
      throw error;
    }
  }

  /** Duration of the run, earlier processes included. */
  get seconds(): number {
    return this.#secondsBefore + (this.#now() - this.#startedAt) / 1000;
  }

  /** Length of the record in bytes. */
  get bytes(): number {
    return this.#doneBytes ?? this.#sink?.bytes ?? 0;
  }

  /** Whether it is time to save a checkpoint. */
  get isSaveDue(): boolean {
    return this.#plan.checkpoint !== undefined && this.#saveAt !== undefined && this.#now() >= this.#saveAt;
  }

  /** Counts and records an event. Call `flushIfDue` before the next one. */
  add(event: ManagedEvent): void {
    addToTally(this.tally, event);
    if (event.type === "completed") this.summary = addSummaries(this.summary, event.summary);
    // Not earlier: resumed from a checkpoint before the first continue, the run would send it a second time.
    if (!PREPARATIONS.has(event.type)) this.#saveAt ??= this.#now();
    if (this.#sink !== undefined) append(this.#sink, this.#encoder.add(event));
  }

  /** Records the sub-sessions of a parallel run. Call it before the first event. */
  addSessions(sessions: readonly RecordedSession[]): void {
    if (this.#sink !== undefined) append(this.#sink, this.#encoder.addSessions(sessions));
  }

  /** @throws Failure */
  async flushIfDue(): Promise<void> {
    if (this.#sink?.isFlushDue) await this.#sink.flush();
  }

  /**
   * Saves a checkpoint. The record is synced to the disk first, for the checkpoint refers to it.
   *
   * @param session the delivered position, which must include every recorded event
   * @throws Failure
   */
  async save(session: SessionCheckpoint | undefined): Promise<void> {
    const { checkpoint, checkpointEveryMs } = this.#plan;
    if (checkpoint === undefined) return;
    const state: RunState = {
      run: this.#plan,
      session,
      outBytes: this.bytes,
      tally: { ...this.tally },
      seconds: this.seconds,
      summary: this.summary,
    };
    await this.#sink?.sync();
    await saveRunState(checkpoint, state);
    this.#saveAt = this.#now() + checkpointEveryMs;
  }

  /** The run is complete: moves the record to its final name. The checkpoint stays, so that the command can be repeated. */
  async complete(): Promise<void> {
    await this.#end(async () => {
      // Saved first: if the process is killed now, the next one only has to move the record.
      if (this.#doneBytes === undefined) {
        append(this.#sink, this.#encoder.end());
        await this.save(undefined);
      }
      await this.#sink?.complete();
    });
  }

  /** The run is incomplete: keeps the partial record. @returns its name */
  async keepPartial(): Promise<string | undefined> {
    return this.#end(async () => {
      append(this.#sink, this.#encoder.end());
      return this.#sink?.keepPartial();
    });
  }

  /** Deletes the partial record. */
  async discard(): Promise<void> {
    await this.#end(async () => this.#sink?.discard());
  }

  async #end<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#files.unlock();
    }
  }
}

const ENCODERS: Record<RecordFormat, () => RecordEncoder> = {
  ndjson: () => new NdjsonEncoder(),
  csv: () => new CsvEncoder(),
  parquet: () => new ParquetEncoder(),
};

function append(sink: RecordSink | undefined, chunk: ReturnType<RecordEncoder["add"]>): void {
  if (chunk !== undefined && chunk.length > 0) sink?.append(chunk);
}

async function openSink(plan: RunPlan, begin: RunBegin, stdout: Output): Promise<RecordSink | undefined> {
  const { out, mayReplace } = plan;
  if (out === undefined || begin.kind === "done") return undefined;
  if (out.file === "-") return new StreamSink(stdout);
  if (begin.kind === "start") return FileSink.create(out.file, mayReplace);
  return FileSink.resume(out.file, begin.state.outBytes, mayReplace);
}
