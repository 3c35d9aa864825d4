/** Jobs that wait for a worker. A job can have an earliest start time. The caller passes the current time to `take`, in ms. */
export class WaitingJobs<T> {
  readonly #jobs: { readonly job: T; readonly at: number }[] = [];
  #pausedUntil = 0;

  get size(): number {
    return this.#jobs.length;
  }

  /** Adds a job. `at` is the earliest time at which the job can be started, in ms. */
  add(job: T, at = 0): void {
    this.#jobs.push({ job, at });
  }

  /** Pauses the queue: `take` returns no job before the time `at`. */
  pauseUntil(at: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, at);
  }

  /** Returns the next job to start now, or how long to wait until a job can be started. `undefined` if there are no jobs. */
  take(now: number): { readonly job: T } | { readonly waitMs: number } | undefined {
    if (this.#jobs.length === 0) return undefined;
    const paused = this.#pausedUntil - now;
    if (paused > 0) return { waitMs: paused };
    const index = this.#jobs.findIndex(({ at }) => at <= now);
    if (index >= 0) return { job: (this.#jobs.splice(index, 1)[0] as { job: T }).job };
    return { waitMs: Math.min(...this.#jobs.map(({ at }) => at)) - now };
  }
}
