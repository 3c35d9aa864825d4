import type { Output } from "../io.js";
import { type ProgressFacts, progressLine } from "./progress-line.js";

/** How often the bar is drawn at most, in ms. */
const FRAME_MS = 80;
/** Carriage return, and erase to the end of the line (ECMA-48, EL). */
const REWIND = "\r\x1b[K";

/** A line that is drawn over itself at the bottom of a terminal. Where there is none, only what is said is written. */
export class ProgressBar {
  readonly #out: Output;
  readonly #facts: () => ProgressFacts;
  #timer: NodeJS.Timeout | undefined;
  #isDrawn = false;

  constructor(out: Output, facts: () => ProgressFacts) {
    this.#out = out;
    this.#facts = facts;
  }

  start(): void {
    if (!this.#out.isTerminal) return;
    this.#draw();
    // Not at each slot: waits are counted down also while nothing comes in.
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#timer.unref();
  }

  /** Writes a line that stays, above the bar. */
  say(line: string): void {
    if (this.#isDrawn) this.#out.write(REWIND);
    this.#out.write(`${line}\n`);
    if (this.#isDrawn) this.#draw();
  }

  /** Draws the bar a last time and leaves it there. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw();
    this.#out.write("\n");
    this.#isDrawn = false;
  }

  #draw(): void {
    this.#out.write(`${REWIND}${progressLine(this.#facts(), this.#out.columns, this.#out.style)}`);
    this.#isDrawn = true;
  }
}
