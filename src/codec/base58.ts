import bs58 from "bs58";

/** Bytes as base58, in Bitcoin's alphabet, which Solana uses for addresses and signatures. */
export function encodeBase58(bytes: Uint8Array): string {
  return bs58.encode(bytes);
}

/** The bytes of a base58 text; `undefined` if it isn't one. */
export function decodeBase58(text: string): Uint8Array | undefined {
  return bs58.decodeUnsafe(text);
}
