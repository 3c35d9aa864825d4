import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamDecoder } from "../../../src/codec/zstd/stream-decoder.js";
import { ZstdError, type ZstdErrorCode } from "../../../src/codec/zstd/zstd-error.js";
import { blockEnds, blockHeader, compressedBlock, header, rawBlock, runBlock, skippable } from "./frames.js";
import { compressStream, libzstd } from "./libzstd.js";
import { accountDiff, base64Like, randomBytes, randomSource, texts } from "./texts.js";

const MIB = 1024 * 1024;

function decodeAll(parts: readonly Uint8Array[]): string[] {
  const decoder = new StreamDecoder();
  return parts.map((part) => decoder.decode(part));
}

function errorOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return undefined;
}

const decode = (...bytes: number[]) => new StreamDecoder().decode(Uint8Array.from(bytes));
const codeOf = (attempt: () => unknown): ZstdErrorCode | undefined => {
  const error = errorOf(attempt);
  return error instanceof ZstdError ? error.code : undefined;
};

describe("a stream of messages that libzstd writes", () => {
  test("StreamDecoder decodes a stream of libzstd at every compression level", () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 12 }), fc.integer({ min: -3, max: 12 }), (messages, level) => {
        expect(decodeAll(compressStream(messages, level))).toEqual(messages);
      }),
      { numRuns: 60 },
    );
  });

  test.each([3, 9])("StreamDecoder decodes a stream of libzstd that is longer than several windows, at level %i", (level) => {
    const random = randomSource(level);
    const repeated = base64Like(3_000, random);
    const messages = Array.from({ length: 1_500 }, (_, index) =>
      index % 100 === 0 ? repeated : accountDiff(index, index % 50 === 1 ? 40_000 : 1_000, random),
    );
    const decoder = new StreamDecoder();
    for (const [index, part] of compressStream(messages, level).entries()) {
      if (decoder.decode(part) !== messages[index]) throw new Error(`message ${index} differs`);
    }
    expect(messages.join("").length).toBeGreaterThan(3 * 2 * MIB);
  });

  test("StreamDecoder decodes a stream of libzstd with a window of 8 MiB", () => {
    const random = randomSource(8);
    const far = base64Like(MIB / 2, random);
    const messages = [far, "x".repeat(7 * MIB), far, "y".repeat(5 * MIB), far];
    const parts = compressStream(messages, 19);
    expect(parts[0]?.[5]).toBe((23 - 10) << 3);
    expect(decodeAll(parts).map((text, index) => text === messages[index])).toEqual(messages.map(() => true));
    // The second copy of `far` compresses well, because the first copy is still in the window.
    expect(parts[2]?.length).toBeLessThan(1_000);
  });

  test("StreamDecoder decodes a message that is longer than the window, even if blocks end within characters", () => {
    const random = randomSource(3);
    for (const shift of ["", "x", "xx"]) {
      const long = `${shift}${"€".repeat(800_000)}${base64Like(2 * MIB, random)}${"😀".repeat(100_000)}`;
      const messages = ["before", long, "after", long.slice(0, 100)];
      expect(decodeAll(compressStream(messages)).map((text, index) => text === messages[index])).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });

  test("StreamDecoder decodes empty messages of libzstd", () => {
    const messages = ["", "", '{"a":1}', "", '{"a":1}', ""];
    expect(decodeAll(compressStream(messages))).toEqual(messages);
  });

  test("several StreamDecoders decode different streams at the same time without affecting each other", () => {
    const random = randomSource(5);
    const streams = [0, 1, 2].map((stream) => Array.from({ length: 50 }, (_, i) => accountDiff(i, 300 + stream * 500, random)));
    const parts = streams.map((messages) => compressStream(messages));
    const decoders = streams.map(() => new StreamDecoder());
    for (let i = 0; i < 50; i++) {
      for (const [stream, decoder] of decoders.entries()) expect(decoder.decode(parts[stream]![i]!)).toBe(streams[stream]![i]);
    }
  });

  test("StreamDecoder reads a part of a larger buffer, and is not affected if the caller later overwrites the buffer", () => {
    const messages = ['{"n":1,"text":"some words"}', '{"n":2,"text":"some words"}'];
    const decoder = new StreamDecoder();
    const buffer = new Uint8Array(4_096).fill(0xee);
    const seen = compressStream(messages).map((part) => {
      buffer.set(part, 100);
      const text = decoder.decode(buffer.subarray(100, 100 + part.length));
      buffer.fill(0xee);
      return text;
    });
    expect(seen).toEqual(messages);
  });
});

