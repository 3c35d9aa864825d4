import type { WebSocketInstance, WebSocketLike } from "../../src/transport/websocket-like.js";

// biome-ignore lint/suspicious/noExplicitAny: as in WebSocketInstance
type Listener = (...args: any[]) => void;

interface Emit {
  page(type: string, event: object): void;
  node(type: string, ...args: unknown[]): void;
  /** The `binaryType` of the client's WebSocket. In a page, the default is `blob`. */
  binaryType(): string;
}

/** The remote end of a fake socket, which a test controls. */
export class FakePeer {
  readonly url: string;
  readonly protocols: string[];
  readonly options: { headers?: Record<string, string>; [name: string]: unknown };
  /** The frames that the client sent. */
  readonly received: string[] = [];
  pings = 0;
  isPaused = false;
  isTerminated = false;
  /** The client's close frame. */
  closing: { code: number | undefined; reason: string | undefined } | undefined;
  readyState = 0;
  readonly #emit: Emit;

  constructor([url, protocols, options]: ConstructorParameters<WebSocketLike>, emit: Emit) {
    this.url = url;
    this.protocols = typeof protocols === "string" ? [protocols] : (protocols ?? []);
    this.options = options ?? {};
    this.#emit = emit;
  }

  get isOver(): boolean {
    return this.readyState === 3;
  }

  open(): void {
    this.readyState = 1;
    this.#emit.page("open", {});
    this.#emit.node("open");
  }

  /** Delivers the frames, even if the socket is paused. A paused real socket still delivers the frames in its read buffer. */
  emitText(...texts: string[]): void {
    for (const text of texts) {
      this.#emit.page("message", { data: text });
      this.#emit.node("message", Buffer.from(text), false);
    }
  }

  emitBinary(bytes: Uint8Array): void {
    const data = bytes.slice().buffer;
    this.#emit.page("message", { data: this.#emit.binaryType() === "arraybuffer" ? data : new Blob([data]) });
    this.#emit.node("message", data, true);
  }

  /** Emits a message as ws 7 does: a text is a string, and there is no `isBinary` argument. */
  emitAsWs7(data: string | ArrayBuffer): void {
    this.#emit.node("message", data);
  }

  pong(): void {
    this.#emit.node("pong", Buffer.alloc(0));
  }

  /** Sends a close frame and ends the connection. With 1006, there is no close frame. */
  close(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.#emit.page("close", { code, reason, wasClean: code !== 1006 });
    this.#emit.node("close", code, Buffer.from(reason));
  }

  /** Emits the `error` event of a failed connection, which precedes `close`. */
  fail(error: Error): void {
    this.#emit.page("error", { type: "error", error });
    this.#emit.node("error", error);
    this.close();
  }
}

export interface FakeNetwork {
  readonly WebSocket: WebSocketLike;
  /** The peers of all sockets that were opened, in order. */
  readonly peers: FakePeer[];
  /** The peer that was opened last. */
  readonly peer: FakePeer;
  /** The sockets that are neither closed nor terminated. */
  readonly open: FakePeer[];
}

/**
 * Returns a fake WebSocket class. The test controls the remote end of each socket. With `page`, a socket is like that of a
 * browser: no ping, no pause, no terminate. With `node`, it is like that of `ws`.
 */
export function fakeNetwork(kind: "page" | "node" = "node"): FakeNetwork {
  const peers: FakePeer[] = [];

  class FakePageWebSocket implements WebSocketInstance {
    readonly bufferedAmount = 0;
    binaryType = "blob";
    protected readonly peer: FakePeer;
    readonly #listeners = new Map<string, Listener[]>();
    protected readonly nodeListeners = new Map<string, Listener[]>();

    constructor(...args: ConstructorParameters<WebSocketLike>) {
      const call = (listeners: Map<string, Listener[]>, type: string, args: unknown[]): void => {
        for (const listener of listeners.get(type) ?? []) listener(...args);
      };
      this.peer = new FakePeer(args, {
        page: (type, event) => call(this.#listeners, type, [event]),
        node: (type, ...args) => call(this.nodeListeners, type, args),
        binaryType: () => this.binaryType,
      });
      peers.push(this.peer);
    }

    get readyState(): number {
      return this.peer.readyState;
    }

    addEventListener(type: string, listener: Listener): void {
      this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    }

    send(data: string): void {
      this.peer.received.push(data);
    }

    close(code?: number, reason?: string): void {
      if (this.peer.isOver) return;
      this.peer.readyState = 2;
      this.peer.closing ??= { code, reason };
    }
  }

  class FakeNodeWebSocket extends FakePageWebSocket {
    on(type: string, listener: Listener): this {
      this.nodeListeners.set(type, [...(this.nodeListeners.get(type) ?? []), listener]);
      return this;
    }

    ping(): void {
      this.peer.pings++;
    }

    pause(): void {
      this.peer.isPaused = true;
    }

    resume(): void {
      this.peer.isPaused = false;
    }

    terminate(): void {
      this.peer.isTerminated = true;
      this.peer.readyState = 3;
    }
  }

  return {
    WebSocket: kind === "node" ? FakeNodeWebSocket : FakePageWebSocket,
    peers,
    get peer() {
      const last = peers.at(-1);
      if (last === undefined) throw new Error("no socket was opened");
      return last;
    },
    get open() {
      return peers.filter(({ readyState }) => readyState < 2);
    },
  };
}
