import type { JobFailure, JobProgress, JobResult } from "./jobs/job-end.js";
import type { FleetJob } from "./plan/fleet-definition.js";

/** The events of a worker, by name. */
export interface FleetWorkerEvents {
  /** The worker has taken a job. */
  started: { readonly job: FleetJob };
  /** The worker has saved a checkpoint. */
  progress: JobProgress;
  /** The job has completed, and its record is in the sink. */
  completed: JobResult;
  /** The job was cancelled. */
  cancelled: { readonly job: FleetJob };
  /** The job has failed, and is not tried again. */
  failed: { readonly job: FleetJob; readonly failure: JobFailure };
  /** The job is tried again after `afterMs`. */
  retried: { readonly job: FleetJob; readonly afterMs: number; readonly failure: JobFailure };
  /** The worker has returned the job to the queue, so that another worker resumes it. */
  released: { readonly job: FleetJob };
  /** Another worker has taken the job over. */
  fenced: { readonly job: FleetJob };
  /** The queue reports a problem, such as a lost connection to Redis. The worker continues. */
  error: { readonly error: Error };
}

/** A worker that runs the jobs of fleets. */
export interface FleetWorker {
  /** Adds a listener. */
  on<K extends keyof FleetWorkerEvents>(event: K, listener: (event: FleetWorkerEvents[K]) => void): this;
  /** Removes a listener. */
  off<K extends keyof FleetWorkerEvents>(event: K, listener: (event: FleetWorkerEvents[K]) => void): this;
  /**
   * Resolves when the worker has ended: after `close`, or when the fleet folder has no more jobs. Rejects if the sink cannot be
   * used.
   */
  readonly done: Promise<void>;
  /** Detaches from all sessions, returns the jobs to the queue, and ends the worker. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
