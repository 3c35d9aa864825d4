import type { BitWriter } from "./bit-writer.js";
import { type Distribution, FseTable } from "./fse-table.js";

/**
 * A finite state entropy table to write with. It is written backwards: from the cell that the decoder is to be in next follows the one that it
 * must come from, among those of the symbol to be written.
 */
export class FseCode {
  readonly #log: number;
  /** For each symbol and next cell: the cell (low byte), how many bits choose the next one (8 bits), and which they are (8 bits). */
  readonly #steps: Uint32Array;
  #cell = 0;

  constructor(distribution: Distribution) {
    const { log, cells } = FseTable.of(distribution);
    const size = 1 << log;
    this.#log = log;
    this.#steps = new Uint32Array(distribution.counts.length << log);
    for (let cell = 0; cell < size; cell++) {
      const value = cells[cell] as number;
      const symbol = value & 255;
      const count = (value >>> 8) & 255;
      const first = value >>> 16;
      for (let bits = 0; bits < 1 << count; bits++)
        this.#steps[(symbol << log) + first + bits] = cell | (count << 8) | (bits << 16);
    }
  }

  /** Begins with the symbol that is read last. */
  begin(symbol: number): void {
    this.#cell = (this.#steps[symbol << this.#log] as number) & 255;
  }

  /** Goes on with the symbol that is read before. */
  write(symbol: number, out: BitWriter): void {
    const step = this.#steps[(symbol << this.#log) + this.#cell] as number;
    out.bits(step >>> 16, (step >>> 8) & 255);
    this.#cell = step & 255;
  }

  /** Ends with the cell that the decoder begins in. */
  end(out: BitWriter): void {
    out.bits(this.#cell, this.#log);
  }
}