describe("frames of a zstd stream", () => {
  test("StreamDecoder decodes several frames, both in one message and across messages", () => {
    const decoder = new StreamDecoder();
    const parts = [
      [...header(), ...rawBlock("a"), ...rawBlock("b", true), ...header(), ...runBlock(99, 3)],
      [...rawBlock("d", true), ...skippable(5)],
      [...skippable(300), ...header(), ...rawBlock("e")],
    ];
    expect(parts.map((part) => decoder.decode(Uint8Array.from(part)))).toEqual(["abccc", "d", "e"]);
  });

  test("StreamDecoder refuses a frame that copies bytes from an earlier frame", () => {
    const messages = ["the same words", "the same words"];
    const [first, second] = compressStream(messages);
    const decoder = new StreamDecoder();
    decoder.decode(first!);
    decoder.decode(Uint8Array.from(rawBlock("", true)));
    expect(codeOf(() => decoder.decode(Uint8Array.from([...header(), ...second!])))).toBe("corrupt");
  });

  test("in a stream of large frames, StreamDecoder refuses a frame that copies bytes from the previous frame", () => {
    // Copies 3 bytes that are 700,000 bytes before the current position. The 19 and the last three bytes encode this distance.
    const copy = compressedBlock([0, 1, 0x54, 0, 19, 0, 0x63, 0xae, 0x0a]);
    const frame = (blocks: number) =>
      Array.from({ length: blocks }, () => [...rawBlock("B".repeat(300)), ...runBlock(65 + blocks, 128 * 1024 - 300)]).flat();
    const second = (blocks: number) => {
      const decoder = new StreamDecoder();
      decoder.decode(Uint8Array.from([...header(), ...frame(20), ...rawBlock("", true)]));
      return decoder.decode(Uint8Array.from([...header(), ...frame(blocks), ...copy])).length;
    };
    expect(second(6)).toBe(6 * 128 * 1024 + 3);
    expect(codeOf(() => second(5))).toBe("corrupt");
  });

  test("StreamDecoder refuses a frame that uses the tables of an earlier frame", () => {
    const text = base64Like(2_000, randomSource(1));
    const parts = compressStream([text, base64Like(500, randomSource(2))]);
    const decoder = new StreamDecoder();
    decoder.decode(parts[0]!);
    // The literals of `parts[1]` have the type 3: they use the Huffman table of `parts[0]`.
    expect(parts[1]![3]! & 3).toBe(3);
    decoder.decode(Uint8Array.from(rawBlock("", true)));
    expect(codeOf(() => decoder.decode(Uint8Array.from([...header(), ...parts[1]!])))).toBe("corrupt");
  });

  test("StreamDecoder ignores the value of a frame's checksum", () => {
    expect(decode(...header({ descriptor: 4 }), ...rawBlock("a", true), 1, 2, 3, 4, ...header(), ...rawBlock("b"))).toBe("ab");
    expect(codeOf(() => decode(...header({ descriptor: 4 }), ...rawBlock("a", true), 1, 2, 3))).toBe("corrupt");
  });

  test.each([
    ["in one byte", 0x20, [3]],
    ["in two bytes, counted from 256", 0x60, [44, 0]],
    ["in four bytes", 0xa0, [3, 0, 0, 0]],
    ["in eight bytes", 0xe0, [3, 0, 0, 0, 0, 0, 0, 0]],
  ])("StreamDecoder reads a frame that states its size %s, and refuses a wrong size", (_, descriptor, rest) => {
    const size = descriptor === 0x60 ? 300 : 3;
    expect(decode(...header({ descriptor, rest }), ...rawBlock("x".repeat(size), true))).toBe("x".repeat(size));
    for (const wrong of [size - 1, size + 1]) {
      expect(codeOf(() => decode(...header({ descriptor, rest }), ...rawBlock("x".repeat(wrong), true)))).toBe("corrupt");
    }
  });

  test.each<[string, ZstdErrorCode, number[]]>([
    ["with another magic number", "corrupt", [0x28, 0xb5, 0x2f, 0xfc, 0, 0x58, ...rawBlock("a")]],
    ["with the reserved bit set", "corrupt", [...header({ descriptor: 8 }), ...rawBlock("a")]],
    ["with a reserved kind of block", "corrupt", [...header(), ...blockHeader(3, 1), 65]],
    ["that needs a dictionary", "unsupported", [...header({ descriptor: 1, rest: [0x58, 7] }), ...rawBlock("a")]],
    ["with a window of more than 8 MiB", "limit", [...header({ rest: [(13 << 3) | 1] }), ...rawBlock("a")]],
    ["with a window of terabytes", "limit", [...header({ rest: [0xff] }), ...rawBlock("a")]],
    [
      "with a single segment of more than 8 MiB",
      "limit",
      [...header({ descriptor: 0xa0, rest: [1, 0, 128, 0] }), ...rawBlock("a")],
    ],
    ["with a block of more than 128 KiB", "corrupt", [...header(), ...runBlock(65, 128 * 1024 + 1)]],
    ["with a block that is larger than the window", "corrupt", [...header({ rest: [0] }), ...runBlock(65, 1_025)]],
    ["with a block without literals", "corrupt", [...header(), ...compressedBlock([])]],
    ["with a block without sequences", "corrupt", [...header(), ...compressedBlock([0x08, 65])]],
    ["with literals that extend past their block", "corrupt", [...header(), ...compressedBlock([0x18, 65, 66])]],
    ["with literals whose table does not exist", "corrupt", [...header(), ...compressedBlock([0x13, 0x40, 0, 1, 0])]],
    ["with sequences whose table does not exist", "corrupt", [...header(), ...compressedBlock([0x08, 65, 1, 0xfc, 1])]],
    ["with reserved bits set among the sequences' modes", "corrupt", [...header(), ...compressedBlock([0x08, 65, 1, 1, 1])]],
    ["with bytes after their sequences", "corrupt", [...header(), ...compressedBlock([0x08, 65, 0, 1])]],
  ])("StreamDecoder refuses an invalid frame: a frame %s", (_, code, bytes) => {
    expect(codeOf(() => decode(...bytes))).toBe(code);
  });

  // Each case checks the reason of the refusal, because a frame could be refused for another reason by chance.
  test.each<[RegExp, number[]]>([
    // The sizes of the literal streams need 6 bytes, but only 3 bytes follow.
    [/truncated literal streams/, [0x66, 0x40, 0x01, 128, 0x10, 1, 0, 1]],
    // The third literal stream has a size of 200 bytes, but only a few bytes follow.
    [/truncated literal streams/, [0x46, 0x00, 0x03, 128, 0x10, 1, 0, 1, 0, 200, 0, 3, 3, 3, 3]],
    [/an unknown code/, [0x08, 65, 1, 0x54, 36, 0, 0, 1]],
    [/an unknown code/, [0x08, 65, 1, 0x54, 0, 31, 0, 1]],
    [/an unknown code/, [0x08, 65, 1, 0x54, 0, 0, 53, 1]],
    [/sequences that exceed their block/, [0x08, 65, 1, 0x54, 2, 0, 0, 1]],
    [/an offset before the window/, [0x00, 1, 0x54, 0, 1, 0, 3]],
    [/sequences of the wrong length/, [0x08, 65, 1, 0x54, 1, 0, 0, 2]],
    [/sequences of the wrong length/, [0x08, 65, 1, 0x54, 1, 2, 0, 1]],
    [/literals that exceed their block/, [0x0d, 0x00, 0x20, 65, 1, 0x54, 1, 0, 0, 1]],
  ])("StreamDecoder refuses a corrupt frame with the reason %s", (message, content) => {
    const error = errorOf(() => decode(...header(), ...rawBlock("0"), ...compressedBlock(content)));
    expect(error).toMatchObject({ code: "corrupt", message: expect.stringMatching(message) });
  });

  test("StreamDecoder decodes frames whose values are exactly at the limits of the format", () => {
    expect(decode(...header({ descriptor: 1, rest: [0x58, 0] }), ...rawBlock("no dictionary"))).toBe("no dictionary");
    expect(decode(...header({ rest: [13 << 3] }), ...runBlock(65, 128 * 1024))).toBe("A".repeat(128 * 1024));
    expect(decode(...header({ rest: [0] }), ...runBlock(65, 1_024))).toBe("A".repeat(1_024));
    expect(decode(...header(), ...compressedBlock([0x08, 65, 0]))).toBe("A");
    expect(decode(...header(), ...compressedBlock([0x19, 65, 0]))).toBe("AAA");
  });
});

