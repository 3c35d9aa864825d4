/** The timers that a watchdog uses. A `SimulatorPlatform` also has these members. */
export interface WatchdogTimers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * The timers of the runtime. The functions are looked up at each call, so that a test can replace them. The timers do not keep
 * this process running.
 */
export const RUNTIME_TIMERS: WatchdogTimers = {
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms).unref(),
  clearTimeout: (timer) => globalThis.clearTimeout(timer as NodeJS.Timeout),
};

/**
 * The number of checks within the timeout. A pause (Ctrl-Z, sleep of the computer) counts as one check, so a pause alone causes
 * no timeout.
 */
const CHECKS = 4;

export interface WatchdogOptions {
  /**
   * A request is overdue after this time without progress, in ms. The watchdog reports the request at most a quarter of
   * `timeoutMs` later.
   */
  timeoutMs: number;
  timers: WatchdogTimers;
  /** Returns a value that changes when the process makes progress. */
  progress(): unknown;
  /** Called when a request is overdue, with the allowed time in ms. */
  handleOverdue(afterMs: number): void;
}

/** Detects a process that hangs: a request is pending, and the process makes no progress. */
export class VmWatchdog {
  readonly #options: WatchdogOptions;
  /**
   * For each pending request: how many more checks without progress are allowed (`left`), and how many were allowed at first
   * (`allowed`).
   */
  readonly #pending = new Map<number, { left: number; allowed: number }>();
  #progress: unknown;
  #timer: unknown;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** @param timeouts a factor: the request is overdue after `timeouts * timeoutMs` without progress */
  begin(id: number, timeouts: number): void {
    const allowed = CHECKS * timeouts;
    this.#pending.set(id, { left: allowed, allowed });
    if (this.#timer === undefined) this.#schedule();
  }

  end(id: number): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.stop();
  }

  stop(): void {
    this.#pending.clear();
    this.#options.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    const { timers, timeoutMs } = this.#options;
    this.#timer = timers.setTimeout(() => this.#check(), timeoutMs / CHECKS);
  }

  #check(): void {
    const progress = this.#options.progress();
    const hasProgressed = progress !== this.#progress;
    this.#progress = progress;
    for (const request of this.#pending.values()) {
      if (hasProgressed) request.left = request.allowed;
      else if (request.left > 0) request.left--;
      else return this.#overdue(request.allowed);
    }
    this.#schedule();
  }

  #overdue(allowed: number): void {
    this.stop();
    this.#options.handleOverdue((allowed / CHECKS) * this.#options.timeoutMs);
  }
}
