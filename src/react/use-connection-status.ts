import type { AnySession } from "./any-session.js";
import { type ConnectionOverview, ConnectionStore, NO_CONNECTIONS } from "./connection-overview.js";
import { perSession, useFrameStore } from "./use-frame-store.js";

const connectionsOf = perSession((session) => new ConnectionStore(session));

/**
 * Returns the control connection, the connection of each subscription, and the worst state of all. It only observes: it consumes no
 * event. While a session is starting, `useBacktestSession` has its connection.
 *
 * @param session without a session the state is `idle`
 * @example
 * const { state, control } = useConnectionStatus(session);
 * if (control?.state === "down" && control.retryAt) return <Countdown until={control.retryAt} attempt={control.attempt} />;
 */
export function useConnectionStatus(session: AnySession | null | undefined): ConnectionOverview {
  return useFrameStore(session ? connectionsOf(session) : undefined, NO_CONNECTIONS);
}
