import type { AnySession } from "./any-session.js";
import { FrameStore } from "./frame-store.js";
import { observe } from "./observe-session.js";
import { SlotRate } from "./slot-rate.js";

/** How far a session has come. */
export interface SlotProgress {
  /** Slots up to the highest one that was seen, skipped ones too. */
  readonly done: bigint;
  /** Slots of the range; 0 without a session. */
  readonly total: bigint;
  /** `done` of `total`, 0 to 1. */
  readonly fraction: number;
  /** The highest slot that had a block; absent before the first. */
  readonly slot?: bigint;
  /** Of the last 3 s; 0 when nothing moves. */
  readonly slotsPerSecond: number;
  /** Whether the server has said that the range is done. */
  readonly completed: boolean;
}

export const NO_PROGRESS: SlotProgress = { done: 0n, total: 0n, fraction: 0, slotsPerSecond: 0, completed: false };

/** A rate is looked at again so long after the last slot: one that stays as it was would tell that it goes on. */
const STALL_CHECK_MS = 500;

/** Follows the slots of a session. */
export class SlotProgressStore extends FrameStore<SlotProgress> {
  readonly #session: AnySession;
  readonly #rate = new SlotRate();
  #stallCheck: ReturnType<typeof setTimeout> | undefined;
  #isFollowing = false;

  constructor(session: AnySession) {
    super(NO_PROGRESS);
    this.#session = session;
  }

  protected override follow(): () => void {
    this.#isFollowing = true;
    const stops = (["slot", "completed", "close"] as const).map((name) => observe(this.#session, name, this.touch));
    return () => {
      for (const stop of stops) stop();
      clearTimeout(this.#stallCheck);
      this.#rate.reset();
      this.#isFollowing = false;
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
    if (!this.#isFollowing || completed || this.#isOver) return 0;
    const rate = this.#rate.take(performance.now(), done);
    if (rate > 0) this.#stallCheck = setTimeout(this.touch, STALL_CHECK_MS);
    return rate;
  }

  get #isOver(): boolean {
    const { state } = this.#session.connection;
    return state === "closed" || state === "failed";
  }
}
