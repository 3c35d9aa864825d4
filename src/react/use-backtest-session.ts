import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { BacktestClient } from "../client/backtest-client.js";
import type { SessionCheckpoint } from "../session/checkpoint.js";
import type { CreateSession } from "../session/create-session.js";
import type { RunOptions } from "../session/run.js";
import { type SessionSetup, type SessionSnapshot, SessionStore } from "./session-store.js";
import { usePersistent } from "./use-persistent.js";

/** What a component does with its session besides showing it. */
export interface UseBacktestSessionOptions {
  /**
   * Called once with each session as soon as it stands, before anything of it is shown or run: the place to subscribe. A
   * promise is awaited. What it throws makes the state `failed`. Default: nothing.
   */
  setup?: SessionSetup;
  /**
   * Whether the hook runs the session, as `session.run()` does: `true` all of it, `{ step }` so many blocks between two stops.
   * It begins when what shows the session is mounted, so that `useEvents` misses nothing. `false` pauses: no event is taken any
   * more, and the server goes on to the next stop. Default: `false`; events are then taken by whoever asks the session for
   * them.
   */
  run?: boolean | Pick<RunOptions, "step">;
}

/** A session's state, and what is the same in each. */
export type BacktestSessionState = SessionSnapshot & {
  /** Shuts the session down, if it isn't over, and starts another of the same kind. The same function in each rendering. */
  readonly restart: () => void;
};

/**
 * A session that lives as long as the component: created when it is mounted, shut down on the server when it is unmounted, also
 * while it is still being started. StrictMode, which mounts twice, gets one. On a server nothing is started.
 *
 * @param client made once, outside of the component or by `useState(() => new BacktestClient(…))`: another one is a reason for
 * another session. None: the state is `idle`
 * @param create what to create, or a checkpoint to go on from. Compared by content: the same in another object changes nothing,
 * anything else shuts the session down and starts another. `null` or `undefined`: the state is `idle`
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
    (held) => held.fits(plan),
  );
  // Before the session is started, by the effect of the next line.
  useEffect(() => {
    latestSetup.current = setup;
  });
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);

  // Also when it is over: what was received by then is still held, and comes to an end by itself.
  const running = run === false ? undefined : snapshot.session;
  const step = typeof run === "object" ? run.step : undefined;
  useEffect(() => {
    if (running === undefined) return undefined;
    const pause = new AbortController();
    const events = running.run({ ...(step !== undefined && { step }), signal: pause.signal });
    // The other components' effects are yet to come, and with them their listeners; or StrictMode's cleanup.
    queueMicrotask(() => void takeAll(events, pause.signal));
    return () => pause.abort();
  }, [running, step]);

  const restart = useCallback(() => setStore((held) => held.again()), [setStore]);
  return useMemo(() => ({ ...snapshot, restart }), [snapshot, restart]);
}

/** Takes events to the end, for those who listen. */
async function takeAll(events: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    for await (const _ of events);
  } catch {
    // It was paused, or the session failed: its state tells.
  }
}