describe("the size limit of a message", () => {
  /** Returns a frame that decodes to `blocks * 128` KiB. The output is about 490 times as long as the frame. */
  const bomb = (blocks: number) =>
    Uint8Array.from([
      ...header(),
      ...Array.from({ length: blocks }, () => [...rawBlock("B".repeat(260)), ...runBlock(65, 128 * 1024 - 260)]).flat(),
    ]);

  test("the size limit of StreamDecoder for a message is 64 MiB by default", () => {
    expect(new StreamDecoder().decode(bomb(512)).length).toBe(64 * MIB);
    expect(codeOf(() => new StreamDecoder().decode(bomb(513)))).toBe("limit");
  });

  test("the size limit of StreamDecoder applies to each message, not to the whole stream", () => {
    const decoder = new StreamDecoder(100);
    expect(decoder.decode(Uint8Array.from([...header(), ...runBlock(65, 100)]))).toHaveLength(100);
    expect(decoder.decode(Uint8Array.from(runBlock(66, 60)))).toHaveLength(60);
    expect(decoder.decode(Uint8Array.from([...runBlock(66, 60), ...runBlock(67, 40)]))).toHaveLength(100);
    expect(codeOf(() => decoder.decode(Uint8Array.from([...runBlock(66, 60), ...runBlock(67, 41)])))).toBe("limit");
  });

  test("the size limit of StreamDecoder counts all bytes of a message, even bytes that are no longer in the window", () => {
    const decoder = new StreamDecoder(8 * MIB);
    const message = bomb(64);
    expect(decoder.decode(message)).toHaveLength(8 * MIB);
    expect(decoder.decode(message.subarray(header().length))).toHaveLength(8 * MIB);
    expect(codeOf(() => new StreamDecoder(8 * MIB - 1).decode(bomb(64)))).toBe("limit");
  });
});

