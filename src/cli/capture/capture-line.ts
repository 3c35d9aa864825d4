import type { CaptureProgress } from "../../local/engine/ledger/capture-ledger.js";
import type { Output } from "../terminal/io.js";
import { ERASE_LINE } from "../terminal/terminal-text.js";
import { bytes, plural } from "../terminal/units.js";

/** The progress of a capture, redrawn in place on a terminal. If the output is not a terminal, nothing is written. */
export class CaptureLine {
  readonly #out: Output;
  readonly #startSlot: bigint;
  readonly #total: bigint;
  #isDrawn = false;
  /** Number of blocks that have been captured. */
  blocks = 0;

  constructor(out: Output, startSlot: bigint, endSlot: bigint) {
    this.#out = out;
    this.#startSlot = startSlot;
    this.#total = endSlot - startSlot + 1n;
  }

  draw({ slot, blocks, skippedSlots, bytes: length }: CaptureProgress): void {
    this.blocks = blocks;
    if (!this.#out.isTerminal) return;
    const done = slot - this.#startSlot + 1n;
    const percent = (done * 100n) / this.#total;
    const estimate = Math.round((length / Number(done)) * Number(this.#total));
    const size = `${bytes(length)} of about ${bytes(estimate)}`;
    const text = `slot ${slot}  ${percent} %  ${plural(blocks, "block")}, ${plural(skippedSlots, "skipped slot")}, ${size}`;
    this.#out.write(`${ERASE_LINE}${text.slice(0, Math.max(0, this.#out.columns - 1))}`);
    this.#isDrawn = true;
  }

  end(): void {
    if (this.#isDrawn) this.#out.write("\n");
    this.#isDrawn = false;
  }
}
