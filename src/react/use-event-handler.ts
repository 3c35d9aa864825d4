import { useEffect, useRef } from "react";
import type { AnySession } from "./any-session.js";
import type { EventOf, EventType } from "./event-types.js";
import { listen } from "./recent-events.js";
import { usePersistent } from "./use-persistent.js";

/**
 * Calls a function with each event of some types, without rendering anything: for charts, counters, exports. It listens, as
 * `useEvents` does. The function is that of the last rendering: it needn't be memoized.
 *
 * @param session none: it is never called
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
  const [listened] = usePersistent(
    () => types,
    (held) => held.join() === types.join(),
  );
  useEffect(() => {
    if (!session) return undefined;
    return listen(session, listened, (event) => latest.current(event));
  }, [session, listened]);
}
