import { describe, expect, test } from "vitest";
import { decodeBase64 } from "../../src/codec/base64.js";
import { createFrameDecoder } from "../../src/codec/compressed-frame-decoder.js";
import { readVectors } from "./vectors.js";

const { frames } = readVectors("zstd-stream.json") as { frames: { frame: string; text: string }[] };
const parts = frames.map(({ frame }) => decodeBase64(frame));

describe("the compressed frames of one connection", () => {
  test("the compressed frames of one connection decode to the texts that the server sent, in the same order", async () => {
    const decoder = await createFrameDecoder();
    expect(parts.map((part) => decoder.decode(part))).toEqual(frames.map(({ text }) => text));
    expect(frames.length).toBeGreaterThan(10);
  });

  test("the compressed frames of one connection cannot be decoded without the first frame", async () => {
    for (const part of parts.slice(1)) {
      const decoder = await createFrameDecoder();
      expect(() => decoder.decode(part)).toThrow(expect.objectContaining({ name: "ZstdError", code: "corrupt" }));
    }
  });

  test("createFrameDecoder refuses a frame if its decoded text is one byte longer than maxBytes", async () => {
    const longest = Math.max(...frames.map(({ text }) => new TextEncoder().encode(text).length));
    const strict = await createFrameDecoder({ maxBytes: longest - 1 });
    expect(() => parts.map((part) => strict.decode(part))).toThrow(expect.objectContaining({ code: "limit" }));
    const exact = await createFrameDecoder({ maxBytes: longest });
    expect(parts.map((part) => exact.decode(part))).toHaveLength(frames.length);
  });
});
