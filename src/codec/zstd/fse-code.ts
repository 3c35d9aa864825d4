import type { BitWriter } from "./bit-writer.js";
import { type Distribution, FseTable } from "./fse-table.js";

/** A finite state entropy (FSE) table for encoding. The encoder writes the symbols in reverse order, the last symbol first. */
export class FseCode {
  readonly #log: number;
  /**
   * One number for each symbol and state (`#cell`), at index `(symbol << log) + #cell`.
   * Bits 0 to 7: the next state. Bits 8 to 15: how many bits to write. Bits 16 to 31: the bits to write.
   */
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

  /** Starts the encoding. `symbol` is the last symbol of the data, because the symbols are encoded in reverse order. */
  begin(symbol: number): void {
    this.#cell = (this.#steps[symbol << this.#log] as number) & 255;
  }

  /** Writes a symbol. The decoder reads it before the symbols that were written earlier. */
  write(symbol: number, out: BitWriter): void {
    const step = this.#steps[(symbol << this.#log) + this.#cell] as number;
    out.bits(step >>> 16, (step >>> 8) & 255);
    this.#cell = step & 255;
  }

  /** Writes the cell at which the decoder starts. */
  end(out: BitWriter): void {
    out.bits(this.#cell, this.#log);
  }
}
