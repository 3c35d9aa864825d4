import { encodeUtf8, newUtf8Decoder } from "./utf8.js";

/** Encodes bytes as base64 with padding (RFC 4648, 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const step = 0x8000;
  let binary = "";
  // The bytes are converted in chunks, because engines limit the number of arguments.
  for (let at = 0; at < bytes.length; at += step) {
    // `apply` is ten times as fast as a spread argument (`...`).
    binary += String.fromCharCode.apply(null, bytes.subarray(at, at + step) as unknown as number[]);
  }
  return btoa(binary);
}

/**
 * Decodes a base64 text (RFC 4648, 4).
 *
 * @throws SyntaxError if the text is not base64
 */
export function decodeBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new SyntaxError("not valid base64", { cause });
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Encodes the UTF-8 bytes of a text as base64url without padding (RFC 4648, 5), which is safe in a subprotocol name. */
export function encodeBase64Url(text: string): string {
  return encodeBase64(encodeUtf8(text)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Decodes a text that `encodeBase64Url` has encoded. @throws SyntaxError if the text is invalid */
export function decodeBase64Url(text: string): string {
  const bytes = decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  try {
    return newUtf8Decoder().decode(bytes);
  } catch (cause) {
    throw new SyntaxError("not valid base64url", { cause });
  }
}
