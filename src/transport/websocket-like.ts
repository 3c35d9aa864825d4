/**
 * The members of a WebSocket that this package uses: the interface of browsers, and the additions of `ws`. A structural type, so
 * that the public types need no other library.
 */
export interface WebSocketInstance {
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: DOM and ws have different listener types, and `any` accepts both.
  addEventListener(type: string, listener: (event: any) => void): void;
  /** Only in `ws`. If this member is present, those below are available too. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  on?(type: string, listener: (...args: any[]) => void): unknown;
  ping?(): void;
  terminate?(): void;
  pause?(): void;
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
  // biome-ignore lint/suspicious/noExplicitAny: a constructor's prototype is any to TypeScript
  readonly prototype: any;
}

/** Whether a constructor can send headers and pings, as that of `ws` can. */
export function canSendHeaders(WebSocket: WebSocketLike): boolean {
  return typeof WebSocket.prototype?.ping === "function";
}

/** Whether a constructor is that of the package `ws` before 7.1, which is not supported. */
export function isOutdatedWs(WebSocket: WebSocketLike): boolean {
  const { Receiver, Sender, createWebSocketStream } = WebSocket as unknown as Record<string, unknown>;
  return typeof Receiver === "function" && typeof Sender === "function" && createWebSocketStream === undefined;
}
