import type { ManagedEvent } from "../../channels/managed-events.js";
import type { RecordEncoder } from "../../compare/record-encoder.js";
import { createEncoder } from "../../compare/record-formats.js";
import type { RecordedSession } from "../../compare/recordable-event.js";
import { addSummaries, addToTally, emptyTally, isPreparation, type Tally } from "../../compare/run-tally.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import type { Output } from "../terminal/io.js";
import { FileSink, type RecordSink, StreamSink } from "./record-sink.js";
import { type RunBegin, RunFiles } from "./run-files.js";
import type { RunPlan } from "./run-plan.js";
import { type RunState, saveRunState } from "./run-state.js";

/**
 * Records a run: it counts the events, and writes the record and the checkpoint. The checkpoint contains the position of the
 * session, and the size of the record at this position.
 */
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
  /** The size of the record, if an earlier process has already completed it. */
  readonly #doneBytes: number | undefined;
  /** When the next checkpoint is due. `undefined` until the first event of the execution. */
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
   * @returns `resumed`: the session to resume, `"completed"` if the run has already completed, or `undefined` for a new run
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
      const encoder = createEncoder(plan.out?.format ?? "ndjson");
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

  /** Duration of the run, in seconds. If the run was resumed, this is the sum over all its processes. */
  get seconds(): number {
    return this.#secondsBefore + (this.#now() - this.#startedAt) / 1000;
  }

  /** Size of the record in bytes. */
  get bytes(): number {
    return this.#doneBytes ?? this.#sink?.bytes ?? 0;
  }

  /** Whether a checkpoint should be saved now. */
  get isSaveDue(): boolean {
    return this.#plan.checkpoint !== undefined && this.#saveAt !== undefined && this.#now() >= this.#saveAt;
  }

  /** Counts and records an event. Call `flushIfDue` before you add the next event. */
  add(event: ManagedEvent): void {
    addToTally(this.tally, event);
    if (event.type === "completed") this.summary = addSummaries(this.summary, event.summary);
    if (!isPreparation(event)) this.#saveAt ??= this.#now();
    if (this.#sink !== undefined) append(this.#sink, this.#encoder.add(event));
  }

  /** Records the sessions of a parallel run. Call this before the first event. */
  addSessions(sessions: readonly RecordedSession[]): void {
    if (this.#sink !== undefined) append(this.#sink, this.#encoder.addSessions(sessions));
  }

  /** @throws Failure */
  async flushIfDue(): Promise<void> {
    if (this.#sink?.isFlushDue) await this.#sink.flush();
  }

  /**
   * Saves a checkpoint after the record has been written to the disk, because the checkpoint contains the size of the record.
   *
   * @param session the position of the session after the last recorded event; `undefined` if the session has completed
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

  /**
   * Completes the run and gives the record its final name. Keeps the checkpoint, so that a later run of the same command detects
   * that the run has completed.
   */
  async complete(): Promise<void> {
    await this.#end(async () => {
      // These steps are skipped if an earlier process has already completed them (`doneBytes`).
      if (this.#doneBytes === undefined) {
        append(this.#sink, this.#encoder.end());
        await this.save(undefined);
      }
      await this.#sink?.complete();
    });
  }

  /** Ends an incomplete run and keeps the partial record. @returns the name of the partial record */
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
