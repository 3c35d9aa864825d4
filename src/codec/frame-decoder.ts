import { StreamDecoder } from "./zstd/stream-decoder.js";

/** Decodes one connection's compressed messages, in order. */
export interface FrameDecoder {
  /**
   * Returns the text of the connection's next binary frame. Pass each whole frame once, in the order of arrival: a frame
   * refers to those before it.
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
 * Creates a decoder for one connection's zstd stream; a new connection needs a new one. It is plain JavaScript, which every
 * content security policy allows, and keeps up to 12 MiB: one and a half windows, 3 MiB with the server's 2 MiB.
 *
 * @example
 * const decoder = await createFrameDecoder();
 * socket.binaryType = "arraybuffer";
 * socket.onmessage = ({ data }) => console.log(typeof data === "string" ? data : decoder.decode(new Uint8Array(data)));
 */
export async function createFrameDecoder({ maxBytes }: FrameDecoderOptions = {}): Promise<FrameDecoder> {
  return new StreamDecoder(maxBytes);
}
