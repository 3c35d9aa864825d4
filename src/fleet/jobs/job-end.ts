import type { Tally } from "../../compare/run-tally.js";
import type { FleetJob } from "../plan/fleet-definition.js";
import type { JobManifest } from "./job-manifest.js";

/** The result of a completed job. */
export interface JobResult {
  /** The job. */
  readonly job: FleetJob;
  /** Counts of the recorded events. */
  readonly tally: Tally;
  /** Size of the record in bytes. */
  readonly bytes: number;
  /** Total running time of all attempts, in seconds. */
  readonly seconds: number;
  /** The server's summary, as in the event `completed`. */
  readonly summary?: unknown;
}

/** The progress of a job, as of its last checkpoint. */
export interface JobProgress {
  /** The job. */
  readonly job: FleetJob;
  /** The last executed slot. `undefined` before the first slot is executed. */
  readonly slot: bigint | undefined;
  /** The executed share of the range: 0 for no slot, 1 for all slots. */
  readonly done: number;
  /** Counts of the recorded events. */
  readonly tally: Tally;
  /** Size of the record in bytes. */
  readonly bytes: number;
}

/** Why a job failed. `code` is the code of a `SimulatorError`. For any other error, it is `failed`. */
export interface JobFailure {
  /** The code of the error. */
  readonly code: string;
  /** The message of the error. */
  readonly message: string;
}

/** How a worker's attempt at a job ended. */
export type JobEnd =
  | { readonly kind: "completed"; readonly result: JobResult }
  | { readonly kind: "cancelled" }
  /** The job has failed, and is not tried again. */
  | { readonly kind: "failed"; readonly failure: JobFailure }
  /** The job is tried again after `afterMs` ms. */
  | { readonly kind: "retry"; readonly afterMs: number; readonly failure: JobFailure }
  /** The simulator has no room for another session. The worker starts no job for `afterMs` ms. */
  | { readonly kind: "noCapacity"; readonly afterMs: number; readonly failure: JobFailure }
  /** The worker stops. Another worker resumes the job. */
  | { readonly kind: "released" }
  /** Another worker has taken the job over. */
  | { readonly kind: "fenced" };

/** Returns the executed share of a range: 0 for no slot, 1 for all slots. */
function doneOf({ startSlot, endSlot }: Pick<FleetJob, "startSlot" | "endSlot">, slot: bigint | undefined): number {
  if (slot === undefined || slot < startSlot) return 0;
  return Number(slot - startSlot + 1n) / Number(endSlot - startSlot + 1n);
}

/** Returns the progress of a job, from its manifest. */
export function progressOf(job: FleetJob, { segments, slot, tally }: JobManifest): JobProgress {
  const reached = slot === null ? undefined : BigInt(slot);
  return { job, slot: reached, done: doneOf(job, reached), tally, bytes: sizeOf(segments) };
}

/** Returns how a finished job ended. @throws Error if the job is not over */
export function endOfManifest(job: FleetJob, manifest: JobManifest): JobEnd {
  switch (manifest.state) {
    case "completed":
      return { kind: "completed", result: resultOf(job, manifest) };
    case "failed":
      return { kind: "failed", failure: manifest.error ?? { code: "failed", message: "the job has failed" } };
    case "cancelled":
      return { kind: "cancelled" };
    default:
      throw new Error(`job ${job.id} is ${manifest.state}`);
  }
}

/** Returns the result of a completed job, from its manifest. */
export function resultOf(job: FleetJob, { tally, segments, seconds, summary }: JobManifest): JobResult {
  return { job, tally, bytes: sizeOf(segments), seconds, ...(summary !== undefined && { summary }) };
}

/** Returns the size of a record in bytes. */
function sizeOf(segments: JobManifest["segments"]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}
