import type { AnySession } from "./any-session.js";
import { type ConnectionOverview, ConnectionStore, NO_CONNECTIONS } from "./connection-overview.js";
import { perSession, useFrameStore } from "./use-frame-store.js";

const connectionsOf = perSession((session) => new ConnectionStore(session));

/**
 * Returns the states of the control connection and of all subscription connections, and the worst of them. The hook consumes no
 * events. While a session is starting, `useBacktestSession` returns the state of its control connection.
 *
 * @param session if absent, the state is `idle`
 * @example
 * const { state, control } = useConnectionStatus(session);
 * if (control?.state === "down" && control.retryAt) return <Countdown until={control.retryAt} attempt={control.attempt} />;
 */
export function useConnectionStatus(session: AnySession | null | undefined): ConnectionOverview {
  return useFrameStore(session ? connectionsOf(session) : undefined, NO_CONNECTIONS);
}
