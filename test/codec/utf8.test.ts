import { afterEach, describe, expect, test, vi } from "vitest";
import { decodeUtf8, encodeUtf8, newUtf8Decoder } from "../../src/codec/utf8.js";

afterEach(() => vi.unstubAllGlobals());

const TEXTS = ["", "slot 5", "é ß", "日本", "🎉", "\ufeffwith a byte order mark", "a%41b"];
const INVALID = Uint8Array.of(0x61, 0xff, 0x62);

describe.each(["with the TextEncoder and TextDecoder of the platform", "without TextEncoder and TextDecoder, as in jsdom"])(
  "UTF-8 %s",
  (platform) => {
    const prepare = (): void => {
      if (!platform.startsWith("without")) return;
      vi.stubGlobal("TextEncoder", undefined);
      vi.stubGlobal("TextDecoder", undefined);
    };

    test("encodeUtf8 and the decoders of UTF-8 restore each text without loss", () => {
      prepare();
      for (const text of TEXTS) {
        const bytes = encodeUtf8(text);
        expect(Buffer.from(bytes).toString()).toBe(text);
        expect(newUtf8Decoder().decode(bytes)).toBe(text);
      }
      expect(decodeUtf8(encodeUtf8("日本 🎉"))).toBe("日本 🎉");
    });

    test("encodeUtf8 replaces a lone surrogate", () => {
      prepare();
      expect(Buffer.from(encodeUtf8("a\ud800b")).toString()).toBe("a\ufffdb");
    });

    test("the decoder of newUtf8Decoder refuses invalid bytes, and decodeUtf8 replaces them", () => {
      prepare();
      expect(() => newUtf8Decoder().decode(INVALID)).toThrow();
      expect(decodeUtf8(INVALID)).toBe("a\ufffdb");
    });

    test("the decoder of newUtf8Decoder accepts a stream of chunks, even if a chunk ends within a character", () => {
      prepare();
      const decoder = newUtf8Decoder();
      const bytes = encodeUtf8("a🎉b");
      expect(decoder.decode(bytes.subarray(0, 3), { stream: true }) + decoder.decode(bytes.subarray(3))).toBe("a🎉b");
      expect(decoder.decode(encodeUtf8("next"))).toBe("next");
    });
  },
);
