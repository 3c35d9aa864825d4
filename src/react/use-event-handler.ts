import { useEffect, useRef } from "react";
import type { AnySession } from "./any-session.js";
import type { EventOf, EventType } from "./event-types.js";
import { listen } from "./recent-events.js";
import { usePersistent } from "./use-persistent.js";

/**
 * Calls a function with each event of some types, without rendering: for charts, counters and exports. Like `useEvents`, it adds a
 * listener to the session. The function of the last rendering is called, so it does not need to be memoized.
 *
 * @param session without a session the function is not called
 * @example useEventHandler(session, ["accountDiff"], ({ diff }) => chart.add(diff.context.slot, diff.post?.lamports ?? 0n));
 */
export function useEventHandler<T extends EventType>(
  session: AnySession | null | undefined,
  types: readonly T[],
  handler: (event: EventOf<T>) => void,
): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  const [stableTypes] = usePersistent(
    () => types,
    (current) => current.join() === types.join(),
  );
  useEffect(() => {
    if (!session) return undefined;
    return listen(session, stableTypes, (event) => latest.current(event));
  }, [session, stableTypes]);
}
