import { BackwardBits } from "./bits.js";
import { FseTable, readDistribution } from "./fse-table.js";
import type { Literals } from "./literals.js";
import type { Output } from "./output.js";
import {
  LITERAL_LENGTH_BASES,
  LITERAL_LENGTH_BITS,
  LITERAL_LENGTHS,
  MATCH_LENGTH_BASES,
  MATCH_LENGTH_BITS,
  MATCH_LENGTHS,
  OFFSETS,
} from "./sequence-codes.js";
import { corrupt } from "./zstd-error.js";

/**
 * The largest supported offset code. A value with code N has N + 1 bits. A value with code 31 does not fit in a signed 32-bit
 * integer.
 */
const MAX_OFFSET_CODE = 30;
/** From this length on, a built-in function copies faster than a loop. */
const LONG = 96;

/**
 * One of the three tables for sequences. It can be predefined, have a single symbol, be described in the block, or be kept from the
 * previous block.
 */
class CodeTable {
  current: FseTable | undefined;
  readonly #own = new FseTable();

  constructor(
    readonly predefined: FseTable,
    readonly maxLog: number,
    readonly maxSymbol: number,
  ) {}

  /**
   * Selects the table for a block. If the block describes a table, reads this description.
   *
   * @returns the position of the first byte that was not read
   */
  read(mode: number, view: DataView, at: number, end: number): number {
    if (mode === 0) this.current = this.predefined;
    if (mode === 1) {
      const symbol = at < end ? view.getUint8(at) : 255;
      if (symbol > this.maxSymbol) throw corrupt("an unknown code");
      this.current = this.#own.repeat(symbol);
      return at + 1;
    }
    if (mode === 2) {
      const { distribution, next } = readDistribution(view, at, end, this.maxLog, this.maxSymbol);
      this.current = this.#own.build(distribution);
      return next;
    }
    return at;
  }

  get table(): FseTable {
    if (this.current === undefined) throw corrupt("sequences without a table");
    return this.current;
  }
}

const literalLengths = FseTable.of(LITERAL_LENGTHS);
const matchLengths = FseTable.of(MATCH_LENGTHS);
const offsets = FseTable.of(OFFSETS);
const bits = new BackwardBits();

/**
 * Decodes the sequences of a block. Each sequence appends literals and then a copy of earlier output bytes. The tables and the
 * last three offsets are kept for the next block.
 */
export class Sequences {
  readonly #literalLengths = new CodeTable(literalLengths, 9, LITERAL_LENGTH_BITS.length - 1);
  readonly #matchLengths = new CodeTable(matchLengths, 9, MATCH_LENGTH_BITS.length - 1);
  readonly #offsets = new CodeTable(offsets, 8, MAX_OFFSET_CODE);
  #recent = 1;
  #second = 4;
  #third = 8;

