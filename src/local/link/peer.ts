/** A frame: text, or bytes of a compressed stream. */
export type Frame = string | Uint8Array;

/** The server side of a WebSocket. It is not used after `close` or `terminate`. */
export interface Peer {
  /** Bytes that are buffered for sending. */
  readonly bufferedAmount: number;
  send(frame: Frame): void;
  /** Frames sent by the callback may be sent together. */
  batch(run: () => void): void;
  /** Starts the close handshake (RFC 6455, 7.1.2). */
  close(code: number, reason: string): void;
  /** Cuts the connection without a close frame. */
  terminate(): void;
  /** Sends a part of a frame, then cuts the connection. */
  cut(frame: Frame): void;
  /** Stops reading and answering pings. The connection stays open. */
  deafen(): void;
  /** Pings the client. Its answer is reported to `alive`. */
  ping(): void;
}

/** The events of a peer. `closed` is the last one. */
export interface PeerEvents {
  message(frame: Frame): void;
  /** `bufferedAmount` has fallen. */
  drained(): void;
  alive(): void;
  closed(): void;
}

/** The bytes of a frame, for limits. Exact for ASCII, which the simulator writes. */
export function sizeOf(frame: Frame): number {
  return frame.length;
}
