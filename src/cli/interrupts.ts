import { EXIT, exitCodeOf } from "./exit-codes.js";

/** The abort reason if a process signal, such as SIGINT, interrupted the command. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** The abort reason if an output of the command could not be written, for example because the disk is full. */
export class OutputFailed extends Error {
  override readonly name = "OutputFailed";
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Signals within this time, in ms, count as one signal. Under `npx`, the signal of one Ctrl-C arrives twice within a few ms: from
 * the terminal, and from npm.
 */
const SAME_PRESS_MS = 250;

/** The members of `process` that `watchInterrupts` uses. */
interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP, so that the command can shut down cleanly. The second signal ends the process
 * immediately.
 */
export function watchInterrupts(process: SignalSource, now: () => number = () => performance.now()): AbortController {
  const interrupt = new AbortController();
  let firstAt: number | undefined;
  for (const name of SIGNALS) {
    process.on(name, (signal) => {
      if (firstAt === undefined) {
        firstAt = now();
        interrupt.abort(new Interrupted(signal));
      } else if (now() - firstAt > SAME_PRESS_MS) {
        process.exit(exitCodeOf(signal));
      }
    });
  }
  return interrupt;
}

/** Returns the exit code of an interrupted command. `undefined` if the command was not interrupted. */
export function interruptedCode(interrupt: AbortSignal): number | undefined {
  if (interrupt.reason instanceof OutputFailed) return EXIT.failed;
  return interrupt.reason instanceof Interrupted ? exitCodeOf(interrupt.reason.signal) : undefined;
}

/** Resolves when the command is interrupted. */
export function whenInterrupted(interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.aborted) resolve();
    interrupt.addEventListener("abort", () => resolve(), { once: true });
  });
}
