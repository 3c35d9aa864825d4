import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { BacktestClient } from "../client/backtest-client.js";
import type { SessionCheckpoint } from "../session/checkpoint/session-checkpoint.js";
import type { RunOptions } from "../session/continues/run.js";
import type { CreateSession } from "../session/create-options.js";
import { type SessionSetup, type SessionSnapshot, SessionStore } from "./session-store.js";
import { usePersistent } from "./use-persistent.js";

/** Options of `useBacktestSession`. */
export interface UseBacktestSessionOptions {
  /**
   * Called once with each new session before it is returned or run. Subscribe here. A returned promise is awaited. An error makes
   * the state `failed`.
   *
   * @default no setup
   */
  setup?: SessionSetup;
  /**
   * Whether the hook runs the session, like `session.run()`: `true` runs all of it, `{ step }` that many blocks per continue. It starts
   * after the components that render the session are mounted, so that `useEvents` misses nothing. `false` pauses: no further event is
   * delivered, and the server proceeds to the next stop.
   *
   * @default false: the session's other consumers decide
   */
  run?: boolean | Pick<RunOptions, "step">;
}

/** The state of the session, and a function to restart it. */
export type BacktestSessionState = SessionSnapshot & {
  /** Shuts the session down if it is open, and starts another one. The function is the same in each rendering. */
  readonly restart: () => void;
};

/**
 * Starts a session when the component mounts, and shuts it down on the server when it unmounts, even during the start. StrictMode,
 * which mounts twice, gets one session. Nothing is started during server rendering.
 *
 * @param client create it once, outside the component or with `useState(() => new BacktestClient(…))`: another client starts another
 * session. Without a client the state is `idle`
 * @param create parameters, or a checkpoint to resume. Compared by content: a change shuts the session down and starts another one.
 * With `null` or `undefined` the state is `idle`
 * @example
 * const { state, session, error } = useBacktestSession(client, { startSlot: 300_000_000n, slotCount: 100 }, {
 *   setup: (session) => session.subscribeTransactions([program]),
 *   run: true,
 * });
 */
export function useBacktestSession(
  client: BacktestClient | null | undefined,
  create: CreateSession | SessionCheckpoint | null | undefined,
  options: UseBacktestSessionOptions = {},
): BacktestSessionState {
  const { setup, run = false } = options;
  const latestSetup = useRef(setup);
  const plan = client && create ? { client, create } : undefined;
  const [store, setStore] = usePersistent(
    () => new SessionStore(plan, (session) => latestSetup.current?.(session)),
    (current) => current.fits(plan),
  );
  // This effect runs before that of useSyncExternalStore, which starts the session.
  useEffect(() => {
    latestSetup.current = setup;
  });
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);

  const running = run !== false && snapshot.state === "ready" ? snapshot.session : undefined;
  const step = typeof run === "object" ? run.step : undefined;
  useEffect(() => {
    if (running === undefined) return undefined;
    const pause = new AbortController();
    const events = running.run({ ...(step !== undefined && { step }), signal: pause.signal });
    // Effects of other components run first: they add listeners, or StrictMode cleans up.
    queueMicrotask(() => void consumeAll(events, pause.signal));
    return () => pause.abort();
  }, [running, step]);

  const restart = useCallback(() => setStore((current) => current.restarted()), [setStore]);
  return useMemo(() => ({ ...snapshot, restart }), [snapshot, restart]);
}

/** Consumes all events, so that listeners receive them. */
async function consumeAll(events: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    for await (const _ of events);
  } catch {
    // Paused, or the session failed. The state reports a failure.
  }
}
