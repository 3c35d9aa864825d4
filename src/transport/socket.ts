import type { WebSocketInstance, WebSocketLike } from "./websocket-like.js";

/** Where to, and what goes along. */
export interface SocketTarget {
  url: string;
  protocols?: string[];
  /** Third argument of a Node.js WebSocket: headers, agent. Browsers ignore it. */
  options?: Record<string, unknown>;
}

/** How a socket ended, or why it never opened. */
export interface Closure {
  /** RFC 6455, 7.4.1; 1006 where the connection ended without a close frame. */
  code: number;
  reason: string;
  /** HTTP status of a refused upgrade, where the platform shows it (browsers do not). */
  status?: number;
  /** Target of a redirect. Redirects are not followed. */
  location?: string;
  /** What the platform said went wrong. */
  error?: unknown;
}

export interface SocketListener {
  handleOpen(): void;
  handleText(text: string): void;
  handleBinary(bytes: Uint8Array): void;
  handlePong(): void;
  /** Called once, last. Not called after `terminate`. */
  handleClose(closure: Closure): void;
}

/** One WebSocket, on any platform. */
export interface Socket {
  /** Whether the text was handed over to an open socket. */
  send(text: string): boolean;
  /** Sends a ping, where the platform can. */
  readonly ping: (() => void) | undefined;
  /** Stops and starts reading, where the platform can. */
  readonly pause: (() => void) | undefined;
  readonly resume: (() => void) | undefined;
  /** Begins the closing handshake; `handleClose` tells its end, if the peer answers. */
  close(code: number, reason: string): void;
  /** Ends it at once, without a word to the peer and without a call of `handleClose`. */
  terminate(): void;
}

const OPEN = 1;
/** A frame larger than this is refused by `ws`, and the connection with it: 64 MiB, some ten times the largest block. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** How long `ws` waits for a peer to hang up that has said goodbye, in ms: as long as our own goodbye may take. */
const HANG_UP_MS = 5_000;
/** `ws` would compress by default: the service's own compression is zstd, inside the frames. */
const NODE_OPTIONS = { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES, closeTimeout: HANG_UP_MS };

/**
 * Opens a WebSocket. Everything that goes wrong, wherever the platform tells it, ends in one `handleClose`.
 *
 * @throws what the constructor throws for a URL or a subprotocol that it doesn't take
 */
export function openSocket(WebSocket: WebSocketLike, target: SocketTarget, listener: SocketListener): Socket {
  const { url, protocols = [], options } = target;
  const socket = new WebSocket(url, protocols, { ...NODE_OPTIONS, ...options });
  socket.binaryType = "arraybuffer";
  return isNodeSocket(socket) ? adoptNodeSocket(socket, listener) : adoptPageSocket(socket, listener);
}

/** The part of Node.js' `http.IncomingMessage` that is used. */
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
    // ws 7 gives a text frame as a string; ws 8 as a Buffer, with isBinary false.
    if (typeof data === "string") listener.handleText(data);
    else if (isBinary === false) listener.handleText((data as Buffer).toString());
    else listener.handleBinary(new Uint8Array(data as ArrayBuffer));
  });
  socket.on("pong", () => over || listener.handlePong());
  socket.on("unexpected-response", (_request: unknown, { statusCode: status, headers = {} }: UpgradeResponse) => {
    const { location } = headers;
    refusal = { ...(status !== undefined && { status }), ...(location !== undefined && { location }) };
    socket.terminate();
  });
  socket.on("error", (caught: unknown) => {
    error ??= caught;
    // `ws` reads nothing more after a bad frame, but would wait for the peer to hang up.
    socket.terminate();
  });
  socket.on("close", (code: number, reason: Buffer | string) => {
    if (over) return;
    over = true;
    // Where there is a status, the error is only of our own having hung up on it.
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
