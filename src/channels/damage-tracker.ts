/** How often the same frame, or any frame at the same position, may be damaged before it is skipped. */
const MAX_OF_FRAME = 3;
const MAX_AT_POSITION = 5;

/**
 * Decides how a frame that is not JSON is handled. If the server can replay, the first damaged frame causes a reconnect. A frame
 * that is damaged again at the same position is skipped, so that a broken event does not cause endless reconnects.
 */
export class DamageTracker {
  #position = "";
  #text = "";
  #ofFrame = 0;
  #atPosition = 0;

  /** Returns whether the frame must be skipped. `position` identifies what was received before it. */
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
