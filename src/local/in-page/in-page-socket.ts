import { encodeUtf8 } from "../../codec/utf8.js";
import type { Frame, Peer, PeerEvents } from "../link/peer.js";
import { sizeOf } from "../link/peer.js";
import type { Timing } from "../link/timing.js";
import type { UpgradeAnswer } from "../server/simulator.js";

/** The arguments of the WebSocket constructor. */
export interface SocketRequest {
  url: URL;
  protocols: readonly string[];
  headers: Readonly<Record<string, string>>;
}

/** The network that in-page sockets use. */
export interface Network {
  readonly timing: Timing;
  /** Answers a request to open a socket. Returns `undefined` for a host other than the simulator's. */
  upgrade(request: SocketRequest): UpgradeAnswer | undefined;
}

/** The maximum number of frames that are delivered in one task, so that the page can run other tasks in between. */
const FRAMES_A_TURN = 256;

/** The code that a socket reports if the close frame has no status (RFC 6455, 7.1.5). */
const NO_STATUS = 1005;
const ABNORMAL = 1006;

type Item = { type: "frame"; frame: Frame } | { type: "close"; code: number; reason: string };

/** One direction of a socket. Delivers frames asynchronously, in order and in groups. */
class Conduit {
  readonly #deliver: (item: Item) => void;
  readonly #onDrained: () => void;
  readonly #timing: Timing;
  #items: Item[] = [];
  #isScheduled = false;
  #isCut = false;
  bytes = 0;

  constructor(timing: Timing, deliver: (item: Item) => void, onDrained: () => void) {
    this.#timing = timing;
    this.#deliver = deliver;
    this.#onDrained = onDrained;
  }

  put(item: Item): void {
    if (this.#isCut) return;
    this.#items.push(item);
    if (item.type === "frame") this.bytes += sizeOf(item.frame);
    this.#schedule();
  }

  /** Drops the pending items. */
  cut(): void {
    this.#isCut = true;
    this.#items = [];
    this.bytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#timing.soon(() => {
      this.#isScheduled = false;
      this.#handOver();
    });
  }

  #handOver(): void {
    const items = this.#items.splice(0, FRAMES_A_TURN);
    for (const item of items) {
      if (this.#isCut) return;
      if (item.type === "frame") this.bytes -= sizeOf(item.frame);
      this.#deliver(item);
    }
    if (this.#items.length > 0) this.#schedule();
    if (items.length > 0) this.#onDrained();
  }
}

/** Replaces `CloseEvent`, which Node.js does not have before version 23. */
class InPageCloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(code: number, reason: string, wasClean: boolean) {
    super("close");
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

type Handler<E extends Event> = ((event: E) => void) | null;

/**
 * A WebSocket as in a browser (https://websockets.spec.whatwg.org/#the-websocket-interface), connected to a simulator in the same
 * page. Like a browser socket, it has no `ping` and no `pause`.
 */
export class InPageWebSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  readonly url: string;
  readonly extensions = "";
  binaryType: "blob" | "arraybuffer" = "blob";
  onopen: Handler<Event> = null;
  onmessage: Handler<MessageEvent> = null;
  onerror: Handler<Event> = null;
  onclose: Handler<InPageCloseEvent> = null;
  #readyState: 0 | 1 | 2 | 3 = 0;
  #protocol = "";
  #discarded = 0;
  readonly #timing: Timing;
  readonly #toPage: Conduit;
  readonly #toServer: Conduit;
  #server: PeerEvents | undefined;
  #isServerDeaf = false;

