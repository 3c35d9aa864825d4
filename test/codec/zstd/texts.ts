import fc from "fast-check";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Returns a generator of random integers below 2^32 (mulberry32). The same seed gives the same integers. */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Generates random base64 letters. A Huffman code can compress this text, but a search for repeated parts cannot. */
export function base64Like(length: number, random: () => number): string {
  const codes = new Uint8Array(length);
  // Each random number gives five letters of six bits.
  for (let at = 0, bits = 0; at < length; at++, bits >>>= 6) {
    if (at % 5 === 0) bits = random();
    codes[at] = LETTERS.charCodeAt(bits & 63);
  }
  return new TextDecoder().decode(codes);
}

export function randomBytes(length: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length }, random);
}

/** Generates a message like those of the service: constant words, one of a few accounts, and random data. */
export function accountDiff(index: number, dataLength: number, random: () => number): string {
  const account = (lamports: number) =>
    `{"lamports":${lamports},"data":["${base64Like(dataLength, random)}","base64"],"owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","executable":false,"rentEpoch":18446744073709551615,"space":${dataLength}}`;
  return `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"result":{"context":{"slot":${312_000_000 + (index >> 6)}},"account":"${base64Like(44, randomSource(random() & 31))}","signature":"${base64Like(88, random)}","tx_index":${index & 63},"pre":${account(random())},"post":${account(random())}},"subscription":1}}`;
}

/** Generators of texts with a given length. Each generator makes the zstd encoder use different parts of the zstd format. */
const KINDS: readonly ((length: number, random: () => number) => string)[] = [
  base64Like,
  (length, random) => "0123456789abcdef"[random() & 15]?.repeat(length) ?? "",
  (length, random) =>
    base64Like(1 + (random() & 15), random)
      .repeat(length)
      .slice(0, length),
  (length, random) => Array.from({ length: length >> 3 }, () => 312_000_000 + (random() & 0xffff)).join(),
  (length, random) => accountDiff(random() & 0xfff, length >> 1, random),
  (length, random) => String.fromCodePoint(...Array.from({ length: Math.min(length, 4096) }, () => 0x20 + (random() % 0xd7e0))),
  // A text of few symbols with very different frequencies.
  (length, random) => Array.from({ length }, () => "aaaaaaaabbbbccd"[Math.clz32(random())] ?? "e").join(""),
  (length, random) =>
    '{"some":[1,2,3],"words":"that are repeated"}'.slice(random() % 20, 20 + (random() % 20)) + "x".repeat(length & 3),
];

/** Generates lengths. Most are small. Some exceed the size of a block, or the window of a small frame. */
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(300) },
  { weight: 3, arbitrary: fc.nat(5_000) },
  { weight: 1, arbitrary: fc.nat(200_000) },
);
const piece = fc
  .record({ kind: fc.nat(KINDS.length - 1), length, seed: fc.integer() })
  .map(({ kind, length, seed }) => KINDS[kind]?.(length, randomSource(seed)) ?? "");

/** Generates texts that consist of pieces of many kinds. Some pieces are repeated. */
export const texts = fc
  .tuple(fc.array(piece, { maxLength: 4 }), fc.array(fc.nat(3), { maxLength: 8 }))
  .map(([pieces, order]) => [...pieces, ...order.map((index) => pieces[index] ?? "")].join(""));
