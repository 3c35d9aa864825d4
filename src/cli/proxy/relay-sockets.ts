import { WebSocket } from "ws";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** Two open WebSockets, whose frames are relayed to each other. */
export interface SocketPair {
  page: WebSocket;
  service: WebSocket;
  /** Rewrites a text frame from the service. If it throws, both sockets are closed. */
  rewrite: (text: string) => string;
  /** Called once, with the reason, if a frame from the service could not be relayed. */
  reportFailure: (reason: string) => void;
}

/** Close codes that a close frame must not contain (RFC 6455, 7.4.1). */
const NO_CODE = 1005;
const UNSENDABLE: ReadonlySet<number> = new Set([1004, 1006, 1015]);
const TOO_BIG = 1009;
const INTERNAL_ERROR = 1011;

/**
 * Relays frames until the page or the service closes its socket, and then closes the other socket with the same code. While too
 * many bytes are buffered for one socket, the other socket is paused.
 *
 * @returns a function that closes both sockets
 */
export function relaySockets({ page, service, rewrite, reportFailure }: SocketPair): (code: number, reason: string) => void {
  const sides = [new Side(page), new Side(service)] as const;
  const [ofPage, ofService] = sides;
  const end = (code: number, reason: string): void => {
    for (const { socket } of sides) socket.close(code, reason);
  };
  pump(ofPage, ofService, (text) => text);
  pump(ofService, ofPage, (text) => {
    try {
      return rewrite(text);
    } catch (error) {
      reportFailure((error as Error).message);
      end(INTERNAL_ERROR, "a frame of the service cannot be relayed");
      return undefined;
    }
  });
  const heartbeat = setInterval(() => {
    for (const side of sides) side.checkLiveness();
  }, PROXY_LIMITS.pingMs);
  heartbeat.unref();
  const stop = (): void => clearInterval(heartbeat);
  page.once("close", stop);
  service.once("close", stop);
  return end;
}

/** One of the two sockets. Adds flow control and a liveness check. */
class Side {
  readonly socket: WebSocket;
  #isPaused = false;
  #seenAt = performance.now();
  #isTooBig = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    const noteFrame = (): void => {
      this.#seenAt = performance.now();
    };
    socket.on("message", noteFrame);
    socket.on("ping", noteFrame);
    socket.on("pong", noteFrame);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#isTooBig = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      socket.terminate();
    });
  }

  pause(): void {
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // Restarts the time limit for silence, because a paused socket receives no frames.
    this.#seenAt = performance.now();
    this.socket.resume();
  }

  /** Sends a ping, or terminates the socket if it has been silent for too long. */
  checkLiveness(): void {
    if (this.#isPaused || this.socket.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#seenAt > PROXY_LIMITS.deadlineMs) this.socket.terminate();
    else this.socket.ping();
  }

  /** Closes this socket with the code and reason of the other socket. */
  endAs(other: Side, code: number, reason: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    // The close frame follows all pending frames, so a paused socket must be resumed.
    this.resume();
    if (other.#isTooBig) this.socket.close(TOO_BIG);
    else if (code === NO_CODE) this.socket.close();
    else if (UNSENDABLE.has(code)) this.socket.terminate();
    else this.socket.close(code, reason);
  }
}

/** @param map returns the data to forward, or `undefined` to drop the frame */
function pump(from: Side, to: Side, map: (text: string) => string | undefined): void {
  from.socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (to.socket.readyState !== WebSocket.OPEN) return;
    const frame = isBinary ? data : map(data.toString("utf8"));
    if (frame === undefined) return;
    to.socket.send(frame, { binary: isBinary }, () => {
      if (to.socket.bufferedAmount <= PROXY_LIMITS.lowWaterBytes) from.resume();
    });
    if (to.socket.bufferedAmount > PROXY_LIMITS.highWaterBytes) from.pause();
  });
  from.socket.on("close", (code: number, reason: Buffer) => to.endAs(from, code, reason));
}