  constructor(network: Network, request: SocketRequest) {
    super();
    this.url = request.url.href;
    this.#timing = network.timing;
    this.#toPage = new Conduit(
      network.timing,
      (item) => this.#receive(item),
      () => this.#server?.drained(),
    );
    this.#toServer = new Conduit(
      network.timing,
      (item) => this.#serve(item),
      () => {},
    );
    this.#timing.soon(() => this.#connect(network, request));
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get bufferedAmount(): number {
    return this.#toServer.bytes + this.#discarded;
  }

  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.#readyState === this.CONNECTING) throw new DOMException("The socket is still connecting", "InvalidStateError");
    const frame = typeof data === "string" ? data : bytesOf(data);
    if (this.#readyState === this.OPEN) this.#toServer.put({ type: "frame", frame });
    else this.#discarded += sizeOf(frame);
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
      throw new DOMException(`The close code must be 1000 or from 3000 to 4999, not ${code}`, "InvalidAccessError");
    }
    if (encodeUtf8(reason).length > 123) throw new DOMException("The close reason must have at most 123 bytes", "SyntaxError");
    if (this.#readyState === this.CONNECTING) {
      this.#readyState = this.CLOSING;
      // As in a browser, closing a socket that is still connecting makes the connection fail.
      this.#timing.soon(() => this.#fail());
    } else if (this.#readyState === this.OPEN) {
      this.#readyState = this.CLOSING;
      this.#toServer.put({ type: "close", code: code ?? NO_STATUS, reason });
    }
  }

  #connect(network: Network, request: SocketRequest): void {
    if (this.#readyState !== this.CONNECTING) return;
    const answer = network.upgrade(request);
    const refused = answer === undefined || "refused" in answer;
    // Like a browser, fails the connection if the page requested subprotocols and the server selected none of them.
    if (refused || (request.protocols.length > 0 && answer.protocol === undefined)) {
      this.#fail();
      return;
    }
    this.#protocol = answer.protocol ?? "";
    this.#readyState = this.OPEN;
    this.#dispatch(new Event("open"), this.onopen);
    this.#server = answer.accept(this.#peer());
  }

  #peer(): Peer {
    const toPage = this.#toPage;
    return {
      get bufferedAmount() {
        return toPage.bytes;
      },
      send: (frame) => toPage.put({ type: "frame", frame }),
      batch: (run) => run(),
      close: (code, reason) => toPage.put({ type: "close", code, reason }),
      terminate: () => this.#cut(),
      // Sends no part of the frame, because a page can receive only whole frames.
      cut: () => this.#cut(),
      deafen: () => {
        this.#isServerDeaf = true;
      },
      ping: () => this.#timing.soon(() => this.#server?.alive()),
    };
  }

  /** Delivers a frame to the server. */
  #serve(item: Item): void {
    if (this.#isServerDeaf) return;
    if (item.type === "frame") {
      this.#server?.message(item.frame);
    } else {
      this.#leaveServer();
      // The server echoes the close frame (RFC 6455, 5.5.1).
      this.#toPage.put(item);
    }
  }

  /** Delivers a frame to the page. */
  #receive(item: Item): void {
    if (item.type === "close") {
      this.#leaveServer();
      this.#end(item.code, item.reason, true);
    } else if (this.#readyState === this.OPEN) {
      this.#dispatch(new MessageEvent("message", { data: this.#dataOf(item.frame) }), this.onmessage);
    }
  }

  #dataOf(frame: Frame): unknown {
    if (typeof frame === "string") return frame;
    const bytes = frame.slice();
    return this.binaryType === "arraybuffer" ? bytes.buffer : new Blob([bytes]);
  }

  #cut(): void {
    this.#toPage.cut();
    this.#toServer.cut();
    this.#timing.soon(() => this.#end(ABNORMAL, "", false));
  }

  #fail(): void {
    if (this.#readyState === this.CLOSED) return;
    this.#readyState = this.CLOSED;
    this.#dispatch(new Event("error"), this.onerror);
    this.#dispatch(new InPageCloseEvent(ABNORMAL, "", false), this.onclose);
  }

  #end(code: number, reason: string, wasClean: boolean): void {
    if (this.#readyState === this.CLOSED) return;
    this.#readyState = this.CLOSED;
    this.#toPage.cut();
    this.#toServer.cut();
    this.#dispatch(new InPageCloseEvent(code, reason, wasClean), this.onclose);
  }

  #leaveServer(): void {
    const server = this.#server;
    this.#server = undefined;
    server?.closed();
  }

  #dispatch<E extends Event>(event: E, handler: Handler<E>): void {
    handler?.call(this, event);
    this.dispatchEvent(event);
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  const view = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  return view.slice();
}
