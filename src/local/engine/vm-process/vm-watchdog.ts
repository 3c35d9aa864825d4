/** The timers of a watchdog. A `SimulatorPlatform` has them. */
export interface WatchdogTimers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Looks up the timers at each call, so that a test can replace them. They do not keep this process running. */
export const RUNTIME_TIMERS: WatchdogTimers = {
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms).unref(),
  clearTimeout: (timer) => globalThis.clearTimeout(timer as NodeJS.Timeout),
};

/**
 * Number of checks within the timeout. After Ctrl-Z or a sleep of the computer, the timers of all processes are late. Only one check
 * is then counted, so a process that was stopped together with this one is not killed.
 */
const CHECKS = 4;

export interface WatchdogOptions {
  /** How long a request may be pending without progress, in ms. The request is overdue at most a quarter of this time later. */
  timeoutMs: number;
  timers: WatchdogTimers;
  /** Returns a value that changes when the process makes progress. */
  progress(): unknown;
  /** Called when a request is overdue, with the time in ms. */
  handleOverdue(afterMs: number): void;
}

/** Detects a process that hangs: a request is pending, and the process makes no progress. */
export class VmWatchdog {
  readonly #options: WatchdogOptions;
  /** For each pending request, how often the process may still be found without progress, and this number at the start. */
  readonly #pending = new Map<number, { left: number; allowed: number }>();
  #progress: unknown;
  #timer: unknown;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** @param timeouts how many times the timeout the request may take */
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
