/** The clock and the timers of a capture. A `Platform` or a `SimulatorPlatform` also has these members. */
export interface CapturePlatform {
  /** Returns the time of the wall clock, in ms since 1970. */
  now(): number;
  /** Starts a timer. Returns a value for `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a timer. */
  clearTimeout(timer: unknown): void;
}

/** A `CapturePlatform` that also has a monotonic clock. */
export interface CaptureClock extends CapturePlatform {
  /** Returns the time of a monotonic clock, in ms. */
  elapsed(): number;
}

/** The functions are looked up on `globalThis` at each call, so that a test can replace them with fake timers. */
const RUNTIME: CaptureClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer as NodeJS.Timeout),
};

/** @param platform default: the clock and timers of the runtime */
export function captureClock(platform?: CapturePlatform): CaptureClock {
  if (platform === undefined) return RUNTIME;
  return {
    now: () => platform.now(),
    elapsed: () => platform.now(),
    setTimeout: (callback, ms) => platform.setTimeout(callback, ms),
    clearTimeout: (timer) => platform.clearTimeout(timer),
  };
}
