import type { Platform } from "../transport/platform.js";
import type { Socket } from "../transport/socket.js";

/** A frame's payload: text, or bytes of a compressed stream. */
export type Frame = string | Uint8Array;

/** A wait in a handshake that was not answered in time, or whose socket went away: it may go better next time. */
export class TransientFailure extends Error {
  override readonly name = "TransientFailure";
}

/** What will be the same next time; the cause says what it is to the user. */
export class FatalFailure extends Error {
  override readonly name = "FatalFailure";
}

/**
 * A socket as a channel sees it: it sends, and takes frames either one by one (a handshake) or as they come. Frames that
 * nobody has taken yet are kept, in order.
 */
export class ChannelSocket {
  readonly #socket: Socket;
  readonly #platform: Platform;
  readonly #kept: Frame[] = [];
  #receiver: ((frame: Frame) => void) | undefined;
  #waiting: { resolve(frame: Frame): void; reject(error: Error): void } | undefined;
  #lost: string | undefined;
  #isHeld = false;
  #isOver = false;

  constructor(socket: Socket, platform: Platform) {
    this.#socket = socket;
    this.#platform = platform;
  }

  /** Whether the text was handed over to an open socket; what becomes of it then, nothing tells. */
  send(text: string): boolean {
    return this.#lost === undefined && this.#socket.send(text);
  }

  /**
   * The next frame.
   *
   * @param timeoutMs how long to wait for it
   * @param what what is waited for, for the error's message
   * @throws TransientFailure when it doesn't come in time or the socket goes away
   */
  next(timeoutMs: number, what: string): Promise<Frame> {
    const kept = this.#kept.shift();
    if (kept !== undefined) return Promise.resolve(kept);
    if (this.#lost !== undefined) return Promise.reject(new TransientFailure(this.#lost));
    return new Promise<Frame>((resolve, reject) => {
      const handleTimeout = (): void => {
        this.#waiting = undefined;
        reject(new TransientFailure(`no ${what} within ${timeoutMs} ms`));
      };
      const timer = this.#platform.setTimeout(handleTimeout, timeoutMs);
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

  /** Calls back for each frame from now on, those kept first. */
  receive(receiver: (frame: Frame) => void): void {
    this.#receiver = receiver;
    this.#handKept();
  }

  /** Keeps frames back from the receiver: what a paused platform socket had already read still comes in. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#handKept();
  }

  /** For the runner: the goodbye is said, and what still comes in is nobody's concern. */
  discard(): void {
    this.#isOver = true;
    this.#kept.length = 0;
  }

  /** For the runner: a frame came in. */
  handleFrame(frame: Frame): void {
    if (this.#isOver) return;
    // Behind those that were kept: one may come in while they are being handed over.
    if (this.#receiver !== undefined && !this.#isHeld && this.#kept.length === 0) this.#receiver(frame);
    else if (this.#waiting !== undefined) this.#waiting.resolve(frame);
    else this.#kept.push(frame);
  }

  /** For the runner: nothing comes in any more, and whatever waits is told why. */
  handleLost(reason: string): void {
    this.#lost ??= reason;
    this.#receiver = undefined;
    this.discard();
    this.#waiting?.reject(new TransientFailure(reason));
  }

  #handKept(): void {
    while (!this.#isHeld && this.#kept.length > 0) this.#receiver?.(this.#kept.shift() as Frame);
  }
}
