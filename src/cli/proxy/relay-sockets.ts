import { WebSocket } from "ws";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** Two open WebSockets: each is told what the other says, as fast as it takes it. */
export interface SocketPair {
  page: WebSocket;
  service: WebSocket;
  /** What the page gets in place of a text of the service's. */
  rewrite: (text: string) => string;
}

/** Codes that no close frame may carry (RFC 6455, 7.4.1): what they stand for is done instead. */
const NO_CODE = 1005;
const UNSENDABLE: ReadonlySet<number> = new Set([1004, 1006, 1015]);
const TOO_BIG = 1009;

/**
 * Relays until either side ends; the end is passed on with its code. Neither side is read while too much waits for the other.
 *
 * @returns ends both with a code
 */
export function relaySockets({ page, service, rewrite }: SocketPair): (code: number, reason: string) => void {
  const sides = [new Side(page), new Side(service)] as const;
  const [ofPage, ofService] = sides;
  pump(ofPage, ofService, (text) => text);
  pump(ofService, ofPage, rewrite);
  const heartbeat = setInterval(() => {
    for (const side of sides) side.checkLife();
  }, PROXY_LIMITS.pingMs);
  heartbeat.unref();
  const stop = (): void => clearInterval(heartbeat);
  page.once("close", stop);
  service.once("close", stop);
  return (code, reason) => {
    for (const { socket } of sides) socket.close(code, reason);
  };
}

/** One of the two, and whether it is read and alive. */
class Side {
  readonly socket: WebSocket;
  #isPaused = false;
  #seenAt = performance.now();
  #isTooBig = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    const see = (): void => {
      this.#seenAt = performance.now();
    };
    socket.on("message", see);
    socket.on("ping", see);
    socket.on("pong", see);
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
    // While it wasn't read, it could give no sign of life.
    this.#seenAt = performance.now();
    this.socket.resume();
  }

  /** Asks for a sign of life, and gives up on a side that gave none for long: its end is then passed on. */
  checkLife(): void {
    if (this.#isPaused || this.socket.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#seenAt > PROXY_LIMITS.deadlineMs) this.socket.terminate();
    else this.socket.ping();
  }

  /** Ends it as the other side ended. */
  endAs(other: Side, code: number, reason: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    // What it has been sent leaves before the close frame does.
    this.resume();
    if (other.#isTooBig) this.socket.close(TOO_BIG);
    else if (code === NO_CODE) this.socket.close();
    else if (UNSENDABLE.has(code)) this.socket.terminate();
    else this.socket.close(code, reason);
  }
}

function pump(from: Side, to: Side, map: (text: string) => string): void {
  from.socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (to.socket.readyState !== WebSocket.OPEN) return;
    to.socket.send(isBinary ? data : map(data.toString("utf8")), { binary: isBinary }, () => {
      if (to.socket.bufferedAmount <= PROXY_LIMITS.lowWaterBytes) from.resume();
    });
    if (to.socket.bufferedAmount > PROXY_LIMITS.highWaterBytes) from.pause();
  });
  from.socket.on("close", (code: number, reason: Buffer) => to.endAs(from, code, reason));
}
