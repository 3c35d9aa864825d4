import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { BacktestClient } from "../client/backtest-client.js";
import type { SessionCheckpoint } from "../session/checkpoint/session-checkpoint.js";
import type { RunOptions } from "../session/continues/run.js";
import type { CreateSession } from "../session/create-options.js";
import type { ManagedBacktestSession } from "../session/managed-backtest-session.js";
import { type SessionSetup, type SessionSnapshot, SessionStore } from "./session-store.js";
import { usePersistent } from "./use-persistent.js";

/** Options of `useBacktestSession`. */
export interface UseBacktestSessionOptions {
  /**
   * Called once with each new session, for example to open subscriptions. The hook waits for a returned promise. Then the hook
   * returns the session and runs it. If the function throws or the promise rejects, the state becomes `failed`.
   *
   * @default no setup
   */
  setup?: SessionSetup;
  /**
   * Whether the hook runs the session, like `session.run()`. The run starts after mounting, so that `useEvents` receives all
   * events.
   *
   * With `true`, each continue request is for all remaining blocks. With `{ step }`, each continue request is for `step` blocks.
   * With `false`, a current run is paused: the hook delivers no more events, and the server executes blocks only up to the next
   * stop (`readyForContinue` or `paused`).
   *
   * A run cannot start if another loop consumes the session, or if the step is invalid. The state is then `failed`, and the session
   * stays open.
   *
   * @default false: other consumers can run the session
   */
  run?: boolean | Pick<RunOptions, "step">;
}

/** The state of the session, and a function to restart it. */
export type BacktestSessionState = SessionSnapshot & {
  /** Shuts the session down if it is open, and starts another session. The function stays the same object in each rendering. */
  readonly restart: () => void;
};

/**
 * Starts a session when the component mounts, and shuts the session down on the server when the component unmounts. StrictMode
 * mounts a component twice, but only one session is started. During server rendering, no session is started.
 *
 * @param client a different client starts another session. Create the client only once: outside the component, or with
 * `useState(() => new BacktestClient(…))`. Without a client, the state is `idle`
 * @param create the parameters of the session, or a checkpoint to resume. If the content changes, the session is shut down, and
 * another session is started. With `null` or `undefined`, the state is `idle`
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
  // This effect must run before the effect of useSyncExternalStore, which starts the session.
  useEffect(() => {
    latestSetup.current = setup;
  });
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);

  const running = run !== false && snapshot.state === "ready" ? snapshot.session : undefined;
  const step = typeof run === "object" ? run.step : undefined;
  const [refusal, setRefusal] = useState<unknown>();
  useEffect(() => {
    if (running === undefined) return undefined;
    const pause = new AbortController();
    const options = { ...(step !== undefined && { step }), signal: pause.signal };
    // The run starts in a microtask. By then, other components have added their listeners and miss no events.
    queueMicrotask(() => void consumeAll(running, options, setRefusal));
    return () => {
      pause.abort();
      setRefusal(undefined);
    };
  }, [running, step]);

  const restart = useCallback(() => setStore((current) => current.restarted()), [setStore]);
  return useMemo(() => {
    const isRefused = running !== undefined && refusal !== undefined;
    return { ...(isRefused ? { state: "failed", session: running, error: refusal } : snapshot), restart };
  }, [snapshot, running, refusal, restart]);
}

/** Runs the session and reads all events. Listeners receive an event when the loop reads the event. */
async function consumeAll(
  session: ManagedBacktestSession,
  options: RunOptions & { signal: AbortSignal },
  handleRefused: (error: unknown) => void,
): Promise<void> {
  if (options.signal.aborted) return;
  try {
    for await (const _ of session.run(options));
  } catch (error) {
    // Handles only errors that prevent the start of a run. Other failures are in the state of the session.
    if (isRefusal(error)) handleRefused(error);
  }
}

/** Whether a run could not start: another loop consumes the session, or the step is invalid. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "consumerBusy" || code === "invalidParams";
}
