import type { AnySession } from "./any-session.js";
import { NO_PROGRESS, type SlotProgress, SlotProgressStore } from "./slot-progress.js";
import { perSession, useFrameStore } from "./use-frame-store.js";

const progressOf = perSession((session) => new SlotProgressStore(session));

/**
 * How far a session has come, in slots, and how fast. It moves as events are taken, and takes none itself: that is for `run`,
 * `useEvents`, or whoever else asks the session for them.
 *
 * @param session none: 0 of 0
 * @example
 * const { done, total, fraction, slotsPerSecond } = useSlotProgress(session);
 * return <progress value={fraction}>{`${done} of ${total}`}</progress>;
 */
export function useSlotProgress(session: AnySession | null | undefined): SlotProgress {
  return useFrameStore(session ? progressOf(session) : undefined, NO_PROGRESS);
}
