import { exitCodeOf } from "./exit-codes.js";

/** What an interrupt's `AbortSignal` carries. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * One press of Ctrl-C under `npx` comes twice, a few ms apart: the terminal sends it to us, and npm passes on the one that it
 * got itself. Two presses of a person are further apart than this.
 */
const SAME_PRESS_MS = 250;

/** The part of `process` that signals come by. */
interface Signalled {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

/**
 * Its signal fires at the first SIGINT, SIGTERM or SIGHUP: what runs is to be closed in good order. The second one ends the
 * process at once.
 */
export function watchInterrupts(process: Signalled, now: () => number = () => performance.now()): AbortController {
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

/** The exit code of a command that was interrupted; undefined if it wasn't. */
export function interruptedCode(interrupt: AbortSignal): number | undefined {
  return interrupt.reason instanceof Interrupted ? exitCodeOf(interrupt.reason.signal) : undefined;
}

/** Resolves when the interrupt fires: what serves goes on until then. */
export function whenInterrupted(interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.aborted) resolve();
    interrupt.addEventListener("abort", () => resolve(), { once: true });
  });
}
