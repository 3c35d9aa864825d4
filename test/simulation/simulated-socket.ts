import type { Frame } from "../../src/local/link/peer.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import type { ClientEnd, Connection } from "./connection.js";
import type { SimulatedProcess } from "./simulated-process.js";

/** Opens a connection, and reports the events of the connection to the client's end. */
export type Connect = (
  process: SimulatedProcess,
  request: { url: string; protocols: string[]; headers: Record<string, string> },
  end: ClientEnd,
) => Connection;

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3] as const;

// biome-ignore lint/suspicious/noExplicitAny: the listeners of browsers and of `ws` have different arguments
type Listener = (...args: any[]) => void;

/** How long a browser's WebSocket waits for the server's close frame before it ends the connection, in ms. */
const BROWSER_CLOSE_MS = 3_000;

/** The common part of the simulated sockets of a page and of Node.js. */
abstract class SimulatedSocket {
  binaryType = "blob";
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  protected readonly process: SimulatedProcess;
  protected readonly connection: Connection;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(process: SimulatedProcess, connect: Connect, url: string, protocols: string | string[] = [], options: object = {}) {
    this.process = process;
    process.openSockets.add(this);
    const headers = (options as { headers?: Record<string, string> }).headers ?? {};
    this.connection = connect(
      process,
      {
        url,
        protocols: [protocols].flat(),
        headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v])),
      },
      {
        opened: (protocol) => this.handleOpened(protocol),
        refused: (status) => this.handleRefused(status),
        received: (frames) => this.handleFrames(frames),
        ponged: () => this.emit("pong"),
        closed: (code, reason, isClean) => this.handleClosed(code, reason, isClean),
      },
    );
  }

  get bufferedAmount(): number {
    return this.connection.up.bytes;
  }

  send(data: string): void {
    if (this.readyState === CONNECTING) throw new Error("the socket is still connecting");
    if (this.readyState === OPEN) this.connection.send(data);
  }

  protected listen(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  protected emit(type: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(...args);
  }

  protected over(): void {
    this.readyState = CLOSED;
    this.process.openSockets.delete(this);
  }

  protected abstract handleOpened(protocol: string): void;
  protected abstract handleRefused(status: number | undefined): void;
  protected abstract handleFrames(frames: Frame[]): void;
  protected abstract handleClosed(code: number, reason: string, isClean: boolean): void;
}

/** A browser's WebSocket. Each event is a separate task. A page sees no status, sends no ping and cannot pause. */
class PageSocket extends SimulatedSocket {
  addEventListener(type: string, listener: Listener): void {
    this.listen(type, listener);
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState === CONNECTING) {
      this.readyState = CLOSING;
      this.connection.terminateByClient();
      this.process.post(() => this.#fail());
    } else if (this.readyState === OPEN) {
      this.readyState = CLOSING;
      this.connection.closeByClient(code, reason);
      this.process.postLater(BROWSER_CLOSE_MS, () => {
        if (this.readyState === CLOSED) return;
        this.connection.terminateByClient();
        this.#fail();
      });
    }
  }

  protected handleOpened(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.emit("open", {});
  }

  protected handleRefused(): void {
    this.#fail();
  }

  protected handleFrames(frames: Frame[]): void {
    for (const frame of frames) {
      this.process.post(() => {
        // A browser drops frames that arrive after `close` was called.
        if (this.readyState === OPEN) this.emit("message", { data: typeof frame === "string" ? frame : frame.slice().buffer });
      });
    }
  }

  protected handleClosed(code: number, reason: string, wasClean: boolean): void {
    this.process.post(() => {
      if (this.readyState === CLOSED) return;
      this.over();
      if (!wasClean) this.emit("error", {});
      this.emit("close", { code, reason, wasClean });
    });
  }

  #fail(): void {
    if (this.readyState === CLOSED) return;
    this.over();
    this.emit("error", {});
    this.emit("close", { code: 1006, reason: "", wasClean: false });
  }
}

/** A socket as in `ws`. Frames that arrive in one chunk are emitted in one task. */
class NodeSocket extends SimulatedSocket {
  readonly #closeTimeout: number;

  constructor(process: SimulatedProcess, connect: Connect, url: string, protocols?: string | string[], options: object = {}) {
    super(process, connect, url, protocols, options);
    this.#closeTimeout = (options as { closeTimeout?: number }).closeTimeout ?? 30_000;
  }

  on(type: string, listener: Listener): this {
    this.listen(type, listener);
    return this;
  }

  addEventListener(): void {
    throw new Error("a Node.js socket is used by `on`");
  }

  ping(): void {
    if (this.readyState === OPEN) this.connection.ping();
  }

  pause(): void {
    this.connection.down.pause();
  }

  resume(): void {
    this.connection.down.resume();
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState === CONNECTING) {
      this.terminate();
    } else if (this.readyState === OPEN) {
      this.readyState = CLOSING;
      this.connection.closeByClient(code, reason);
      // Uses `postLater`, because a timer of `ws` must not count as a timer of the client.
      this.process.postLater(this.#closeTimeout, () => this.terminate());
    }
  }

  terminate(): void {
    if (this.readyState === CLOSED) return;
    const wasConnecting = this.readyState === CONNECTING;
    this.connection.terminateByClient();
    this.readyState = CLOSING;
    this.process.openSockets.delete(this);
    this.process.post(() => {
      if (this.readyState === CLOSED) return;
      if (wasConnecting) this.emit("error", new Error("WebSocket was closed before the connection was established"));
      this.#end(1006, "");
    });
  }

  protected handleOpened(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.emit("open");
  }

  protected handleRefused(status: number | undefined): void {
    if (this.readyState === CLOSED) return;
    if (status === undefined) {
      this.emit("error", Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
      this.#end(1006, "");
    } else {
      this.emit("unexpected-response", { destroy() {} }, { statusCode: status, headers: {}, resume() {}, destroy() {} });
    }
  }

  protected handleFrames(frames: Frame[]): void {
    for (const frame of frames) {
      if (this.readyState === CLOSED) return;
      if (typeof frame === "string") this.emit("message", Buffer.from(frame), false);
      else this.emit("message", frame.slice().buffer, true);
    }
  }

  protected handleClosed(code: number, reason: string): void {
    if (this.readyState === CLOSED) return;
    this.#end(code, reason);
  }

  #end(code: number, reason: string): void {
    this.over();
    this.emit("close", code, Buffer.from(reason));
  }
}

/** Returns the WebSocket constructor of a process. */
export function socketsOf(process: SimulatedProcess, connect: Connect): WebSocketLike {
  const Base = process.hasPage ? PageSocket : NodeSocket;
  return class extends (Base as typeof NodeSocket) {
    constructor(url: string, protocols?: string | string[], options?: object) {
      super(process, connect, url, protocols, options);
    }
  };
}
