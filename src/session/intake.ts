/** What can be told to stop reading. */
interface Readable {
  pauseIntake(): void;
  resumeIntake(): void;
}

interface Lengths {
  readonly controlLength: number;
  readonly notificationLength: number;
}

/**
 * Keeps what is held bounded: at the high-water mark reading stops, at half of it reading goes on. Control events and
 * notifications are counted apart, since neither may hold up the other.
 */
export class Intake {
  readonly #highWater: number;
  #isControlPaused = false;
  #areSubscriptionsPaused = false;

  constructor(highWater: number) {
    this.#highWater = highWater;
  }

  /** @param control `undefined`: it is to be left as it is */
  check(held: Lengths, control: Readable | undefined, subscriptions: Iterable<Readable>): void {
    if (control !== undefined) this.#isControlPaused = this.#toggle(this.#isControlPaused, held.controlLength, [control]);
    this.#areSubscriptionsPaused = this.#toggle(this.#areSubscriptionsPaused, held.notificationLength, subscriptions);
  }

  #toggle(isPaused: boolean, length: number, readables: Iterable<Readable>): boolean {
    if (length >= this.#highWater) {
      // Told again each time: one that has just come up has not been told yet.
      for (const readable of readables) readable.pauseIntake();
      return true;
    }
    if (!isPaused || length * 2 > this.#highWater) return isPaused;
    for (const readable of readables) readable.resumeIntake();
    return false;
  }
}
