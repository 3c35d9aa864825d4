/** A frame: text, or a chunk of a compressed stream. */
export type Frame = string | Uint8Array;

/** The server side of a WebSocket. No method is called after `close` or `terminate`. */
export interface Peer {
  /** The number of bytes that are buffered for sending. */
  readonly bufferedAmount: number;
  send(frame: Frame): void;
  /** Runs a callback. Frames that the callback sends may be combined into one write. */
  batch(run: () => void): void;
  /** Starts the close handshake (RFC 6455, 7.1.2). */
  close(code: number, reason: string): void;
  /** Cuts the connection without a close frame. */
  terminate(): void;
  /** Sends the first part of a frame, then cuts the connection. */
  cut(frame: Frame): void;
  /** Stops reading and stops answering pings. The connection stays open. */
  deafen(): void;
  /** Pings the client. When the client answers, `alive` is called. */
  ping(): void;
}

/** The events of a peer. `closed` is always the last event. */
export interface PeerEvents {
  message(frame: Frame): void;
  /** Called when `bufferedAmount` has decreased. */
  drained(): void;
  alive(): void;
  closed(): void;
}

/**
 * Returns the size of a frame in bytes, for limits. The size of a text is exact only for ASCII, but the simulator writes only
 * ASCII.
 */
export function sizeOf(frame: Frame): number {
  return frame.length;
}
