import { useEffect, useRef } from "react";
import type { AnySession } from "./any-session.js";
import type { EventOf, EventType } from "./event-types.js";
import { listen } from "./recent-events.js";
import { usePersistent } from "./use-persistent.js";

/**
 * Calls a function with each event of some types, without rendering. Use it for charts, counters and exports. Like `useEvents`, it
 * adds a listener to the session. It always calls the function from the last rendering, so you do not need to memoize it.
 *
 * @param session if absent, the function is not called
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
