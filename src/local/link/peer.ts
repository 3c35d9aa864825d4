/** What a socket carries: text, or bytes where a stream is compressed. */
export type Frame = string | Uint8Array;

/** The server's end of a WebSocket, whatever carries it. After `close` or `terminate` it is used no more. */
export interface Peer {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(frame: Frame): void;
  /** Frames sent within may leave together. */
  batch(run: () => void): void;
  /** The closing handshake (RFC 6455, 7.1.2). */
  close(code: number, reason: string): void;
  /** Cuts the connection, with no close frame. */
  terminate(): void;
  /** Lets a part of a frame go out, then cuts the connection. */
  cut(frame: Frame): void;
  /** Reads no more, and answers no more pings; the connection stays. */
  deafen(): void;
  /** Asks the other end for a sign of life, told to `alive`. */
  ping(): void;
}

/** What a peer tells. Nothing comes after `closed`. */
export interface PeerEvents {
  message(frame: Frame): void;
  /** `bufferedAmount` has fallen. */
  drained(): void;
  alive(): void;
  closed(): void;
}

/** Bytes of a frame, near enough to bound what is buffered: what the simulator writes is ASCII. */
export function sizeOf(frame: Frame): number {
  return frame.length;
}
