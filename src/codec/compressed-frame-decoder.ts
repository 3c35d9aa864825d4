import { StreamDecoder } from "./zstd/stream-decoder.js";

/** Decodes the compressed messages of one connection, in order. */
export interface FrameDecoder {
  /**
   * Returns the text of the next binary frame. Pass each frame once, in the order of arrival, because each frame refers to earlier
   * frames.
   *
   * @throws ZstdError `corrupt` or `limit`. The rest of the stream cannot be decoded then, and each later call throws the same
   * error. Open a new connection with a new decoder.
   */
  decode(frame: Uint8Array): string;
}

/** Options of `createFrameDecoder`. */
export interface FrameDecoderOptions {
  /** The maximum size of a decoded frame, in bytes. Decoding stops when a frame exceeds it. @default 64 MiB */
  maxBytes?: number;
}

/**
 * Creates a decoder for the zstd stream of one connection. A new connection needs a new decoder. The decoder is plain JavaScript,
 * which every content security policy allows. Its memory is one and a half times the window of the stream: 3 MiB with the server's
 * window of 2 MiB, and at most 12 MiB.
 *
 * @example
 * const decoder = await createFrameDecoder();
 * socket.binaryType = "arraybuffer";
 * socket.onmessage = ({ data }) => console.log(typeof data === "string" ? data : decoder.decode(new Uint8Array(data)));
 */
export async function createFrameDecoder({ maxBytes }: FrameDecoderOptions = {}): Promise<FrameDecoder> {
  return new StreamDecoder(maxBytes);
}
