import type { JobFailure, JobProgress, JobResult } from "./jobs/job-end.js";
import type { FleetJob } from "./plan/fleet-definition.js";

/** The events of a fleet on Redis, from all its workers, by name. */
export interface FleetEvents {
  /** A worker has taken a job. */
  started: { readonly job: FleetJob };
  /** A worker has saved a checkpoint. At most one event every 5 s for each job. */
  progress: JobProgress;
  /** The job has completed, and its record is in the sink. */
  completed: JobResult;
  /** The job was cancelled. */
  cancelled: { readonly job: FleetJob };
  /** The job has failed, and is not tried again. */
  failed: { readonly job: FleetJob; readonly failure: JobFailure };
  /**
   * The job waits for `afterMs` before the next attempt. `failure` is absent if the wait was not caused by a failure.
   */
  retried: { readonly job: FleetJob; readonly afterMs: number; readonly failure?: JobFailure };
  /** The lock of the job has expired, because its worker was killed. Another worker resumes the job. */
  stalled: { readonly job: FleetJob };
  /** An event could not be read from Redis. Later events are still emitted. */
  error: { readonly error: Error };
}
