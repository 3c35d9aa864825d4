/**
 * The members of a WebSocket that this package uses: the interface of browsers, and the additions of `ws`. A structural type, so
 * that the public types need no other library.
 */
export interface WebSocketInstance {
  /** The state of the socket: 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Number of bytes that wait to be sent. */
  readonly bufferedAmount: number;
  /** The type of binary messages. The client sets `arraybuffer`. */
  binaryType: string;
  /** Sends a text message. */
  send(data: string): void;
  /** Starts the close handshake. */
  close(code?: number, reason?: string): void;
  /** Adds a listener for `open`, `message`, `error` or `close`. */
  // biome-ignore lint/suspicious/noExplicitAny: DOM and ws have different listener types, and `any` accepts both.
  addEventListener(type: string, listener: (event: any) => void): void;
  /** Adds a listener. Only `ws` has this method and the optional methods below. */
  // biome-ignore lint/suspicious/noExplicitAny: the events of `ws` pass different arguments
  on?(type: string, listener: (...args: any[]) => void): unknown;
  /** Sends a ping. Only in `ws`. */
  ping?(): void;
  /** Closes the connection without a close handshake. Only in `ws`. */
  terminate?(): void;
  /** Stops reading from the connection. Only in `ws`. */
  pause?(): void;
  /** Continues reading from the connection. Only in `ws`. */
  resume?(): void;
}

/**
 * A WebSocket constructor: the browser's, that of `ws`, or your own. A constructor with `ping` on its prototype must also accept
 * `headers` in its third argument.
 */
export interface WebSocketLike {
  new (
    url: string,
    protocols?: string | string[],
    // biome-ignore lint/suspicious/noExplicitAny: each library has its own options
    options?: any,
  ): WebSocketInstance;
  /** The prototype of the class. The client sends `headers` and pings only if the prototype has a method `ping`. */
  // biome-ignore lint/suspicious/noExplicitAny: a constructor's prototype is any to TypeScript
  readonly prototype: any;
}

/** Whether the sockets of this class can send headers and pings, like the sockets of `ws`. */
export function canSendHeaders(WebSocket: WebSocketLike): boolean {
  return typeof WebSocket.prototype?.ping === "function";
}

/** Whether a constructor comes from the package `ws` in a version before 7.1. These versions are not supported. */
export function isOutdatedWs(WebSocket: WebSocketLike): boolean {
  const { Receiver, Sender, createWebSocketStream } = WebSocket as unknown as Record<string, unknown>;
  return typeof Receiver === "function" && typeof Sender === "function" && createWebSocketStream === undefined;
}
