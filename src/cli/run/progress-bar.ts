import type { Output } from "../terminal/io.js";
import { ERASE_LINE } from "../terminal/terminal-text.js";
import { type ProgressFacts, progressLine } from "./progress-line.js";

/** Time between two redraws, in ms. */
const FRAME_MS = 80;

/** A progress line at the bottom of a terminal, redrawn in place. If the output is not a terminal, only messages are written. */
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
    // A timer redraws the bar, because countdowns also change while no event arrives.
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#timer.unref();
  }

  /** Prints a line above the bar. The line stays on the screen. */
  printLine(line: string): void {
    if (this.#isDrawn) this.#out.write(ERASE_LINE);
    this.#out.write(`${line}\n`);
    if (this.#isDrawn) this.#draw();
  }

  /** Draws the bar one last time. The bar then stays on the screen. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw();
    this.#out.write("\n");
    this.#isDrawn = false;
  }

  #draw(): void {
    this.#out.write(`${ERASE_LINE}${progressLine(this.#facts(), this.#out.columns, this.#out.style)}`);
    this.#isDrawn = true;
  }
}
