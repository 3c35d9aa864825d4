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
  readonly #control: Valve;
  readonly #subscriptions: Valve;

  constructor(highWater: number) {
    this.#control = new Valve(highWater);
    this.#subscriptions = new Valve(highWater);
  }

  /** @param control `undefined`: it is to be left as it is */
  check(held: Lengths, control: Readable | undefined, subscriptions: Iterable<Readable>): void {
    if (control !== undefined) this.#control.check(held.controlLength, [control]);
    this.#subscriptions.check(held.notificationLength, subscriptions);
  }
}

class Valve {
  readonly #highWater: number;
  #isPaused = false;

  constructor(highWater: number) {
    this.#highWater = highWater;
  }

  /** Noted before anybody is told: what was held back comes in within `resumeIntake`, and may bring the next pause. */
  check(length: number, readables: Iterable<Readable>): void {
    if (length >= this.#highWater) {
      this.#isPaused = true;
      // Told again each time: one that has just come up has not been told yet.
      for (const readable of readables) readable.pauseIntake();
    } else if (this.#isPaused && length * 2 <= this.#highWater) {
      this.#isPaused = false;
      for (const readable of readables) readable.resumeIntake();
    }
  }
}
