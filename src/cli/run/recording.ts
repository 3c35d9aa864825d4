import { stat } from "node:fs/promises";
import type { ManagedEvent } from "../../channels/managed-events.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { SessionCheckpoint } from "../../session/checkpoint.js";
import { removeWhole } from "../atomic-file.js";
import type { Output } from "../io.js";
import { CSV_HEADER, csvLine } from "./csv.js";
import { ndjsonHeader, ndjsonLine } from "./ndjson.js";
import { FileSink, type RecordSink, StreamSink } from "./record-sink.js";
import type { RunPlan } from "./run-plan.js";
import { checkSameRun, loadRunState, type RunState, saveRunState } from "./run-state.js";
import { addSummaries, addToTally, emptyTally, type Tally } from "./run-tally.js";

/**
 * What is kept of a run while it runs: counts, its record, and now and then the checkpoint that ties them to what of the
 * session was delivered.
 */
export class Recording {
  readonly tally: Tally;
  summary: SessionSummary | undefined;
  readonly #plan: RunPlan;
  readonly #sink: RecordSink | undefined;
  readonly #toLine: (event: ManagedEvent) => string | undefined;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #secondsBefore: number;
  #savedAt: number;

  private constructor(plan: RunPlan, sink: RecordSink | undefined, saved: RunState | undefined, now: () => number) {
    this.#plan = plan;
    this.#sink = sink;
    this.#toLine = plan.out?.format === "csv" ? csvLine : ndjsonLine;
    this.#now = now;
    this.#startedAt = now();
    this.#savedAt = this.#startedAt;
    this.#secondsBefore = saved?.seconds ?? 0;
    this.tally = saved?.tally ?? emptyTally();
    this.summary = saved?.summary;
  }

  /**
   * Opens the record, and finds out whether an earlier process has left a run to go on with.
   *
   * @returns `resumed`: where its session was left; "completed" if nothing is left to be run
   * @throws Failure if the record or the checkpoint can't be used, `UsageError` if the checkpoint is of another run
   */
  static async open(
    plan: RunPlan,
    stdout: Output,
    now: () => number = () => performance.now(),
  ): Promise<{ recording: Recording; resumed: SessionCheckpoint | "completed" | undefined }> {
    const { checkpoint, out } = plan;
    const saved = checkpoint === undefined ? undefined : await loadRunState(checkpoint);
    if (saved !== undefined && checkpoint !== undefined) checkSameRun(checkpoint, saved, plan);
    const isInPlace = saved?.session === undefined && saved !== undefined && (await hasLength(out?.file, saved.outBytes));
    const sink = isInPlace ? undefined : await openSink(plan, saved, stdout);
    const recording = new Recording(plan, sink, saved, now);
    if (saved === undefined) sink?.take(out?.format === "csv" ? CSV_HEADER : ndjsonHeader(plan));
    return { recording, resumed: saved && (saved.session ?? "completed") };
  }

  get seconds(): number {
    return this.#secondsBefore + (this.#now() - this.#startedAt) / 1000;
  }

  /** Length of the record, in bytes. */
  get bytes(): number {
    return this.#sink?.bytes ?? 0;
  }

  /** Whether it is time to save a checkpoint. */
  get isSaveDue(): boolean {
    return this.#plan.checkpoint !== undefined && this.#now() - this.#savedAt >= this.#plan.checkpointEveryMs;
  }

  /** Counts an event in and records it. Whoever calls awaits `settle` before the next one. */
  take(event: ManagedEvent): void {
    addToTally(this.tally, event);
    if (event.type === "completed") this.summary = addSummaries(this.summary, event.summary);
    if (this.#sink === undefined) return;
    const line = this.#toLine(event);
    if (line !== undefined) this.#sink.take(line);
  }

  /** Writes what is held, if that is much. @throws Failure */
  async settle(): Promise<void> {
    if (this.#sink?.isFull) await this.#sink.flush();
  }

  /**
   * Saves a checkpoint: first the record goes down to the disk, then what refers to it.
   *
   * @param session what of it was delivered, which must be all that was taken
   * @throws Failure
   */
  async save(session: SessionCheckpoint | undefined): Promise<void> {
    const { checkpoint } = this.#plan;
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
    this.#savedAt = this.#now();
  }

  /** All of the run is there: the record is put in its place, and the checkpoint is no longer needed. @throws Failure */
  async complete(): Promise<void> {
    // Should we die just behind this, there is no session to resume any more, but the record is whole.
    await this.save(undefined);
    await this.#sink?.finish();
    if (this.#plan.checkpoint !== undefined) await removeWhole(this.#plan.checkpoint);
  }

  /** Not all of it is there: the record stays aside, under the name that is returned. */
  async leave(): Promise<string | undefined> {
    return this.#sink?.leave();
  }

  /** Nothing of it is to be kept. */
  async discard(): Promise<void> {
    await this.#sink?.discard();
  }
}

async function openSink({ out }: RunPlan, saved: RunState | undefined, stdout: Output): Promise<RecordSink | undefined> {
  if (out === undefined) return undefined;
  if (out.file === "-") return new StreamSink(stdout);
  return saved === undefined ? FileSink.create(out.file) : FileSink.resume(out.file, saved.outBytes);
}

async function hasLength(file: string | undefined, bytes: number): Promise<boolean> {
  if (file === undefined) return true;
  const found = await stat(file).catch(() => undefined);
  return found?.size === bytes;
}
