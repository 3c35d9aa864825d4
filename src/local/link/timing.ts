/**
 * The clock, timers and random numbers of a simulator. A client's `Platform` has the same members, so a test can use one virtual
 * clock for the client and the simulator.
 */
export interface SimulatorPlatform {
  /** Returns the time of the wall clock, in ms since 1970. */
  now(): number;
  /** Starts a timer. Returns a value for `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a timer. */
  clearTimeout(timer: unknown): void;
  /** Returns this number of random bytes in hexadecimal. */
  randomHex(bytes: number): string;
}

/** The clock, timers and random numbers, with the methods that the code of the simulator calls. */
export interface Timing {
  /** Returns the time of the wall clock, in ms since 1970. */
  now(): number;
  /** Returns the time of a monotonic clock, in ms. */
  elapsed(): number;
  /** Runs a callback after a delay. Returns a function that cancels it. */
  later(ms: number, run: () => void, options: { keepsProcess: boolean }): () => void;
  /** Runs a callback in a new macrotask. */
  soon(run: () => void): void;
  /** Resolves in a new macrotask, so that sockets and timers can run in the meantime. */
  nextTurn(): Promise<void>;
  /** Returns this number of random bytes in hexadecimal. */
  randomHex(bytes: number): string;
}

/** @param platform default: the clock and timers of the runtime */
export function timingOf(platform?: SimulatorPlatform): Timing {
  return platform === undefined ? RUNTIME : platformTiming(platform);
}

/** Looks up the timers on `globalThis` at each call, so that a test can replace them with fake timers. */
const RUNTIME: Timing = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  later: (ms, run, { keepsProcess }) => {
    const timer: unknown = globalThis.setTimeout(run, ms);
    if (!keepsProcess && typeof timer === "object" && timer !== null && "unref" in timer) {
      (timer as { unref(): void }).unref();
    }
    return () => globalThis.clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
  soon: runSoon,
  nextTurn: () => new Promise((resolve) => runSoon(resolve)),
  randomHex: (bytes) =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
};

function platformTiming(platform: SimulatorPlatform): Timing {
  const soon = (run: () => void): void => void platform.setTimeout(run, 0);
  return {
    now: () => platform.now(),
    elapsed: () => platform.now(),
    later: (ms, run) => {
      const timer = platform.setTimeout(run, ms);
      return () => platform.clearTimeout(timer);
    },
    soon,
    nextTurn: () => new Promise((resolve) => soon(resolve)),
    randomHex: (bytes) => platform.randomHex(bytes),
  };
}

let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/**
 * Runs a callback in a new macrotask. Without `setImmediate`, uses a message channel, because browsers delay a nested
 * `setTimeout(0)`: by 4 ms, or by a second in a hidden tab (HTML, "timer initialization steps").
 */
function runSoon(run: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (typeof setImmediate === "function") {
    setImmediate(run);
  } else if (typeof MessageChannel === "function") {
    channel ??= openChannel();
    waiting.push(run);
    channel.port2.postMessage(null);
  } else {
    globalThis.setTimeout(run, 0);
  }
}

function openChannel(): MessageChannel {
  const opened = new MessageChannel();
  opened.port1.onmessage = () => waiting.shift()?.();
  return opened;
}
