import { TransientFailure } from "../connection/channel-socket.js";
import { describeUnreadable } from "../protocol/message.js";

/** The client skips a damaged frame that arrives this many times, even at different positions. */
const MAX_OF_FRAME = 3;
/** The client skips a frame after this many damaged frames at one position, even if the frames differ. */
const MAX_AT_POSITION = 5;

/**
 * Decides whether a damaged frame is skipped. The client first reconnects, so that the server sends the frame again. If the same
 * damaged frame arrives again at the same position, the client skips the frame.
 */
export class DamageTracker {
  #position = "";
  #text = "";
  #ofFrame = 0;
  #atPosition = 0;

  /**
   * Returns a description of the damaged frame if the client must skip the frame.
   *
   * @throws TransientFailure if the client must first reconnect, so that the server sends the frame again
   */
  skip(text: string, position: string): string {
    const reason = `a frame of ${text.length} characters that is ${describeUnreadable(text)}`;
    if (!this.mustSkip(text, position)) throw new TransientFailure(reason);
    return reason;
  }

  /** Returns whether a damaged frame must be skipped. `position` identifies the place of the frame in the stream. */
  mustSkip(text: string, position: string): boolean {
    this.#ofFrame = text === this.#text ? this.#ofFrame + 1 : 1;
    this.#atPosition = position === this.#position ? this.#atPosition + 1 : 1;
    this.#text = text;
    this.#position = position;
    const isRepeated = this.#ofFrame > 1 && this.#atPosition > 1;
    if (!isRepeated && this.#ofFrame < MAX_OF_FRAME && this.#atPosition < MAX_AT_POSITION) return false;
    this.#ofFrame = 0;
    this.#atPosition = 0;
    return true;
  }
}
