import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BackwardBits, ForwardBits } from "../../../src/codec/zstd/bits.js";
import { FseTable, readDistribution } from "../../../src/codec/zstd/fse-table.js";
import { HuffmanTable } from "../../../src/codec/zstd/huffman-table.js";

/** Adds four bytes, because the reader accesses up to three bytes past the end of its input. */
const viewOf = (bytes: readonly number[]) => new DataView(Uint8Array.from([...bytes, 0xff, 0xff, 0xff, 0xff]).buffer);

/** Packs bits into bytes. The first bit is the lowest bit. */
function toBytes(bits: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, byte) =>
    bits.slice(byte * 8, byte * 8 + 8).reduce((value, bit, place) => value | (bit << place), 0),
  );
}

const toBits = (value: number, count: number) => Array.from({ length: count }, (_, place) => (value >> place) & 1);

/** Writes the description of a distribution as in RFC 8878, 4.1.1, to test the reader. */
function describeDistribution(log: number, counts: readonly number[]): number[] {
  const bits = toBits(log - 5, 4);
  let left = 1 << log;
  for (let symbol = 0; symbol < counts.length; ) {
    const count = counts[symbol++] ?? 0;
    const width = 32 - Math.clz32(left + 1);
    const half = 2 ** (width - 1);
    // Values below `short` take `width - 1` bits. All other values take `width` bits.
    const short = 2 ** width - 2 - left;
    const value = count + 1;
    if (value < short) bits.push(...toBits(value, width - 1));
    else bits.push(...toBits(value < half ? value : value + short, width));
    left -= Math.abs(count);
    if (count !== 0) continue;
    let zeros = 0;
    while (counts[symbol] === 0) {
      symbol++;
      zeros++;
    }
    for (; zeros >= 3; zeros -= 3) bits.push(1, 1);
    bits.push(...toBits(zeros, 2));
  }
  return toBytes(bits);
}

/** Generates lists of counts with the sum `1 << log`. Some counts are zero or "less than one". The last count is not zero. */
const distributions = fc
  .tuple(fc.integer({ min: 5, max: 9 }), fc.array(fc.tuple(fc.integer({ min: -1, max: 20 }), fc.nat(12)), { maxLength: 12 }))
  .map(([log, parts]) => {
    let left = 1 << log;
    const counts: number[] = [];
    for (const [count, zeros] of parts) {
      if (Math.abs(count) >= left) break;
      counts.push(count, ...new Array<number>(zeros).fill(0));
      left -= Math.abs(count);
    }
    return { log, counts: [...counts, left] };
  });

const read = (bytes: readonly number[], maxLog = 9, maxSymbol = 255, end = bytes.length) =>
  readDistribution(viewOf(bytes), 0, end, maxLog, maxSymbol);
const refusal = (message: RegExp) => expect.objectContaining({ code: "corrupt", message: expect.stringMatching(message) });

describe("readDistribution", () => {
  test("readDistribution returns the distribution and the index of the next unread byte", () => {
    fc.assert(
      fc.property(distributions, ({ log, counts }) => {
        const bytes = describeDistribution(log, counts);
        expect(read([...bytes, 0xaa], 9, counts.length - 1)).toEqual({ distribution: { log, counts }, next: bytes.length });
      }),
      { numRuns: 500 },
    );
  });

  test("readDistribution refuses an unknown symbol, a table that is too large, and a truncated description", () => {
    fc.assert(
      fc.property(distributions, ({ log, counts }) => {
        const bytes = describeDistribution(log, counts);
        if (counts.length > 1) expect(() => read(bytes, 9, counts.length - 2)).toThrow(refusal(/too many symbols/));
        expect(() => read(bytes, log - 1)).toThrow(refusal(/bits; at most/));
        expect(() => read(bytes, 9, 255, bytes.length - 1)).toThrow(refusal(/truncated/));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a decoding table", () => {
  test("in an FSE table, the cells of each used symbol cover all next states without overlap", () => {
    fc.assert(
      fc.property(distributions, ({ log, counts }) => {
        const { cells } = FseTable.of({ log, counts });
        const size = 1 << log;
        const reached = counts.map(() => new Array<number>(size).fill(0));
        for (const cell of cells.subarray(0, size)) {
          for (let next = 0; next < 1 << ((cell >>> 8) & 255); next++) reached[cell & 255]![(cell >>> 16) + next]!++;
        }
        for (const [symbol, count] of counts.entries()) {
          expect(cells.subarray(0, size).filter((cell) => (cell & 255) === symbol)).toHaveLength(Math.abs(count));
          expect(reached[symbol]!.every((times) => times === (count === 0 ? 0 : 1))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("the description of a Huffman table", () => {
  const table = new HuffmanTable();
  /** Uncompressed weights, four bits each. */
  const plain = (...weights: number[]) => {
    const bytes = [127 + weights.length];
    for (let at = 0; at < weights.length; at += 2) bytes.push((weights[at]! << 4) | (weights[at + 1] ?? 0));
    return bytes;
  };
  const readTable = (bytes: readonly number[], end = bytes.length) => table.read(viewOf(bytes), 0, end);

  test("HuffmanTable assigns cells to each symbol by weight, and the remaining cells to the last symbol", () => {
    expect(readTable([...plain(1, 0, 2), 0xaa])).toBe(3);
    // The cells with the longest codes come first: symbol 0, symbol 3, and then two cells of symbol 2.
    const cell = (symbol: number, bits: number) => (symbol << 8) | bits;
    expect([table.bits, ...table.cells.subarray(0, 4)]).toEqual([2, cell(0, 2), cell(3, 2), cell(2, 1), cell(2, 1)]);
  });

  test.each<[string, number[]]>([
    ["whose weights are all zero", plain(0, 0)],
    ["whose weights do not leave a power of two for the last symbol", plain(1, 1, 3, 3, 1)],
    ["with codes of 12 bits", plain(12, 1)],
    ["without the sibling of a longest code", plain(2, 2, 3)],
    ["that is truncated", [130, 0x11]],
    ["that is empty", []],
  ])("HuffmanTable refuses an invalid description: a description %s", (_, bytes) => {
    expect(() => readTable(bytes)).toThrow(refusal(/Huffman table/));
  });
});

describe("a bit reader", () => {
  test("BackwardBits reads bits from the end to the start, and returns zeros after the last bit", () => {
    const bits = new BackwardBits();
    bits.open(viewOf([0b1010_0101, 0b0001_0110]), 0, 2);
    expect(bits.left).toBe(12);
    expect([bits.read(0), bits.read(3), bits.read(5), bits.read(2), bits.read(6), bits.read(4)]).toEqual([
      0, 0b011, 0b01010, 0b01, 0b010000, 0,
    ]);
    expect(bits.left).toBe(-8);
  });

  test("BackwardBits refuses a bit stream without its end bit", () => {
    const bits = new BackwardBits();
    expect(() => bits.open(viewOf([1, 0]), 0, 2)).toThrow(refusal(/without an end mark/));
    expect(() => bits.open(viewOf([1]), 0, 0)).toThrow(refusal(/without an end mark/));
  });

  test("ForwardBits reads bits from the start to the end, and refuses to read past the end", () => {
    const bits = new ForwardBits(viewOf([0b1010_0101, 0b0001_0110]), 0, 2);
    expect([bits.read(3), bits.read(7)]).toEqual([0b101, 0b1010100]);
    expect(bits.next).toBe(2);
    expect(() => bits.read(7)).toThrow(refusal(/truncated/));
  });
});
