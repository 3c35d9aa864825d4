import { SimulatorError, type SimulatorErrorCode, type SimulatorErrorDetails } from "../protocol/simulator-error.js";
import type { Platform } from "../transport/platform.js";
import type { Socket } from "../transport/socket.js";
import { HandshakeDeadline } from "./handshake-deadline.js";

/** The payload of a frame: text, or bytes of a compressed stream. */
export type Frame = string | Uint8Array;

/**
 * A failure after which a retry may succeed: a response in a handshake did not arrive in time, or the connection can no longer be
 * used.
 */
export class TransientFailure extends Error {
  override readonly name = "TransientFailure";
}

/** A failure that a retry cannot fix. Its `cause` is the error for the user. */
export class FatalFailure extends Error {
  override readonly name = "FatalFailure";
}

/** Creates a `FatalFailure`. Its `cause` is a new `SimulatorError` with the same message. */
export function fatalFailure(code: SimulatorErrorCode, message: string, details?: SimulatorErrorDetails): FatalFailure {
  return new FatalFailure(message, { cause: new SimulatorError(code, message, details) });
}

/** The maximum number of unread frames in the buffer. Above this limit, the connection is closed. */
const MAX_UNREAD_FRAMES = 10_000;
/** The maximum total size of the unread frames: bytes for binary frames, characters for text frames. */
const MAX_UNREAD_SIZE = 64 * 1024 * 1024;

/**
 * The socket that a channel uses. The channel sends text, and reads frames one by one (in a handshake) or as they arrive. Unread
 * frames are buffered in order, up to a limit.
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

  /** Whether the connection is being closed. If so, the channel must not send anything. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Returns whether the text was passed to an open socket. The text may still be lost. */
  send(text: string): boolean {
    return this.#lost === undefined && this.#socket.send(text);
  }

  /** Sets one deadline for all later calls of `next` together, in ms from now. Received frames do not extend the deadline. */
  startDeadline(ms: number): void {
    this.#deadline = new HandshakeDeadline(ms, this.#platform.now());
  }

  /**
   * Returns the next frame.
   *
   * @param timeoutMs how long to wait for the frame, in ms
   * @param what a description of the expected frame, for the error message
   * @throws TransientFailure if the frame does not arrive in time, or the socket is lost
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
   * Calls `receiver` for each buffered frame, and then for each new frame. Rejects with the first error that `receiver` throws.
   * After the error, `receiver` is not called again.
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

  /**
   * Buffers frames instead of passing them on. This is needed because a paused platform socket still emits the frames that it has
   * already read.
   */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#passUnread();
  }

  /** Called by the runner: starts the close handshake. Drops the buffered frames, and passes all later frames to `receiver`. */
  startClose(receiver: (frame: Frame) => void): void {
    this.#clearUnread();
    this.#isClosing = true;
    this.#isPaused = false;
    this.#receiver = receiver;
  }

  /** Called by the runner: handles a received frame. Returns `false` if the limit of buffered frames is exceeded. */
  handleFrame(frame: Frame): boolean {
    if (this.#isDiscarding) return true;
    // A frame is passed on only if the buffer is empty. Otherwise the frame is buffered, so that the order stays the same.
    if (this.#receiver !== undefined && !this.#isPaused && this.#unread.length === 0) this.#receiver(frame);
    else if (this.#waiting !== undefined) this.#waiting.resolve(frame);
    else return this.#buffer(frame);
    return true;
  }

  /** Called by the runner when no more frames can arrive. Rejects a pending `next` with the reason. */
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
    // The buffer is full. An empty buffer accepts a frame of any size.
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
