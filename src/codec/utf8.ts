// jsdom, which Jest uses, has neither TextEncoder nor TextDecoder. There, plain JavaScript is used. It is slower, but has the same
// result.

/** The members of `TextDecoder` that this package uses. */
export interface Utf8Decoder {
  /** Decodes bytes. With `stream`, the last character may be incomplete. @throws an error for bytes that are not UTF-8 */
  decode(bytes: Uint8Array, options?: { stream: boolean }): string;
}

/** Encodes a text as UTF-8. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return typeof TextEncoder === "function" ? new TextEncoder().encode(text) : encodePlainly(text);
}

/** Decodes UTF-8 bytes. Invalid bytes become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (typeof TextDecoder === "function") return new TextDecoder().decode(bytes);
  try {
    return decodePlainly(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : "\ufffd")).join("");
  }
}

/** Creates a decoder that throws for invalid bytes and keeps a byte order mark. */
export function newUtf8Decoder(): Utf8Decoder {
  return typeof TextDecoder === "function" ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }) : new PlainDecoder();
}

class PlainDecoder implements Utf8Decoder {
  #pending: Uint8Array[] = [];

  decode(bytes: Uint8Array, { stream } = { stream: false }): string {
    this.#pending.push(bytes.slice());
    if (stream) return "";
    const parts = this.#pending;
    this.#pending = [];
    // The parts are decoded together, because a character may be split between two parts.
    return decodePlainly(parts.length === 1 ? bytes : Uint8Array.from(parts.flatMap((part) => [...part])));
  }
}

function encodePlainly(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
  const characters = escaped.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

/** Decodes UTF-8 without TextDecoder. @throws URIError for invalid bytes */
function decodePlainly(bytes: Uint8Array): string {
  return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
}
