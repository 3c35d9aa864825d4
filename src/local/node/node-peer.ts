import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Frame, Peer, PeerEvents } from "../link/peer.js";
import { FrameBatch } from "./frame-batch.js";

/** If `cut` cuts a frame, at least this many bytes of the frame are sent. */
const LEAST_CUT_BYTES = 3;

/** The server side of a real WebSocket connection. */
export class NodePeer implements Peer {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #frames: FrameBatch;
  #isBatching = false;

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
    this.#frames = new FrameBatch((bytes) => {
      if (ws.readyState === ws.OPEN) socket.write(bytes);
    });
  }

  listen(events: PeerEvents): void {
    this.#ws.on("message", (data: Buffer, isBinary) => events.message(isBinary ? data : data.toString("utf8")));
    this.#ws.on("pong", () => events.alive());
    this.#ws.on("close", () => events.closed());
    // Without this listener, an `error` event would end the process. After each `error` event, a `close` event follows.
    this.#ws.on("error", () => this.#ws.terminate());
    this.#socket.on("drain", () => events.drained());
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount + this.#frames.bytes;
  }

  /**
   * Encodes the frames here, so that one write can send several frames. `ws` would make one slow write per frame. Each write
   * contains whole frames only: between two writes, `ws` can send a pong or a close frame.
   */
  send(frame: Frame): void {
    this.#frames.push(frame);
    if (!this.#isBatching) this.#frames.flush();
  }

  batch(run: () => void): void {
    this.#isBatching = true;
    try {
      run();
    } finally {
      this.#isBatching = false;
      this.#frames.flush();
    }
  }

  close(code: number, reason: string): void {
    this.#frames.flush();
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#frames.flush();
    this.#ws.terminate();
  }

  cut(frame: Frame): void {
    this.#frames.flush();
    const part = new FrameBatch((bytes) => {
      this.#socket.write(bytes.subarray(0, Math.max(LEAST_CUT_BYTES, bytes.length >>> 1)), () => this.#socket.destroy());
    });
    part.push(frame);
    part.flush();
  }

  deafen(): void {
    this.#ws.pause();
  }

  ping(): void {
    this.#ws.ping();
  }
}