describe("a stream that decodes to more than 1,000 times its bytes", () => {
  const repeated = (blocks: number) => Array.from({ length: blocks }, () => runBlock(65, 128 * 1024)).flat();

  test("StreamDecoder refuses a stream if its output exceeds 1 MiB and is more than 1,000 times as large as its input", () => {
    expect(new StreamDecoder().decode(Uint8Array.from([...header(), ...repeated(8)]))).toHaveLength(MIB);
    expect(codeOf(() => new StreamDecoder().decode(Uint8Array.from([...header(), ...repeated(9)])))).toBe("limit");
  });

  test("StreamDecoder refuses a stream if the output of several messages is more than 1,000 times as large as their input", () => {
    const decoder = new StreamDecoder();
    expect(decoder.decode(Uint8Array.from([...header(), ...repeated(8)]))).toHaveLength(MIB);
    expect(codeOf(() => decoder.decode(Uint8Array.from(repeated(1))))).toBe("limit");
  });

  test("StreamDecoder limits the compression ratio of the whole stream, not of each message", () => {
    const random = randomSource(3);
    const messages = Array.from({ length: 200 }, (_, index) => accountDiff(index, 4_000, random));
    const repetitive = "x".repeat(7 * MIB);
    const decoder = new StreamDecoder();
    const decoded = compressStream([...messages, repetitive]).map((part) => decoder.decode(part));
    expect(decoded.at(-1) === repetitive).toBe(true);
  });
});

