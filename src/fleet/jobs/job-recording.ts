import type { ManagedEvent } from "../../channels/managed-events.js";
import { addToTally, isPreparation, type Tally } from "../../compare/run-tally.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import { type DefinedVariant, type FleetDefinition, type FleetJob, headerOf } from "../plan/fleet-definition.js";
import { type JobProgress, progressOf } from "./job-end.js";
import type { JobManifest } from "./job-manifest.js";
import type { OwnedManifest } from "./owned-manifest.js";
import { SegmentWriter } from "./segment-writer.js";

/** The record is incomplete: the server no longer had the events that were missed while a connection was lost. */
export class GapError extends Error {
  override readonly name = "GapError";
}

/** The input of a recording: its job, its variant and its manifest. */
export interface RecordingContext {
  readonly definition: FleetDefinition;
  readonly job: FleetJob;
  readonly variant: DefinedVariant;
  readonly manifest: OwnedManifest;
  /** Whether an earlier attempt started the session. */
  readonly isResumed: boolean;
  readonly now: () => number;
  readonly handleProgress: ((progress: JobProgress) => void) | undefined;
}

/** Writes the events of a job to the sink: as segments, and as manifests that list the segments. */
export class JobRecording {
  readonly #context: RecordingContext;
  readonly #writer: SegmentWriter;
  readonly #tally: Tally;
  #slot: string | null;
  /** When the next checkpoint is due. `undefined` until the first event of the execution. */
  #saveAt: number | undefined;

  constructor(context: RecordingContext) {
    const { definition, job, variant, manifest, isResumed, now } = context;
    const { epoch, segments, tally, slot } = manifest.current;
    this.#context = context;
    this.#tally = { ...tally };
    this.#slot = slot;
    const header = headerOf(definition, variant, job.startSlot, job.endSlot);
    this.#writer = new SegmentWriter(definition.format, header, epoch, segments.length === 0);
    if (isResumed) this.#saveAt = now() + definition.checkpointEveryMs;
  }

  /** Whether the session has delivered an event since its execution started. */
  get hasBegun(): boolean {
    return this.#saveAt !== undefined;
  }

  get isSaveDue(): boolean {
    if (this.#saveAt === undefined) return false;
    return this.#context.now() >= this.#saveAt || this.#writer.size >= this.#context.definition.segmentBytes;
  }

  /** @throws GapError */
  add(event: ManagedEvent): void {
    if (event.type === "continuity" && event.kind === "gap") {
      throw new GapError(
        `${event.channel} lost the events from ${event.expected} to ${event.got}: the server no longer has them`,
      );
    }
    addToTally(this.#tally, event);
    if (event.type === "slot") this.#slot = `${event.slot}`;
    this.#writer.add(event);
    if (!isPreparation(event)) this.#saveAt ??= this.#context.now();
  }

  /**
   * Writes the new segment, and then the manifest that lists it.
   *
   * @param checkpoint the position of the session after the last event. `null` if the job cannot be resumed
   */
  async save(checkpoint: SessionCheckpoint | null, changes: Partial<JobManifest> = {}): Promise<void> {
    const { job, definition, manifest, now, handleProgress } = this.#context;
    const segment = this.#writer.take();
    const segments = [...manifest.current.segments];
    if (segment !== undefined) {
      const { name, bytes, content } = segment;
      await manifest.writeSegment(name, content);
      segments.push({ name, bytes });
    }
    await manifest.write({ segments, checkpoint, tally: { ...this.#tally }, slot: this.#slot, ...changes });
    this.#saveAt = now() + definition.checkpointEveryMs;
    handleProgress?.(progressOf(job, manifest.current));
  }

  /** Writes the end of the record. @param summary the summary that the server sent, if any */
  complete(summary: unknown): Promise<void> {
    return this.save(null, { state: "completed", error: null, ...(summary !== undefined && { summary }) });
  }
}
