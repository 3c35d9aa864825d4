import { type JobFailure, type JobProgress, progressOf } from "./jobs/job-end.js";
import type { JobManifest, JobState } from "./jobs/job-manifest.js";
import type { FleetJob } from "./plan/fleet-definition.js";

/** The state of a job, as of its last checkpoint. */
export interface JobStatus extends JobProgress {
  /** The state of the job. */
  readonly state: JobState;
  /** Total running time of all attempts, in seconds. */
  readonly seconds: number;
  /** How often the job has failed. */
  readonly failures: number;
  /** The last failure. Absent for a completed job and for a job without failures. */
  readonly failure?: JobFailure;
}

/** The state of a fleet. */
export interface FleetStatus {
  /** The id of the fleet. */
  readonly id: string;
  /** The sink. */
  readonly place: string;
  /** Number of jobs in each state. */
  readonly counts: Readonly<Record<JobState, number>>;
  /** The state of each job. */
  readonly jobs: readonly JobStatus[];
}

export function statusOf(job: FleetJob, manifest: JobManifest): JobStatus {
  const { state, seconds, failures, error } = manifest;
  return { ...progressOf(job, manifest), state, seconds, failures, ...(error !== null && { failure: error }) };
}

export function countStates(jobs: readonly { readonly state: JobState }[]): Record<JobState, number> {
  const counts: Record<JobState, number> = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
  for (const { state } of jobs) counts[state]++;
  return counts;
}
