/**
 * The part of a WebSocket that is used: the browser's interface, and what `ws` has beyond it. Structural, so that no
 * library's types are part of ours.
 */
export interface WebSocketInstance {
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: DOM and ws disagree on what a listener is; a parameter of any takes both.
  addEventListener(type: string, listener: (event: any) => void): void;
  /** `ws` only: the sign by which the Node.js abilities below are recognised. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  on?(type: string, listener: (...args: any[]) => void): unknown;
  ping?(): void;
  terminate?(): void;
  pause?(): void;
  resume?(): void;
}

/**
 * A WebSocket constructor: the browser's, that of `ws`, or one of your own. One that has `ping` on its prototype is
 * taken for one that can also send headers, as the third argument's `headers`.
 */
export interface WebSocketLike {
  new (
    url: string,
    protocols?: string | string[],
    // biome-ignore lint/suspicious/noExplicitAny: each library has options of its own
    options?: any,
  ): WebSocketInstance;
  // biome-ignore lint/suspicious/noExplicitAny: a constructor's prototype is any to TypeScript
  readonly prototype: any;
}

/** Whether a constructor is that of `ws`, or has its abilities: it can send headers and pings. */
export function canSendHeaders(WebSocket: WebSocketLike): boolean {
  return typeof WebSocket.prototype?.ping === "function";
}

/** Whether a constructor is that of the package `ws` before 7.1, which is not supported. */
export function isOutdatedWs(WebSocket: WebSocketLike): boolean {
  const { Receiver, Sender, createWebSocketStream } = WebSocket as unknown as Record<string, unknown>;
  return typeof Receiver === "function" && typeof Sender === "function" && createWebSocketStream === undefined;
}
