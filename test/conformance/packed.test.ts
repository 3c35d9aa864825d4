import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/codec/base64.js";
import { compress, decompress } from "../../src/codec/zstd.js";
import { libzstd } from "../codec/zstd/libzstd.js";
import { title, wire } from "./vectors.js";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

describe("compressed fields", () => {
  for (const [index, { json, packed }] of wire.packed.entries()) {
    test(title(index, json, "is decompressed from the bytes that the crate has written"), () => {
      expect(decode(decompress(decodeBase64(packed)))).toBe(json);
    });

    test(title(index, json, "is compressed to bytes that libzstd can read"), () => {
      const field = encodeBase64(compress(encode(json)));
      expect(decode(libzstd.decompress(decodeBase64(field)))).toBe(json);
      expect(decode(decompress(decodeBase64(field)))).toBe(json);
    });
  }
});
