import type { AnySession } from "./any-session.js";
import { type ConnectionOverview, ConnectionStore, NO_CONNECTIONS } from "./connection-overview.js";
import { perSession, useFrameStore } from "./use-frame-store.js";

const connectionsOf = perSession((session) => new ConnectionStore(session));

/**
 * The connections of a session: the control connection, that of each subscription, and all of them in a word. It never takes
 * an event. While a session is still being started, `useBacktestSession` tells of its connection.
 *
 * @param session none: the state is `idle`
 * @example
 * const { state, control } = useConnectionStatus(session);
 * if (control?.state === "down" && control.retryAt) return <Countdown until={control.retryAt} attempt={control.attempt} />;
 */
export function useConnectionStatus(session: AnySession | null | undefined): ConnectionOverview {
  return useFrameStore(session ? connectionsOf(session) : undefined, NO_CONNECTIONS);
}
