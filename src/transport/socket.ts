import { canSendHeaders, type WebSocketInstance, type WebSocketLike } from "./websocket-like.js";

/** The address to connect to, and what to send with the upgrade request. */
export interface SocketTarget {
  url: string;
  protocols?: string[];
  /** Third argument of the WebSocket constructor in Node.js: headers and agent. Browsers ignore it. */
  options?: Record<string, unknown>;
}

/** How a socket ended, or why it never opened. */
export interface Closure {
  /** The close code (RFC 6455, 7.4.1): 1006 if the connection ended without a close frame. */
  code: number;
  reason: string;
  /** HTTP status of a refused upgrade request. Absent in browsers, which do not provide it. */
  status?: number;
  /** Target of a redirect. Redirects are not followed. */
  location?: string;
  /** The error of the platform. */
  error?: unknown;
}

export interface SocketListener {
  handleOpen(): void;
  handleText(text: string): void;
  handleBinary(bytes: Uint8Array): void;
  handlePong(): void;
  /** Called once, when the socket has closed. No other call follows. Not called after `terminate`. */
  handleClose(closure: Closure): void;
}

/** One WebSocket, on any platform. */
export interface Socket {
  /** Returns whether the text was passed to an open socket. */
  send(text: string): boolean;
  /** Sends a ping. `undefined` if the platform cannot send pings. */
  readonly ping: (() => void) | undefined;
  /** Stops reading. `undefined` if the platform cannot stop and start reading. */
  readonly pause: (() => void) | undefined;
  readonly resume: (() => void) | undefined;
  /** Sends a close frame. `handleClose` is called when the peer has answered with its own close frame. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. `handleClose` is not called. */
  terminate(): void;
}

const OPEN = 1;
/** `ws` ends the connection if a frame is larger. 64 MiB is about ten times the largest block. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** How long `ws` waits for the peer to end the connection after the close frames, in ms. The same as the default of `closeMs`. */
const CLOSE_TIMEOUT_MS = 5_000;
/** permessage-deflate is off, because the service compresses the content of its frames with zstd. */
const NODE_OPTIONS = { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES, closeTimeout: CLOSE_TIMEOUT_MS };

/**
 * Opens a WebSocket. Each failure causes exactly one call of `handleClose`, on every platform.
 *
 * @throws the error of the constructor for an invalid URL or subprotocol
 */
export function openSocket(WebSocket: WebSocketLike, target: SocketTarget, listener: SocketListener): Socket {
  const socket = construct(WebSocket, target);
  socket.binaryType = "arraybuffer";
  return isNodeSocket(socket) ? adoptNodeSocket(socket, listener) : adoptPageSocket(socket, listener);
}

/**
 * Calls the constructor with only the needed arguments. workerd refuses an empty list of protocols, and Chromium offers the
 * protocol "undefined" for `new WebSocket(url, undefined, options)`.
 */
function construct(WebSocket: WebSocketLike, { url, protocols, options }: SocketTarget): WebSocketInstance {
  if (canSendHeaders(WebSocket)) return new WebSocket(url, protocols, { ...NODE_OPTIONS, ...options });
  return protocols === undefined ? new WebSocket(url) : new WebSocket(url, protocols);
}

/** The members of Node.js' `http.IncomingMessage` that this module uses. */
interface UpgradeResponse {
  statusCode?: number;
  headers?: { location?: string };
}

type NodeSocket = WebSocketInstance & Required<Pick<WebSocketInstance, "on" | "terminate">>;

function isNodeSocket(socket: WebSocketInstance): socket is NodeSocket {
  return typeof socket.on === "function" && typeof socket.terminate === "function";
}

function adoptNodeSocket(socket: NodeSocket, listener: SocketListener): Socket {
  let over = false;
  let refusal: Pick<Closure, "status" | "location"> | undefined;
  let error: unknown;
  socket.on("open", () => over || listener.handleOpen());
  socket.on("message", (data: string | Buffer | ArrayBuffer, isBinary?: boolean) => {
    if (over) return;
    // A text frame is a string in ws 7, and a Buffer with `isBinary` false in ws 8.
    if (typeof data === "string") listener.handleText(data);
    else if (isBinary === false) listener.handleText((data as Buffer).toString());
    else listener.handleBinary(new Uint8Array(data as ArrayBuffer));
  });
  socket.on("pong", () => over || listener.handlePong());
  socket.on("unexpected-response", (_request: unknown, { statusCode: status, headers = {} }: UpgradeResponse) => {
    refusal = { status, location: headers.location };
    socket.terminate();
  });
  socket.on("error", (caught: unknown) => {
    error ??= caught;
    // After an invalid frame, `ws` only waits for the peer to end the connection. `terminate` ends the connection at once.
    socket.terminate();
  });
  socket.on("close", (code: number, reason: Buffer | string) => {
    if (over) return;
    over = true;
    // After a refused upgrade, `error` is caused by our own call of `terminate`. So `refusal` is reported instead of `error`.
    listener.handleClose({ code, reason: reason.toString(), ...(refusal?.status === undefined ? { error } : refusal) });
  });
  return {
    send: (text) => sendWhileOpen(socket, text),
    ping:
      socket.ping &&
      (() => {
        if (socket.readyState === OPEN) socket.ping?.();
      }),
    pause: socket.pause && (() => socket.pause?.()),
    resume: socket.resume && (() => socket.resume?.()),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => {
      over = true;
      socket.terminate();
    },
  };
}

function adoptPageSocket(socket: WebSocketInstance, listener: SocketListener): Socket {
  let over = false;
  let error: unknown;
  socket.addEventListener("open", () => over || listener.handleOpen());
  socket.addEventListener("message", ({ data }: { data: unknown }) => {
    if (over) return;
    if (typeof data === "string") listener.handleText(data);
    else if (data instanceof ArrayBuffer) listener.handleBinary(new Uint8Array(data));
  });
  socket.addEventListener("error", (event: { error?: unknown }) => {
    error ??= event.error;
  });
  socket.addEventListener("close", ({ code, reason }: { code: number; reason: string }) => {
    if (over) return;
    over = true;
    listener.handleClose({ code, reason, error });
  });
  return {
    send: (text) => sendWhileOpen(socket, text),
    ping: undefined,
    pause: undefined,
    resume: undefined,
    close: (code, reason) => socket.close(code, reason),
    terminate: () => {
      over = true;
      socket.close();
    },
  };
}

function sendWhileOpen(socket: WebSocketInstance, text: string): boolean {
  if (socket.readyState !== OPEN) return false;
  socket.send(text);
  return true;
}
