import { expect, test } from "vitest";
import { createFrameDecoder, loadZstd } from "../../src/codec/zstd-loader.js";

test("what is loaded packs, reads, and speaks a stream", async () => {
  const { compress, decompress, StreamEncoder, ZstdError } = await loadZstd();
  const bytes = new TextEncoder().encode('["AQID"]');
  expect(decompress(compress(bytes))).toEqual(bytes);

  const encoder = new StreamEncoder();
  const decoder = await createFrameDecoder();
  for (const text of ['{"slot":1}', "", '{"slot":2}']) expect(decoder.decode(encoder.encode(text))).toBe(text);
  expect(() => decoder.decode(Uint8Array.of(1))).toThrow(ZstdError);
});

test("each decoder is a connection's own", async () => {
  const { StreamEncoder } = await loadZstd();
  const [one, other] = [await createFrameDecoder(), await createFrameDecoder()];
  const first = new StreamEncoder().encode("the first of both");
  expect([one.decode(first), other.decode(first)]).toEqual(["the first of both", "the first of both"]);
});

test("maxBytes bounds a frame's text", async () => {
  const { StreamEncoder } = await loadZstd();
  const text = "x".repeat(1_001);
  const frame = new StreamEncoder().encode(text);
  expect((await createFrameDecoder({ maxBytes: 1_001 })).decode(frame)).toBe(text);
  const decoder = await createFrameDecoder({ maxBytes: 1_000 });
  expect(() => decoder.decode(frame)).toThrow(expect.objectContaining({ code: "limit" }));
});
