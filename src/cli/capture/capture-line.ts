import type { CaptureProgress } from "../../local/engine/ledger/capture-ledger.js";
import type { Output } from "../io.js";
import { plural } from "../units.js";

/** How far a capture is: a line that is drawn over itself on a terminal, and nothing where there is none. */
export class CaptureLine {
  readonly #out: Output;
  readonly #startSlot: bigint;
  readonly #total: bigint;
  #isDrawn = false;

  constructor(out: Output, startSlot: bigint, endSlot: bigint) {
    this.#out = out;
    this.#startSlot = startSlot;
    this.#total = endSlot - startSlot + 1n;
  }

  draw({ slot, blocks, skippedSlots }: CaptureProgress): void {
    if (!this.#out.isTerminal) return;
    const percent = ((slot - this.#startSlot + 1n) * 100n) / this.#total;
    const text = `slot ${slot}  ${percent} %  ${plural(blocks, "block")}, ${plural(skippedSlots, "slot")} without one`;
    this.#out.write(`\r\x1b[K${text.slice(0, Math.max(0, this.#out.columns - 1))}`);
    this.#isDrawn = true;
  }

  end(): void {
    if (this.#isDrawn) this.#out.write("\n");
    this.#isDrawn = false;
  }
}
