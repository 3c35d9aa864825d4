import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decompress } from "../../../src/codec/zstd/decompress.js";
import { ZstdError } from "../../../src/codec/zstd/zstd-error.js";
import { blockEnds, compressedBlock, header, rawBlock, runBlock, skippable } from "./frames.js";
import { compressStream, libzstd } from "./libzstd.js";
import { accountDiff, randomBytes, randomSource, texts } from "./texts.js";

const MIB = 1024 * 1024;
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const refusal = (code: string) => expect.objectContaining({ name: "ZstdError", code });
/** Compares bytes. The comparison of vitest is slow for millions of numbers. */
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe("output of libzstd", () => {
  test("decompress() reads the output of libzstd at any compression level", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: -5, max: 12 }), (text, level) => {
        expect(decode(decompress(libzstd.compress(encode(text), level)))).toBe(text);
      }),
      { numRuns: 150 },
    );
  });

  test("decompress() reads the output of libzstd for binary content", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 2_000 }), fc.uint8Array({ max: 3, maxLength: 5_000 }));
    fc.assert(
      fc.property(bytes, fc.integer({ min: -5, max: 19 }), (plain, level) => {
        expect(decompress(libzstd.compress(plain, level))).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  // For a large binary file, libzstd writes many tables. At high levels, libzstd also reuses the tables of earlier blocks.
  test.each([1, 3, 6, 12, 19])("decompress() reads the output of libzstd at level %i for an executable file", (level) => {
    const file = readFileSync(process.execPath).subarray(0, 1_500_000);
    expect(same(decompress(libzstd.compress(file, level)), file)).toBe(true);
  });

  test.each([1, 3, 19])("decompress() reads the output of libzstd at level %i for a text of 700 account diffs", (level) => {
    const random = randomSource(level);
    const text = Array.from({ length: 700 }, (_, index) => accountDiff(index, 500, random)).join("\n");
    expect(decode(decompress(libzstd.compress(encode(text), level)))).toBe(text);
  });

  test("decompress() reads a frame of libzstd that has no content size", () => {
    const messages = ["one ", "two ", "two ", "x".repeat(300_000)];
    const frame = Buffer.concat([...compressStream(messages), libzstd.compressEnd()]);
    expect(decode(decompress(frame))).toBe(messages.join(""));
  });

  test("decompress() reads a frame that repeats bytes from 64 MiB earlier in its content", () => {
    const runs = 512;
    const distance = "far!".length + runs * 128 * 1024;
    // zstd encodes a distance as `distance + 3`, because the values 1 to 3 select a recent distance.
    const bits = distance + 3;
    // This sequence has no literals, and copies 3 bytes from `distance` bytes earlier.
    const sequence = [0, 1, 0x54, 0, 26, 0, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24];
    const block = Array.from({ length: runs }, () => runBlock(46, 128 * 1024)).flat();
    const frame = Uint8Array.from([
      ...header({ rest: [17 << 3] }),
      ...rawBlock("far!"),
      ...block,
      ...compressedBlock(sequence, true),
    ]);
    expect(decode(decompress(frame).subarray(-4))).toBe(".far");
  });

  test("decompress() reads a frame with a window of 128 MiB", () => {
    const frame = [...header({ rest: [17 << 3] }), ...rawBlock("far", true)];
    expect(decode(decompress(Uint8Array.from(frame)))).toBe("far");
  });
});

describe("zstd frames", () => {
  test("decompress() joins the content of all frames, and ignores skippable frames", () => {
    const frames = [skippable(0), libzstd.compress(encode("a".repeat(40))), skippable(9), libzstd.compress(encode("b"))];
    expect(decode(decompress(Buffer.concat(frames.map((frame) => Uint8Array.from(frame)))))).toBe(`${"a".repeat(40)}b`);
  });

  test("decompress() returns no bytes if the input has only skippable frames", () => {
    expect(decompress(Uint8Array.from(skippable(3)))).toEqual(new Uint8Array(0));
  });

  test("decompress() refuses a frame that copies bytes from an earlier frame", () => {
    const [, second] = compressStream(["the same words", "the same words"]);
    const whole = (...before: number[]) => Uint8Array.from([...before, ...second!, ...rawBlock("", true)]);
    expect(decode(decompress(whole(...header(), ...rawBlock("the same words"))))).toBe("the same wordsthe same words");
    expect(() => decompress(whole(...header(), ...rawBlock("the same words", true), ...header()))).toThrow(refusal("corrupt"));
  });

  test("each zstd frame starts with the repeat offsets 1, 4 and 8", () => {
    const frames = ["a".repeat(500), "abcd".repeat(100), "abcdefgh".repeat(100), `x${"y".repeat(90)}`].map((text) =>
      libzstd.compress(encode(text)),
    );
    for (const one of frames) {
      const text = decode(decompress(one));
      for (const other of frames) expect(decode(decompress(Buffer.concat([other, one])))).toBe(decode(decompress(other)) + text);
    }
  });

  test("decompress() returns a new array, not a view of the input", () => {
    const frame = Uint8Array.from([...header(), ...rawBlock("abc", true)]);
    const bytes = decompress(frame);
    frame.fill(0);
    expect(bytes).toEqual(encode("abc"));
    expect(bytes.buffer.byteLength).toBe(3);
  });
});

describe("the size limit of decompress", () => {
  const bomb = (blocks: number) =>
    Uint8Array.from([
      ...header(),
      ...Array.from({ length: blocks }, () => runBlock(65, 128 * 1024)).flat(),
      ...rawBlock("", true),
    ]);

  test("decompress() accepts output of exactly the size limit, and refuses output that is one byte longer", () => {
    expect(decompress(bomb(16), 2 * MIB)).toHaveLength(2 * MIB);
    expect(() => decompress(bomb(16), 2 * MIB - 1)).toThrow(refusal("limit"));
  });

  test("the size limit of decompress() is 256 MiB by default", () => {
    expect(decompress(bomb(600))).toHaveLength(75 * MIB);
    expect(() => decompress(bomb(2049))).toThrow(refusal("limit"));
  });

  test("decompress() allocates memory for the decoded bytes, not for the size that the frame header states", () => {
    const { arrayBuffers } = process.memoryUsage();
    const liar = Uint8Array.from([...header({ descriptor: 0xa0, rest: [0, 0, 0, 15] }), ...rawBlock("a")]);
    let most = 0;
    for (const [frame, limit] of [
      [liar, 256 * MIB],
      [bomb(2_000), 4 * MIB],
    ] as const) {
      expect(() => decompress(frame, limit)).toThrow(ZstdError);
      most = Math.max(most, process.memoryUsage().arrayBuffers - arrayBuffers);
    }
    // The decoded output is at most 4 MiB. The rest of the 24 MiB is a margin for old buffers that are not freed yet.
    expect(most).toBeLessThan(24 * MIB);
  });
});

describe("unreadable zstd input is refused", () => {
  const frame = libzstd.compress(encode(accountDiff(1, 400, randomSource(4)).repeat(3)), 5);

  test("decompress() refuses an empty input", () => {
    expect(() => decompress(new Uint8Array(0))).toThrow(refusal("corrupt"));
  });

  test("decompress() refuses a frame that is truncated at any byte", () => {
    for (let size = 0; size < frame.length; size++) expect(() => decompress(frame.subarray(0, size))).toThrow(refusal("corrupt"));
  });

  test("decompress() refuses a frame that is followed by other bytes", () => {
    for (const rest of [[0], [1, 2, 3, 4, 5], skippable(9).slice(0, 12)]) {
      expect(() => decompress(Uint8Array.from([...frame, ...rest]))).toThrow(refusal("corrupt"));
    }
  });

  test("decompress() refuses a frame whose last block is missing", () => {
    const long = libzstd.compress(randomBytes(200_000, randomSource(6)));
    const [first] = blockEnds(long, 9);
    expect(() => decompress(long.subarray(0, first))).toThrow(refusal("corrupt"));
    expect(decompress(long)).toHaveLength(200_000);
  });

  test("decompress() returns bytes or throws a ZstdError for a frame with flipped bits", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(frame.length - 1), fc.nat(7)), { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = frame.slice();
        for (const [at, bit] of changes) bytes[at]! ^= 1 << bit;
        try {
          decompress(bytes, MIB);
        } catch (error) {
          expect(error).toBeInstanceOf(ZstdError);
          refused++;
        }
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  test("decompress() returns bytes or throws a ZstdError for a block of random literals and sequences", () => {
    // The generated blocks cover all modes that zstd has for literals and for sequence tables.
    const content = fc
      .tuple(fc.nat(255), fc.uint8Array({ maxLength: 120 }), fc.nat(255), fc.uint8Array({ maxLength: 60 }))
      .map(([literals, some, modes, more]) => [literals, ...some, 3, modes & 0xfc, ...more]);
    fc.assert(
      fc.property(content, (bytes) => {
        try {
          decompress(Uint8Array.from([...header(), ...rawBlock("0123456789"), ...compressedBlock(bytes, true)]), MIB);
        } catch (error) {
          expect(error).toBeInstanceOf(ZstdError);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
