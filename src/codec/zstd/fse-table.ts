import { ForwardBits } from "./bits.js";
import { corrupt } from "./zstd-error.js";

/** The maximum number of cells in a table. The largest tables are for literal lengths and match lengths: `2 ** 9` cells. */
const MAX_CELLS = 512;
const MAX_SYMBOLS = 256;

/**
 * The number of table cells that each symbol gets. The table has `1 << log` cells, and `counts` has one entry for each symbol. The
 * entry −1 marks a rare symbol, which gets one cell at the end of the table.
 */
export interface Distribution {
  readonly log: number;
  readonly counts: ArrayLike<number>;
}

/** Spreads the symbols over a table of `size` cells, and calls `place` for each cell (RFC 8878, 4.1.1). */
function spreadSymbols({ log, counts }: Distribution, place: (cell: number, symbol: number) => void): void {
  const size = 1 << log;
  let high = size;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol] === -1) place(--high, symbol);
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let cell = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    for (let left = counts[symbol] ?? 0; left > 0; left--) {
      place(cell, symbol);
      do cell = (cell + step) & (size - 1);
      while (cell >= high);
    }
  }
}

const symbols = new Uint8Array(MAX_CELLS);
const nexts = new Uint16Array(MAX_SYMBOLS);
const placeSymbol = (cell: number, symbol: number): void => {
  symbols[cell] = symbol;
};

/**
 * A finite state entropy table for decoding. Each cell contains a symbol (8 bits), the number of bits to read (8 bits), and a
 * base (16 bits). The index of the next cell is the base plus the value of the bits that the decoder reads.
 */
export class FseTable {
  log = 0;
  readonly cells = new Uint32Array(MAX_CELLS);

  static of(distribution: Distribution): FseTable {
    return new FseTable().build(distribution);
  }

  build(distribution: Distribution): this {
    const { log, counts } = distribution;
    const size = 1 << log;
    for (let symbol = 0; symbol < counts.length; symbol++) nexts[symbol] = Math.abs(counts[symbol] ?? 0);
    spreadSymbols(distribution, placeSymbol);
    for (let cell = 0; cell < size; cell++) {
      const symbol = symbols[cell] as number;
      const next = nexts[symbol] as number;
      nexts[symbol] = next + 1;
      const bits = log - 31 + Math.clz32(next);
      this.cells[cell] = symbol | (bits << 8) | (((next << bits) - size) << 16);
    }
    this.log = log;
    return this;
  }

  /** Makes this a table with a single symbol, for which no bits are read. */
  repeat(symbol: number): this {
    this.cells[0] = symbol;
    this.log = 0;
    return this;
  }
}

/**
 * Reads the description of a table (RFC 8878, 4.1.1).
 *
 * @param end the end of the available bytes
 * @returns the distribution, and the position after the description
 */
export function readDistribution(
  view: DataView,
  start: number,
  end: number,
  maxLog: number,
  maxSymbol: number,
): { distribution: Distribution; next: number } {
  const bits = new ForwardBits(view, start, end);
  const log = bits.read(4) + 5;
  if (log > maxLog) throw corrupt(`a table of ${log} bits; at most ${maxLog} are allowed`);
  const counts: number[] = [];
  let left = 1 << log;
  while (left > 0) {
    if (counts.length > maxSymbol) throw corrupt("a table with too many symbols");
    const count = readCount(bits, left);
    left -= Math.abs(count);
    counts.push(count);
    if (count === 0) {
      let zeros: number;
      do {
        zeros = bits.read(2);
        for (let i = 0; i < zeros; i++) counts.push(0);
      } while (zeros === 3);
    }
  }
  return { distribution: { log, counts }, next: bits.next };
}

/**
 * Reads how many cells of the table the next symbol has. A small count takes one bit less than a large count.
 *
 * @param left the number of cells that have no symbol yet
 */
function readCount(bits: ForwardBits, left: number): number {
  const width = 32 - Math.clz32(left + 1);
  const half = 1 << (width - 1);
  const short = (1 << width) - 2 - left;
  const value = bits.peek(width);
  if ((value & (half - 1)) < short) {
    bits.take(width - 1);
    return (value & (half - 1)) - 1;
  }
  bits.take(width);
  return (value >= half ? value - short : value) - 1;
}
