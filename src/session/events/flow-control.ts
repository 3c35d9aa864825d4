/** A connection whose intake can be paused. */
export interface Pausable {
  pauseIntake(): void;
  resumeIntake(): void;
}

/** How much a session may buffer. */
export interface BufferLimits {
  readonly events: number;
  /** Measured on the frames: bytes of binary ones, characters of text. */
  readonly bytes: number;
}

/** Intake resumes when this part of the limit is left. */
const LOW_WATER = 0.25;

/** Memory of an event in addition to its text, in bytes. It bounds the memory of many tiny events. */
const EVENT_OVERHEAD = 64;

/** Events and bytes that are buffered. */
class Level {
  events = 0;
  bytes = 0;

  add(size: number): void {
    this.events++;
    this.bytes += size + EVENT_OVERHEAD;
  }

  subtract(size: number): void {
    this.events--;
    this.bytes -= size + EVENT_OVERHEAD;
  }

  isAtHighWater({ events, bytes }: BufferLimits): boolean {
    return this.events >= events || this.bytes >= bytes;
  }

  isAtLowWater({ events, bytes }: BufferLimits): boolean {
    return this.events <= events * LOW_WATER && this.bytes <= bytes * LOW_WATER;
  }
}

/**
 * Keeps the buffered events of a session within its limits: pauses intake at the limit, and resumes it at the low-water
 * mark. Subscriptions pause for all buffered events. The control connection pauses only for control events, because a consumer
 * may wait for one before it takes another notification.
 */
export class FlowControl {
  readonly #limits: BufferLimits;
  readonly #control = new Level();
  readonly #total = new Level();
  #isControlPaused = false;
  #areSubscriptionsPaused = false;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** Events that are buffered. */
  get events(): number {
    return this.#total.events;
  }

  /** Their size, in bytes. */
  get bytes(): number {
    return this.#total.bytes;
  }

  addControl(size: number): void {
    this.#control.add(size);
    this.#total.add(size);
  }

  removeControl(size: number): void {
    this.#control.subtract(size);
    this.#total.subtract(size);
  }

  addNotification(size: number): void {
    this.#total.add(size);
  }

  removeNotification(size: number): void {
    this.#total.subtract(size);
  }

  /**
   * Pauses or resumes the connections as needed.
   *
   * @param control `undefined`: the control connection is not changed
   */
  check(control: Pausable | undefined, subscriptions: Iterable<Pausable>): void {
    // The flags are set first: `resumeIntake` may deliver buffered frames, and with them cause the next pause.
    if (control !== undefined) {
      if (this.#control.isAtHighWater(this.#limits)) {
        this.#isControlPaused = true;
        control.pauseIntake();
      } else if (this.#isControlPaused && this.#control.isAtLowWater(this.#limits)) {
        this.#isControlPaused = false;
        control.resumeIntake();
      }
    }
    if (this.#total.isAtHighWater(this.#limits)) {
      this.#areSubscriptionsPaused = true;
      // On each call, because a connection that has just come up is not paused yet.
      for (const subscription of subscriptions) subscription.pauseIntake();
    } else if (this.#areSubscriptionsPaused && this.#total.isAtLowWater(this.#limits)) {
      this.#areSubscriptionsPaused = false;
      for (const subscription of subscriptions) subscription.resumeIntake();
    }
  }
}