  /** Resets the tables and the three recent offsets at the start of a frame. */
  reset(): void {
    for (const table of [this.#literalLengths, this.#matchLengths, this.#offsets]) table.current = undefined;
    [this.#recent, this.#second, this.#third] = [1, 4, 8];
  }

  /**
   * Reads a sequences section (RFC 8878, 3.1.1.3.2), which takes the rest of a block, and executes the sequences.
   *
   * @param view the block, with four more bytes after `end`
   * @param room the maximum number of decoded bytes in the block. `output` must have room for them
   */
  perform(view: DataView, start: number, end: number, literals: Literals, output: Output, room: number): void {
    let at = start;
    let count = at < end ? view.getUint8(at++) : -1;
    if (count === 255) {
      count = 0x7f00 + view.getUint16(at, true);
      at += 2;
    } else if (count > 127) {
      count = ((count - 128) << 8) + view.getUint8(at++);
    }
    if (count < 0 || at > end) throw corrupt("a block without sequences");
    if (count > 0) bits.open(view, this.#readTables(view, at, end), end);
    else if (at !== end) throw corrupt("data after the end of a block");
    this.#run(count, literals, output, room);
  }

  #readTables(view: DataView, start: number, end: number): number {
    if (start >= end) throw corrupt("truncated sequences");
    const modes = view.getUint8(start);
    if ((modes & 3) !== 0) throw corrupt("set reserved bits");
    let at = this.#literalLengths.read(modes >> 6, view, start + 1, end);
    at = this.#offsets.read((modes >> 4) & 3, view, at, end);
    return this.#matchLengths.read((modes >> 2) & 3, view, at, end);
  }

  #run(count: number, literals: Literals, output: Output, room: number): void {
    const { bytes, view, floor } = output;
    const { view: literalView } = literals;
    const literalEnd = literals.start + literals.length;
    const stop = output.end + room;
    let from = literals.start;
    let to = output.end;
    if (count > 0) {
      const { log: lengthLog, cells: lengthCells } = this.#literalLengths.table;
      const { log: offsetLog, cells: offsetCells } = this.#offsets.table;
      const { log: matchLog, cells: matchCells } = this.#matchLengths.table;
      let lengthCell = lengthCells[bits.read(lengthLog)] as number;
      let offsetCell = offsetCells[bits.read(offsetLog)] as number;
      let matchCell = matchCells[bits.read(matchLog)] as number;
      for (let left = count; left > 0; left--) {
        const offsetCode = offsetCell & 255;
        const matchCode = matchCell & 255;
        const lengthCode = lengthCell & 255;
        const offsetValue = offsetCode > 24 ? (bits.read(offsetCode - 16) << 16) | bits.read(16) : bits.read(offsetCode);
        const match = (MATCH_LENGTH_BASES[matchCode] as number) + bits.read(MATCH_LENGTH_BITS[matchCode] as number);
        const length = (LITERAL_LENGTH_BASES[lengthCode] as number) + bits.read(LITERAL_LENGTH_BITS[lengthCode] as number);
        const offset = this.#offsetOf((1 << offsetCode) + offsetValue, length === 0);
        const matchTo = to + length;
        if (from + length > literalEnd || matchTo + match > stop) throw corrupt("sequences that exceed their block");
        if (offset <= 0 || offset > matchTo - floor) throw corrupt("an offset before the window");

        if (length < LONG) {
          for (let i = 0; i < length; i += 4) view.setUint32(to + i, literalView.getUint32(from + i, true), true);
        } else {
          bytes.set(literals.bytes.subarray(from, from + length), to);
        }
        from += length;
        to = matchTo + match;
        copyMatch(bytes, view, matchTo, offset, match);

        if (left > 1) {
          lengthCell = lengthCells[(lengthCell >>> 16) + bits.read((lengthCell >>> 8) & 255)] as number;
          matchCell = matchCells[(matchCell >>> 16) + bits.read((matchCell >>> 8) & 255)] as number;
          offsetCell = offsetCells[(offsetCell >>> 16) + bits.read((offsetCell >>> 8) & 255)] as number;
        }
      }
      if (bits.left !== 0) throw corrupt("sequences of the wrong length");
    }
    if (to + literalEnd - from > stop) throw corrupt("literals that exceed their block");
    bytes.set(literals.bytes.subarray(from, literalEnd), to);
    output.end = to + literalEnd - from;
  }

  /**
   * Returns the offset of a sequence: a new offset, or one of three recent offsets (RFC 8878, 3.1.1.5). The returned offset
   * becomes the most recent offset.
   */
  #offsetOf(value: number, withoutLiterals: boolean): number {
    // In a sequence with literals, `value` 1 means the newest offset. Without literals, `value` 1 means the second newest offset.
    const choice = withoutLiterals ? value : value - 1;
    let offset = this.#recent;
    if (value > 3) offset = value - 3;
    else if (choice === 0) return offset;
    else if (choice === 1) offset = this.#second;
    else if (choice === 2) offset = this.#third;
    else offset -= 1;
    if (choice > 1) this.#third = this.#second;
    this.#second = this.#recent;
    this.#recent = offset;
    return offset;
  }
}

/**
 * Copies `length` bytes from the position `offset` bytes before the target. Source and target may overlap. The function may write
 * up to three more bytes after the copy.
 */
function copyMatch(bytes: Uint8Array, view: DataView, to: number, offset: number, length: number): void {
  const from = to - offset;
  if (length >= LONG && offset >= length) bytes.copyWithin(to, from, from + length);
  else if (offset >= 4) for (let i = 0; i < length; i += 4) view.setUint32(to + i, view.getUint32(from + i, true), true);
  else if (offset === 1) bytes.fill(bytes[from] as number, to, to + length);
  else for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i] as number;
}
