import { StreamDecoder } from "./zstd/stream-decoder.js";

/** Decodes the compressed messages of one connection, in order. */
export interface FrameDecoder {
  /**
   * Returns the text of the next binary frame. Pass each frame once, in the order of arrival, because a frame refers to those before
   * it.
   *
   * @throws ZstdError `corrupt` or `limit`. The stream is then lost and each later call throws the same error: open a new
   * connection, with a new decoder.
   */
  decode(frame: Uint8Array): string;
}

export interface FrameDecoderOptions {
  /** The largest decoded frame, in bytes. A larger one is refused while it is being decoded. @default 64 MiB */
  maxBytes?: number;
}

/**
 * Creates a decoder for the zstd stream of one connection. A new connection needs a new decoder. It is plain JavaScript, which every
 * content security policy allows. It keeps one and a half windows: up to 12 MiB, and 3 MiB with the server's window of 2 MiB.
 *
 * @example
 * const decoder = await createFrameDecoder();
 * socket.binaryType = "arraybuffer";
 * socket.onmessage = ({ data }) => console.log(typeof data === "string" ? data : decoder.decode(new Uint8Array(data)));
 */
export async function createFrameDecoder({ maxBytes }: FrameDecoderOptions = {}): Promise<FrameDecoder> {
  return new StreamDecoder(maxBytes);
}
