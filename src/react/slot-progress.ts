import type { AnySession } from "./any-session.js";
import { FrameStore } from "./frame-store.js";
import { SlotRate } from "./slot-rate.js";

/** The progress of a session. */
export interface SlotProgress {
  /** Number of slots up to the highest received slot, including skipped slots. */
  readonly done: bigint;
  /** Number of slots in the range. 0 if there is no session. */
  readonly total: bigint;
  /** `done / total`, 0 to 1. */
  readonly fraction: number;
  /** The highest received slot. Absent before the first slot. */
  readonly slot?: bigint;
  /** The average rate over the last 3 s. */
  readonly slotsPerSecond: number;
  /** Whether the server has completed the range. */
  readonly completed: boolean;
}

export const NO_PROGRESS: SlotProgress = { done: 0n, total: 0n, fraction: 0, slotsPerSecond: 0, completed: false };

/** If there are no new slots, the rate is updated after this time, in ms, so that it falls to 0. */
const STALL_CHECK_MS = 500;

const OBSERVED = ["progress", "close"] as const;

/** Observes the slots of a session. */
export class SlotProgressStore extends FrameStore<SlotProgress> {
  readonly #session: AnySession;
  readonly #rate = new SlotRate();
  #stallCheck: ReturnType<typeof setTimeout> | undefined;
  #isObserving = false;

  constructor(session: AnySession) {
    super(NO_PROGRESS);
    this.#session = session;
  }

  protected override observe(): () => void {
    this.#isObserving = true;
    for (const name of OBSERVED) this.#session.on(name, this.touch);
    return () => {
      for (const name of OBSERVED) this.#session.off(name, this.touch);
      clearTimeout(this.#stallCheck);
      this.#rate.reset();
      this.#isObserving = false;
    };
  }

  protected override read(last: SlotProgress): SlotProgress {
    const { done, total } = this.#session.progress;
    const { highestSlot: slot, completed } = this.#session.coverage();
    const slotsPerSecond = this.#readRate(done, completed);
    if (done === last.done && total === last.total && completed === last.completed && slotsPerSecond === last.slotsPerSecond) {
      return last;
    }
    const fraction = total === 0n ? 0 : Number(done) / Number(total);
    return { done, total, fraction, ...(slot !== undefined && { slot }), slotsPerSecond, completed };
  }

  #readRate(done: bigint, completed: boolean): number {
    clearTimeout(this.#stallCheck);
    if (!this.#isObserving || completed || this.#isOver) return 0;
    const rate = this.#rate.sample(performance.now(), done);
    if (rate > 0) this.#stallCheck = setTimeout(this.touch, STALL_CHECK_MS);
    return rate;
  }

  get #isOver(): boolean {
    const { state } = this.#session.connection;
    return state === "closed" || state === "failed";
  }
}
