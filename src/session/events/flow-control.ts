/** A connection from which reading can be paused. */
export interface Pausable {
  pauseIntake(): void;
  resumeIntake(): void;
}

/** The limits of a session's buffered events. */
export interface BufferLimits {
  readonly events: number;
  /** The total size of the frames: bytes of binary frames, and characters of text frames. */
  readonly bytes: number;
}

/** Reading resumes when at most this fraction of each limit is buffered. */
const LOW_WATER = 0.25;

/**
 * The memory that an event takes in addition to its text, in bytes. It is counted so that many tiny events also reach the limit.
 */
const EVENT_OVERHEAD = 64;

/** The number of buffered events and bytes. */
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
 * Keeps the buffered events of a session within its limits: pauses reading at the limit, and resumes reading at `LOW_WATER`.
 * Subscriptions are paused when all buffered events together reach the limit. The control connection is paused only when control
 * events alone reach the limit, because a consumer may wait for a control event before it reads notifications.
 */
export class FlowControl {
  readonly #limits: BufferLimits;
  readonly #control = new Level();
  readonly #total = new Level();
  /** Whether reading from the control connection is paused. */
  isControlPaused = false;
  #areSubscriptionsPaused = false;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** Number of buffered events. */
  get events(): number {
    return this.#total.events;
  }

  /** Total size of the buffered events, in bytes. */
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
   * @param control if `undefined`, the control connection is not changed
   */
  check(control: Pausable | undefined, subscriptions: Iterable<Pausable>): void {
    if (control !== undefined) {
      if (this.#control.isAtHighWater(this.#limits)) {
        this.isControlPaused = true;
        control.pauseIntake();
      } else if (this.isControlPaused && this.#control.isAtLowWater(this.#limits)) {
        // The flag is cleared first, because `resumeIntake` can deliver buffered frames and thereby call `check`.
        this.isControlPaused = false;
        control.resumeIntake();
      }
    }
    if (this.#total.isAtHighWater(this.#limits)) {
      this.#areSubscriptionsPaused = true;
      // Every call pauses all subscriptions again, because a subscription that has just come up is not paused yet.
      for (const subscription of subscriptions) subscription.pauseIntake();
    } else if (this.#areSubscriptionsPaused && this.#total.isAtLowWater(this.#limits)) {
      this.#areSubscriptionsPaused = false;
      for (const subscription of subscriptions) subscription.resumeIntake();
    }
  }
}
