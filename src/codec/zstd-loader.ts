/** One connection's compressed messages, decoded in order. */
export interface FrameDecoder {
  /**
   * The text of the connection's next binary frame. Each frame goes through here once, in the order of arrival, for it refers to those before it; each is whole, as
   * a WebSocket gives it.
   *
   * @throws ZstdError `corrupt` or `limit`. The stream is lost then, and each later call throws the same: take a new connection, and a new decoder.
   */
  decode(frame: Uint8Array): string;
}

export interface FrameDecoderOptions {
  /** The largest text that a frame may give, in bytes. A larger one is refused while it is decoded, not after. Default: 64 MiB. */
  maxBytes?: number;
}

/**
 * Loads zstd: a chunk of its own for Node.js and bundlers, `browser-zstd.js` beside `browser.js` for a page without one.
 *
 * Rejects where it can't be fetched: that file wasn't copied along, or the network is gone.
 */
export function loadZstd(): Promise<typeof import("./zstd.js")> {
  return import("./zstd.js");
}

/**
 * A decoder for one connection's zstd stream: a new connection takes a new one. It is plain JavaScript, which every page's content security policy
 * allows, and keeps up to 12 MiB: one and a half windows, 3 MiB with the server's 2 MiB.
 *
 * @example
 * const decoder = await createFrameDecoder();
 * socket.binaryType = "arraybuffer";
 * socket.onmessage = ({ data }) => console.log(typeof data === "string" ? data : decoder.decode(new Uint8Array(data)));
 */
export async function createFrameDecoder({ maxBytes }: FrameDecoderOptions = {}): Promise<FrameDecoder> {
  const { StreamDecoder } = await loadZstd();
  return new StreamDecoder(maxBytes);
}