describe("an unreadable zstd stream is refused", () => {
  const random = randomSource(11);
  const messages = Array.from({ length: 40 }, (_, index) => accountDiff(index, 400, random));
  const parts = compressStream(messages);

  test("StreamDecoder refuses a message that does not decode to UTF-8", () => {
    expect(codeOf(() => decode(...header(), ...runBlock(0xff, 2)))).toBe("corrupt");
    expect(codeOf(() => decode(...header(), ...runBlock(0xe2, 1)))).toBe("corrupt");
  });

  test("StreamDecoder keeps a byte order mark as a character", () => {
    expect(decode(...header(), ...rawBlock("\ufeff{}"))).toBe("\ufeff{}");
  });

  test("after StreamDecoder has refused a stream, each later call throws the same error", () => {
    const decoder = new StreamDecoder();
    expect(decoder.decode(parts[0]!)).toBe(messages[0]);
    const error = errorOf(() => decoder.decode(parts[1]!.subarray(0, 20)));
    expect(error).toBeInstanceOf(ZstdError);
    expect(errorOf(() => decoder.decode(parts[1]!))).toBe(error);
    expect(errorOf(() => decoder.decode(new Uint8Array(0)))).toBe(error);
  });

  test("StreamDecoder refuses a stream whose first message is missing", () => {
    expect(codeOf(() => new StreamDecoder().decode(parts[1]!))).toBe("corrupt");
  });

  // A WebSocket message always arrives complete, so the decoder treats a partial block as an error.
  test("StreamDecoder refuses a message that is truncated within a block", () => {
    const ends = blockEnds(parts[0]!, 6);
    for (let size = 1; size < parts[0]!.length; size++) {
      if (size === 6 || ends.includes(size)) continue;
      expect(codeOf(() => new StreamDecoder().decode(parts[0]!.subarray(0, size)))).toBe("corrupt");
    }
  });

  test("StreamDecoder returns a text or throws a ZstdError for a stream with flipped bits", () => {
    const damage = fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(7)), { minLength: 1, maxLength: 4 });
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(5), damage, (hit, changes) => {
        const decoder = new StreamDecoder(MIB);
        for (const [index, part] of parts.slice(0, 12).entries()) {
          const bytes = part.slice();
          if (index === hit) for (const [at, bit] of changes) bytes[at % bytes.length]! ^= 1 << bit;
          const error = errorOf(() => decoder.decode(bytes));
          if (error === undefined) continue;
          expect(error).toBeInstanceOf(ZstdError);
          refused++;
          return;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  test("StreamDecoder returns a text or throws a ZstdError for random bytes after a frame header", () => {
    const compressed = fc.uint8Array({ maxLength: 200 }).map((content) => compressedBlock([...content]));
    fc.assert(
      fc.property(fc.oneof(compressed, fc.array(fc.nat(255), { maxLength: 100 })), (bytes) => {
        const error = errorOf(() =>
          new StreamDecoder(MIB).decode(Uint8Array.from([...header(), ...rawBlock("abcdefgh"), ...bytes])),
        );
        if (error !== undefined) expect(error).toBeInstanceOf(ZstdError);
      }),
      { numRuns: 3_000 },
    );
  });

  test("StreamDecoder refuses compressed binary data, because StreamDecoder returns only text", () => {
    const bytes = randomBytes(1_000, random);
    bytes[0] = 0xff;
    expect(codeOf(() => new StreamDecoder().decode(libzstd.compress(bytes)))).toBe("corrupt");
  });
});
