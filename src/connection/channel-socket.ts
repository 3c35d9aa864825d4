import type { Platform } from "../transport/platform.js";
import type { Socket } from "../transport/socket.js";
import { HandshakeDeadline } from "./handshake-deadline.js";

/** A frame's payload: text, or bytes of a compressed stream. */
export type Frame = string | Uint8Array;

/** A handshake that was not answered in time, or a connection that cannot be used further. A retry may succeed. */
export class TransientFailure extends Error {
  override readonly name = "TransientFailure";
}

/** A failure that a retry cannot fix. Its cause is the error for the user. */
export class FatalFailure extends Error {
  override readonly name = "FatalFailure";
}

/** How many frames, and how many bytes or characters of them, may wait for the channel. More than that ends the connection. */
const MAX_UNREAD_FRAMES = 10_000;
const MAX_UNREAD_SIZE = 64 * 1024 * 1024;

/**
 * A socket as a channel uses it: it sends, and it receives frames one by one (in a handshake) or as they arrive. Frames
 * that are not read yet are buffered in order, up to a limit.
 */
export class ChannelSocket {
  readonly #socket: Socket;
  readonly #platform: Platform;
  readonly #unread: Frame[] = [];
  #unreadSize = 0;
  #receiver: ((frame: Frame) => void) | undefined;
  #waiting: { resolve(frame: Frame): void; reject(error: Error): void } | undefined;
  #deadline: HandshakeDeadline | undefined;
  #lost: string | undefined;
  #isPaused = false;
  #isDiscarding = false;
  #isClosing = false;

  constructor(socket: Socket, platform: Platform) {
    this.#socket = socket;
    this.#platform = platform;
  }

  /** Whether the connection is being closed: nothing more is sent. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Returns whether the text was passed to an open socket. That does not mean that it arrives. */
  send(text: string): boolean {
    return this.#lost === undefined && this.#socket.send(text);
  }

  /** Bounds all later calls of `next` together, in ms from now. Frames that are not a response do not extend it. */
  startDeadline(ms: number): void {
    this.#deadline = new HandshakeDeadline(ms, this.#platform.now());
  }

  /**
   * Returns the next frame.
   *
   * @param timeoutMs how long to wait for it, in ms
   * @param what the expected frame, for the message of the error
   * @throws TransientFailure if it does not arrive in time, or the socket is lost
   */
  next(timeoutMs: number, what: string): Promise<Frame> {
    const limit = this.#deadline?.limit(timeoutMs, this.#platform.now()) ?? { waitMs: timeoutMs, ofMs: timeoutMs };
    const late = (): TransientFailure => new TransientFailure(`no ${what} within ${limit.ofMs} ms`);
    if (limit.waitMs <= 0) return Promise.reject(late());
    const frame = this.#takeUnread();
    if (frame !== undefined) return Promise.resolve(frame);
    if (this.#lost !== undefined) return Promise.reject(new TransientFailure(this.#lost));
    return new Promise<Frame>((resolve, reject) => {
      const handleTimeout = (): void => {
        this.#waiting = undefined;
        reject(late());
      };
      const timer = this.#platform.setTimeout(handleTimeout, limit.waitMs);
      const settle = (): void => {
        this.#waiting = undefined;
        this.#platform.clearTimeout(timer);
      };
      this.#waiting = {
        resolve: (frame) => {
          settle();
          resolve(frame);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
    });
  }

  /**
   * Calls back for each frame from now on, first for those that are buffered. Rejects with the first error of the callback, and
   * ignores the frames after it: they would move the position of the channel past the lost one.
   */
  receive(receiver: (frame: Frame) => void): Promise<never> {
    return new Promise((_, reject) => {
      let hasFailed = false;
      this.#receiver = (frame) => {
        if (hasFailed) return;
        try {
          receiver(frame);
        } catch (error) {
          hasFailed = true;
          reject(error);
        }
      };
      this.#passUnread();
    });
  }

  /** Buffers frames instead of passing them on. A paused platform socket still emits what it has already read. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#passUnread();
  }

  /** For the runner: the close handshake begins. Only `receiver` gets what still arrives. */
  startClose(receiver: (frame: Frame) => void): void {
    this.#clearUnread();
    this.#isClosing = true;
    this.#isPaused = false;
    this.#receiver = receiver;
  }

  /** For the runner: a frame arrived. Returns `false` if more frames wait than may be buffered. */
  handleFrame(frame: Frame): boolean {
    if (this.#isDiscarding) return true;
    // Behind those that are buffered: one may arrive while they are passed on.
    if (this.#receiver !== undefined && !this.#isPaused && this.#unread.length === 0) this.#receiver(frame);
    else if (this.#waiting !== undefined) this.#waiting.resolve(frame);
    else return this.#buffer(frame);
    return true;
  }

  /** For the runner: nothing arrives any more. Rejects a pending `next` with the reason. */
  handleLost(reason: string): void {
    this.#lost ??= reason;
    this.#receiver = undefined;
    this.#isClosing = true;
    this.#isDiscarding = true;
    this.#clearUnread();
    this.#waiting?.reject(new TransientFailure(reason));
  }

  #buffer(frame: Frame): boolean {
    const isOver = this.#unread.length >= MAX_UNREAD_FRAMES || this.#unreadSize + frame.length > MAX_UNREAD_SIZE;
    // A single frame is bounded by the socket.
    if (isOver && this.#unread.length > 0) return false;
    this.#unread.push(frame);
    this.#unreadSize += frame.length;
    return true;
  }

  #takeUnread(): Frame | undefined {
    const frame = this.#unread.shift();
    if (frame !== undefined) this.#unreadSize -= frame.length;
    return frame;
  }

  #clearUnread(): void {
    this.#unread.length = 0;
    this.#unreadSize = 0;
  }

  #passUnread(): void {
    while (!this.#isPaused && this.#receiver !== undefined && this.#unread.length > 0) {
      this.#receiver(this.#takeUnread() as Frame);
    }
  }
}
