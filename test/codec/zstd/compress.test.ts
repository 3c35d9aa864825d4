import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../../src/codec/base64.js";
import { compress } from "../../../src/codec/zstd/compress.js";
import { decompress } from "../../../src/codec/zstd/decompress.js";
import { libzstd } from "./libzstd.js";
import { accountDiff, base64Like, randomBytes, randomSource, texts } from "./texts.js";

const MIB = 1024 * 1024;
const encode = (text: string) => new TextEncoder().encode(text);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Compresses bytes. Checks that libzstd and our decoder can read the frame, and returns it. */
function compressed(bytes: Uint8Array): Uint8Array {
  const frame = compress(bytes);
  if (!same(libzstd.decompress(frame), bytes)) throw new Error("libzstd reads something else");
  if (!same(decompress(frame), bytes)) throw new Error("we read something else");
  return frame;
}

describe("libzstd decompresses the output of compress()", () => {
  test("libzstd decompresses the output of compress() for random texts", () => {
    fc.assert(
      fc.property(texts, (text) => {
        compressed(encode(text));
      }),
      { numRuns: 200 },
    );
  });

  test("libzstd decompresses the output of compress() for random bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3_000 }),
      fc.uint8Array({ max: 2, maxLength: 10_000 }),
      fc.uint8Array({ max: 200, maxLength: 10_000 }),
    );
    fc.assert(
      fc.property(bytes, (plain) => {
        compressed(plain);
      }),
      { numRuns: 300 },
    );
  });

  // Sizes at which the format changes, for example to a longer size field or to a second block.
  test.each([0, 1, 255, 256, 257, 1_023, 1_024, 16_384, 65_791, 65_792, 131_071, 131_072, 131_073, 262_144])(
    "libzstd decompresses the output of compress() for %i bytes that are identical, periodic, letters or random",
    (size) => {
      const random = randomSource(size);
      const letters = encode(base64Like(size, random));
      for (const bytes of [
        new Uint8Array(size).fill(65),
        letters.map((_, at) => 65 + (at % 7)),
        letters,
        randomBytes(size, random),
      ]) {
        // The output may exceed the input by a frame header of at most 10 bytes, and by 3 bytes per block.
        expect(compressed(bytes).length).toBeLessThanOrEqual(size + 10 + 3 * Math.ceil(size / 131_072 + 1));
      }
    },
  );

  test.each([8 * MIB, 8 * MIB + 1])(
    "libzstd decompresses the output of compress() for %i bytes, near the largest window of 8 MiB",
    (size) => {
      const bytes = new Uint8Array(size).map((_, at) => 65 + ((at >> 5) % 50));
      bytes.set(randomBytes(1_000, randomSource(size)));
      bytes.copyWithin(size - 1_000, 0, 1_000);
      const frame = compressed(bytes);
      expect(frame[4]).toBe(size === 8 * MIB ? 0xa0 : 0x80);
    },
  );

  test("libzstd decompresses the output of compress() for an executable file", () => {
    const file = readFileSync(process.execPath).subarray(0, 3 * MIB);
    expect(compressed(file).length).toBeLessThan(file.length * 0.75);
  });

  test("compress() writes a repeated text as a reference if the distance is less than 8 MiB, and in full otherwise", () => {
    const random = randomSource(9);
    const far = encode(base64Like(100_000, random));
    for (const gap of [7.8 * MIB, 9 * MIB]) {
      const bytes = new Uint8Array(gap + 200_000).fill(46);
      bytes.set(far);
      bytes.set(far, gap + 100_000);
      expect(compressed(bytes).length < 120_000).toBe(gap < 8 * MIB - 100_000);
    }
  });

  // A header of one byte allows 31 literals, and a header of two bytes allows 4,095 literals.
  test.each([31, 32, 4_095, 4_096, 40_000])(
    "libzstd decompresses the output of compress() for %i uncompressed literals",
    (count) => {
      const literals = randomBytes(count, randomSource(count)).map((byte) => byte | 128);
      for (const more of [0, 1]) {
        const bytes = Buffer.concat([literals, new Uint8Array(more).fill(9), literals, literals]);
        expect(compressed(bytes).length).toBeLessThan(count + 40);
      }
    },
  );

  test("libzstd decompresses the output of compress() for an input that is a part of a larger buffer", () => {
    const buffer = encode(`${"#".repeat(1_000)}${accountDiff(1, 100, randomSource(1)).repeat(3)}${"#".repeat(1_000)}`);
    compressed(buffer.subarray(1_000, -1_000));
  });
});

describe("compression ratio", () => {
  test("compress() compresses a schedule of 4,000 slots (11 MiB of near-identical transactions) to less than 1 MiB", () => {
    const random = randomSource(4_000);
    const transaction = randomBytes(2_150, random);
    const schedule = Array.from({ length: 4_000 }, () => {
      // Replaces the blockhash (32 bytes) and an amount (8 bytes).
      transaction.set(randomBytes(32, random), 300);
      transaction.set(randomBytes(8, random), 1_500);
      return encodeBase64(transaction);
    });
    const bytes = encode(JSON.stringify(schedule));
    expect(bytes.length).toBeGreaterThan(10.5 * MIB);
    const frame = compress(bytes);
    expect(frame.length).toBeLessThan(0.9 * MIB);
    expect(same(libzstd.decompress(frame), bytes)).toBe(true);
  });

  test("compress() compresses 10,000 consecutive slots to less than a third", () => {
    const slots = encode(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => 312_000_000 + index)));
    expect(compressed(slots).length).toBeLessThan(slots.length / 3);
  });

  test("for an empty list, compress() returns the same bytes as the Rust crate", () => {
    expect(encodeBase64(compress(encode("[]")))).toBe("KLUv/SACEQAAW10=");
  });
});
