import fc from "fast-check";
import { expect, test } from "vitest";
import { decompress } from "../../../src/codec/zstd/decompress.js";
import { ZstdError } from "../../../src/codec/zstd/zstd-error.js";
import { compressedBlock, header, rawBlock } from "./frames.js";
import { compressStream, libzstd } from "./libzstd.js";
import { accountDiff, base64Like, randomSource } from "./texts.js";

/** The result of a frame: its bytes, or the reason for its refusal. */
type Verdict = { bytes: Buffer } | { refused: string };

function ours(frame: Uint8Array): Verdict {
  try {
    return { bytes: Buffer.from(decompress(frame, 1024 * 1024)) };
  } catch (error) {
    expect(error).toBeInstanceOf(ZstdError);
    return { refused: (error as ZstdError).message };
  }
}

function theirs(frame: Uint8Array): Verdict {
  try {
    return { bytes: Buffer.from(libzstd.decompress(frame)) };
  } catch (error) {
    return { refused: String(error) };
  }
}

/** libzstd accepts Huffman codes of 12 bits, but our decoder refuses these codes, as the format requires. */
const LENIENT = /an invalid Huffman table/;

function expectSameVerdict(frame: Uint8Array): void {
  const own = ours(frame);
  const other = theirs(frame);
  if ("bytes" in own) expect("bytes" in other ? other.bytes.equals(own.bytes) : other).toBe(true);
  else if (!LENIENT.test(own.refused)) expect(other, own.refused).toHaveProperty("refused");
}

const random = randomSource(17);
const HEADER_SIZE = 6;
/** Frames without a content size. They are compressed at all levels and contain all kinds of tables. */
const frames = Array.from({ length: 60 }, (_, index) => {
  const texts = [
    accountDiff(index, 100 + index * 3, random).repeat(2),
    Array.from({ length: 150 }, () => (random() & 127) * 3).join(),
    base64Like(40 + index * 8, random),
    Array.from({ length: 800 }, () => String.fromCharCode(40 + (random() % (1 + (random() & 31))))).join(""),
  ];
  const parts = compressStream([texts[index % 4] ?? "", texts[(index >> 2) % 4] ?? ""], 1 + (index % 19));
  return Uint8Array.from(Buffer.concat([...parts, libzstd.compressEnd()]));
});

test("for a frame with flipped bits, decompress() and libzstd return the same bytes, or both fail", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 3 });
  fc.assert(
    fc.property(fc.nat(frames.length - 1), changes, (index, flips) => {
      const frame = (frames[index] ?? new Uint8Array(0)).slice();
      for (const [at, bit] of flips) frame[HEADER_SIZE + (at % (frame.length - HEADER_SIZE))]! ^= 1 << bit;
      expectSameVerdict(frame);
    }),
    { numRuns: 6_000 },
  );
});

test("for a frame with a random block, decompress() and libzstd return the same bytes, or both fail", () => {
  const bytes = (maxLength: number) => fc.array(fc.nat(255), { maxLength });
  // Generates the literals of a block: plain literals, one repeated literal, or random bytes.
  const literals = fc.oneof(
    fc.nat(20).map((count) => [count << 3, ...new Array<number>(count).fill(65)]),
    fc.nat(31).map((count) => [(count << 3) | 1, 66]),
    fc.tuple(fc.nat(255), bytes(80)).map(([first, rest]) => [first, ...rest]),
  );
  const sequences = fc.tuple(fc.nat(4), fc.nat(63), bytes(40)).map(([count, modes, rest]) => [count, modes << 2, ...rest]);
  // Sequences with three tables of one symbol each. With these tables, random bytes are a valid block more often.
  const simple = fc
    .tuple(fc.nat(3), fc.nat(40), fc.nat(33), fc.nat(55), bytes(8))
    .map(([count, length, offset, match, rest]) => [count, 0x54, length, offset, match, ...rest]);
  fc.assert(
    fc.property(literals, fc.oneof(sequences, simple), (first, second) => {
      const block = compressedBlock([...first, ...second], true);
      expectSameVerdict(Uint8Array.from([...header(), ...rawBlock("0123456789"), ...block]));
    }),
    { numRuns: 6_000 },
  );
});
