import type { Timing } from "../../link/timing.js";

/** The simulated duration of a bundle build or a depth dataset, in ms. */
const JOB_MS = 2_000;
/** Maximum number of stored jobs. The oldest job is evicted. */
const MAX_JOBS = 200;

type JobStatus = "completed" | "failed" | "in_progress";

/** A request whose result is available only after some time. */
export interface Job<T> {
  requestId: string;
  /** In ms since 1970. */
  createdAt: number;
  /** Whether the job ends with a failure. */
  isDoomed: boolean;
  timing: Timing;
  details: T;
}

/** Jobs by id, oldest first. Requests with the same key share one job. */
export class Jobs<T> {
  readonly #timing: Timing;
  readonly #prefix: string;
  readonly #jobs = new Map<string, Job<T>>();
  readonly #byKey = new Map<string, Job<T>>();
  #count = 0;

  constructor(timing: Timing, prefix: string) {
    this.#timing = timing;
    this.#prefix = prefix;
  }

  /**
   * Returns the job with this key, or starts a new job.
   *
   * @param key `undefined` always starts a new job
   * @param isDoomed `true`: a new job ends with a failure
   */
  begin(key: string | undefined, isDoomed: boolean, details: T): { job: Job<T>; isNew: boolean } {
    const known = key === undefined ? undefined : this.#byKey.get(key);
    if (known !== undefined) return { job: known, isNew: false };
    this.#count++;
    const requestId = `${this.#prefix}_${this.#count.toString(16).padStart(8, "0")}`;
    const job = { requestId, createdAt: this.#timing.now(), isDoomed, timing: this.#timing, details };
    this.#jobs.set(requestId, job);
    if (key !== undefined) this.#byKey.set(key, job);
    this.#forgetOldest();
    return { job, isNew: true };
  }

  #forgetOldest(): void {
    if (this.#jobs.size <= MAX_JOBS) return;
    const [[requestId, oldest] = []] = this.#jobs;
    if (requestId !== undefined) this.#jobs.delete(requestId);
    for (const [key, job] of this.#byKey) {
      if (job === oldest) this.#byKey.delete(key);
    }
  }

  find(requestId: string): Job<T> | undefined {
    return this.#jobs.get(requestId);
  }

  get all(): readonly Job<T>[] {
    return [...this.#jobs.values()];
  }
}

export function statusOf({ createdAt, isDoomed, timing }: Job<unknown>): JobStatus {
  if (timing.now() < createdAt + JOB_MS) return "in_progress";
  return isDoomed ? "failed" : "completed";
}

/** Remaining seconds of a job, or null if it has ended. */
export function etaOf(job: Job<unknown>): number | null {
  return statusOf(job) === "in_progress" ? Math.ceil((job.createdAt + JOB_MS - job.timing.now()) / 1000) : null;
}

/** Returns the time at which a job ends, in ms since 1970. */
export function doneAt({ createdAt }: Job<unknown>): number {
  return createdAt + JOB_MS;
}
