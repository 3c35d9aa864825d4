import { Zstd } from "@hpcc-js/wasm-zstd";

/**
 * The reference implementation, as WebAssembly. Our decoder must read what libzstd writes, and libzstd must read what our encoder
 * writes.
 */
export const libzstd = await Zstd.load();

/** Compresses messages to one stream and flushes it after each message, as the service does. */
export function compressStream(messages: readonly (string | Uint8Array)[], level = 3): Uint8Array[] {
  const encoder = new TextEncoder();
  libzstd.reset();
  libzstd.setCompressionLevel(level);
  return messages.map((message) => libzstd.compressChunk(typeof message === "string" ? encoder.encode(message) : message));
}

/** Decompresses the messages of a stream with libzstd. */
export function decompressStream(parts: readonly Uint8Array[], longest: number): string[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  libzstd.reset();
  return parts.map((part) => decoder.decode(libzstd.decompressChunk(part, longest)));
}
