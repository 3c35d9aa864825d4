import { decodeBase58 } from "../../codec/base58.js";
import { decodeBase64 } from "../../codec/base64.js";
import { invalidRpcParams } from "../wire/json-rpc.js";

/** The maximum number of base58 characters of a transaction. The longest transaction that is sent in base58 has 1,232 bytes. */
const MAX_BASE58 = 1_683;

/**
 * Decodes a transaction or message that a client sent.
 *
 * @throws RpcFailure
 */
export function readWire(text: unknown, encoding: unknown): Uint8Array {
  if (typeof text !== "string") throw invalidRpcParams("expected a string");
  if (encoding === "base58") return decodeLongBase58(text);
  if (encoding !== "base64") throw invalidRpcParams("expected encoding to be base64 or base58");
  try {
    return decodeBase64(text);
  } catch {
    throw invalidRpcParams("invalid base64 encoding");
  }
}

function decodeLongBase58(text: string): Uint8Array {
  const bytes = decodeBase58(text, MAX_BASE58);
  if (bytes !== undefined) return bytes;
  throw invalidRpcParams(
    text.length > MAX_BASE58 ? `base58 of more than ${MAX_BASE58} characters: use base64` : "invalid base58 encoding",
  );
}
