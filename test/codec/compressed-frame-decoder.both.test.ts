import { expect, test } from "vitest";
import { createFrameDecoder } from "../../src/codec/compressed-frame-decoder.js";
import { compress, decompress, StreamEncoder, ZstdError } from "../../src/codec/zstd.js";

test("compressed bytes and compressed streams are decoded to the original bytes and texts", async () => {
  const bytes = new TextEncoder().encode('["AQID"]');
  expect(decompress(compress(bytes))).toEqual(bytes);

  const encoder = new StreamEncoder();
  const decoder = await createFrameDecoder();
  for (const text of ['{"slot":1}', "", '{"slot":2}']) expect(decoder.decode(encoder.encode(text))).toBe(text);
  expect(() => decoder.decode(Uint8Array.of(1))).toThrow(ZstdError);
});

test("two frame decoders decode the same stream independently of each other", async () => {
  const [one, other] = [await createFrameDecoder(), await createFrameDecoder()];
  const first = new StreamEncoder().encode("the first of both");
  expect([one.decode(first), other.decode(first)]).toEqual(["the first of both", "the first of both"]);
});

test("a frame decoder refuses a frame that decodes to more than maxBytes", async () => {
  const text = "x".repeat(1_001);
  const frame = new StreamEncoder().encode(text);
  expect((await createFrameDecoder({ maxBytes: 1_001 })).decode(frame)).toBe(text);
  const decoder = await createFrameDecoder({ maxBytes: 1_000 });
  expect(() => decoder.decode(frame)).toThrow(expect.objectContaining({ code: "limit" }));
});
