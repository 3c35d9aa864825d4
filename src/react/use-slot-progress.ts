import type { AnySession } from "./any-session.js";
import { NO_PROGRESS, type SlotProgress, SlotProgressStore } from "./slot-progress.js";
import { perSession, useFrameStore } from "./use-frame-store.js";

const progressOf = perSession((session) => new SlotProgressStore(session));

/**
 * Returns the progress of a session in slots, and its rate. The hook consumes no events.
 *
 * @param session if absent, the progress is 0 of 0 slots
 * @example
 * const { done, total, fraction, slotsPerSecond } = useSlotProgress(session);
 * return <progress value={fraction}>{`${done} of ${total}`}</progress>;
 */
export function useSlotProgress(session: AnySession | null | undefined): SlotProgress {
  return useFrameStore(session ? progressOf(session) : undefined, NO_PROGRESS);
}
