import { decodeBase64 } from "../../codec/base64.js";
import { invalidRpcParams } from "../wire/json-rpc.js";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** A whole transaction, 1,232 bytes, in base58. */
const MAX_BASE58 = 1_683;

/**
 * A client's transaction or message.
 *
 * @throws RpcFailure
 */
export function readWire(text: unknown, encoding: unknown): Uint8Array {
  if (typeof text !== "string") throw invalidRpcParams("expected a text");
  if (encoding === "base58") return decodeLongBase58(text);
  if (encoding !== "base64") throw invalidRpcParams("expected encoding to be base64 or base58");
  try {
    return decodeBase64(text);
  } catch {
    throw invalidRpcParams("invalid base64 encoding");
  }
}

/** codec's own reads addresses and signatures, and refuses what is longer. */
function decodeLongBase58(text: string): Uint8Array {
  if (text.length > MAX_BASE58) throw invalidRpcParams(`base58 of more than ${MAX_BASE58} characters: take base64`);
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw invalidRpcParams("invalid base58 encoding");
    value = value * 58n + BigInt(digit);
  }
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  const hex = value === 0n ? "" : value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = Array.from({ length: even.length / 2 }, (_, index) => Number.parseInt(even.slice(index * 2, index * 2 + 2), 16));
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...bytes]);
}
