import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeUtf8 } from "../../../src/codec/utf8.js";
import { StreamDecoder } from "../../../src/codec/zstd/stream-decoder.js";
import { StreamEncoder } from "../../../src/codec/zstd/stream-encoder.js";
import { compressStream, decompressStream } from "./libzstd.js";
import { accountDiff, base64Like, randomSource, texts } from "./texts.js";

const MIB = 1024 * 1024;
const sizeOf = (parts: readonly Uint8Array[]) => parts.reduce((size, { length }) => size + length, 0);

/** Encodes messages to the parts of one stream. Checks that libzstd and our decoder can read the parts, and returns them. */
function encodeAll(messages: readonly string[]): Uint8Array[] {
  const encoder = new StreamEncoder();
  const parts = messages.map((message) => encoder.encode(message));
  const longest = Math.max(...messages.map((message) => message.length * 3));
  const read = decompressStream(parts, longest);
  const decoder = new StreamDecoder();
  for (const [index, message] of messages.entries()) {
    if (read[index] !== message) throw new Error(`libzstd reads something else in message ${index}`);
    if (decoder.decode(parts[index]!) !== message) throw new Error(`we read something else in message ${index}`);
  }
  return parts;
}

describe("a stream of messages", () => {
  test("libzstd decodes each message of a stream that StreamEncoder writes", () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 12 }), (messages) => {
        encodeAll(messages);
      }),
      { numRuns: 80 },
    );
  });

  test("StreamEncoder writes the same frame header as the server, and only before the first message", () => {
    const [first, second] = encodeAll(["first", "second"]);
    expect(first?.subarray(0, 6)).toEqual(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x58));
    expect(second).toHaveLength(3 + "second".length);
  });

  test("StreamEncoder encodes empty messages, even as the first message", () => {
    encodeAll(["", "", "a", "", "a"]);
  });

  test("StreamEncoder encodes messages that are longer than its window", () => {
    const random = randomSource(1);
    const long = `${base64Like(2.5 * MIB, random)}${"€".repeat(900_000)}`;
    const parts = encodeAll(["short", long, "short", long.slice(-1_000)]);
    expect(parts[3]!.length).toBeLessThan(40);
  });

  test("StreamEncoder finds repeated text in a stream that is longer than several windows", () => {
    const random = randomSource(2);
    const old = base64Like(2_000, random);
    const messages = Array.from({ length: 6_000 }, (_, index) => (index % 20 === 0 ? old : accountDiff(index, 600, random)));
    const parts = encodeAll(messages);
    expect(messages.join("").length).toBeGreaterThan(8 * MIB);
    // At least 90 % of the repeated messages must be found. The encoder may miss the others, because newer text overwrites
    // entries of its hash table.
    const found = parts.filter(({ length }, index) => index % 20 === 0 && length < 60);
    expect(found.length).toBeGreaterThan(0.9 * 300);
  });

  test("StreamEncoder does not reuse tables or offsets of a message that it wrote uncompressed", () => {
    const random = randomSource(4);
    // The encoder compresses some messages of these lengths, and leaves others uncompressed.
    for (let length = 100; length < 500; length++) {
      const copied = base64Like(12, random);
      const text = base64Like(length, random);
      encodeAll([
        `${copied}${text}`,
        `${text.slice(20, 27)}${base64Like(length, random)}`,
        base64Like(200, random),
        `${copied}${text}`,
      ]);
    }
  });

  test("StreamEncoder does not reuse an offset that occurred only in an uncompressed message", () => {
    const random = randomSource(5);
    const first = base64Like(200, random);
    // `second` and `third` each copy text with the offset 180. The encoder compresses `third`, but not `second`.
    const second = `${first.slice(20, 27)}${base64Like(60, random)}`;
    const earlier = first + second;
    const third = `#${earlier.slice(earlier.length + 1 - 180, earlier.length + 1 - 80)}`;
    const parts = encodeAll([first, second, third]);
    expect(parts[1]!.length).toBe(3 + second.length);
    expect(parts[2]!.length).toBeLessThan(20);
  });

  test("StreamEncoder writes few bytes for a message that repeats an earlier message", () => {
    const random = randomSource(3);
    const message = accountDiff(7, 300, random);
    const [first, second] = encodeAll([message, message]);
    expect(first!.length).toBeGreaterThan(700);
    expect(second!.length).toBeLessThan(30);
  });

  test.each([170, 2_000])(
    "for account diffs with %i bytes of data, the output of StreamEncoder is at most 1.1 times as large as that of libzstd",
    (dataLength) => {
      const random = randomSource(dataLength);
      const messages = Array.from({ length: 1_000 }, (_, index) => accountDiff(index, dataLength, random));
      expect(sizeOf(encodeAll(messages))).toBeLessThan(sizeOf(compressStream(messages)) * 1.1);
    },
  );

  test("StreamEncoder finds repeated messages after its window has moved", () => {
    const random = randomSource(6);
    // Each text is repeated after about 1 MiB, which is within the window of 2 MiB.
    const accounts = Array.from({ length: 180 }, () => base64Like(6_000, random));
    const messages = Array.from({ length: 1_500 }, (_, index) => `${accounts[index % 180]}${index}`);
    expect(sizeOf(messages.map(encodeUtf8))).toBeGreaterThan(8 * MIB);
    expect(sizeOf(encodeAll(messages))).toBeLessThan(sizeOf(compressStream(messages)) * 1.1);
  });

  test("StreamEncoder compresses random letters of a 64-letter alphabet to about six bits each", () => {
    expect(sizeOf(encodeAll([base64Like(100_000, randomSource(2))]))).toBeLessThan(76_000);
  });
});
