import type { ManagedEvent } from "../../channels/managed-events.js";
import { applyStates, type ChangedRunOptions, hasStates, type RunChanges, runWithChanges } from "../../compare/changed-run.js";
import type { RecordedSession } from "../../compare/recordable-event.js";
import type { ConnectionStatus } from "../../connection/status.js";
import type { BacktestSession } from "../../session/backtest-session.js";
import type { Diagnostics } from "../../session/diagnostics.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import type { ManagedParallelSession } from "../../session/managed-parallel-session.js";
import { plural } from "../terminal/units.js";
import type { StreamName } from "./run-plan.js";

/** A single session or a parallel run. */
export interface Driven {
  /** The id of the run. For a parallel run, also the number of its sub-ranges. */
  readonly label: string;
  readonly progress: { done: bigint; total: bigint };
  /** The sessions of a parallel run. */
  readonly sessions: readonly RecordedSession[];
  readonly diagnostics: Pick<Diagnostics, "reconnects" | "duplicatesDropped" | "simulationErrors">;
  subscribe(streams: readonly StreamName[], programs: readonly string[]): void;
  subscribeReplacements(): void;
  onConnection(listener: (channel: string, status: ConnectionStatus) => void): void;
  /**
   * Runs the session with the given changes and yields all events. Throws `cancelled` when the signal aborts. The session then
   * stays open.
   */
  run(changes: RunChanges<string>, options: DrivenRunOptions): AsyncIterable<ManagedEvent>;
  shutdown(): Promise<void>;
}

export interface DrivenRunOptions {
  step: bigint | undefined;
  signal: AbortSignal;
  handleInjected: NonNullable<ChangedRunOptions["handleInjected"]>;
}

export function drivenSession(session: ManagedBacktestSession, startSlot: bigint, endSlot: bigint): Driven {
  return {
    label: session.info.sessionId,
    sessions: [],
    get progress() {
      return session.progress;
    },
    get diagnostics() {
      return session.diagnostics;
    },
    subscribe: (streams, programs) => subscribe(session, streams, programs),
    subscribeReplacements: () => void session.subscribeReplacements(),
    onConnection: (listener) => {
      session.on("connection", ({ channel, status }) => listener(channel, status));
    },
    // `keepUntilHandled`: the session stays open, and can be resumed, until the last checkpoint has been saved.
    run: (changes, options) => runWithChanges(session, changes, { ...options, startSlot, endSlot, keepUntilHandled: true }),
    shutdown: () => session.shutdown(),
  };
}

export function drivenParallel(run: ManagedParallelSession): Driven {
  const { subSessions } = run;
  return {
    label: `${run.controlSessionId} in ${plural(subSessions.length, "sub-range")}`,
    sessions: subSessions.map(({ info, range }) => ({ sessionId: info.sessionId, ...range })),
    get progress() {
      return run.progress;
    },
    get diagnostics() {
      return sumDiagnostics(subSessions.map(({ diagnostics }) => diagnostics));
    },
    subscribe: (streams, programs) => {
      for (const subSession of subSessions) subscribe(subSession, streams, programs);
    },
    subscribeReplacements: () => {
      for (const subSession of subSessions) subSession.subscribeReplacements();
    },
    onConnection: (listener) => {
      run.on("connection", ({ channel, status }) => listener(channel, status));
      for (const [index, subSession] of subSessions.entries()) {
        subSession.on("connection", ({ channel, status }) => {
          // Skips the control connection. All sub-sessions share this connection, and the listener of `run` reports its status.
          if (channel !== "control") listener(`${channel} of sub-range ${index + 1}`, status);
        });
      }
    },
    run: async function* (changes, { step, signal }) {
      const changed = new Set<BacktestSession>();
      for await (const { subSession, event } of run.run({ signal, ...(step !== undefined && { step }) })) {
        if (event.type === "readyForContinue" && hasStates(changes) && !changed.has(subSession)) {
          changed.add(subSession);
          await applyStates(subSession, changes);
        }
        yield event;
      }
    },
    shutdown: () => run.shutdown(),
  };
}

function subscribe(session: BacktestSession, streams: readonly StreamName[], programs: readonly string[]): void {
  if (programs.length === 0) return;
  if (streams.includes("transaction")) session.subscribeTransactions([...programs]);
  if (streams.includes("accountDiff")) session.subscribeAccountDiffs([...programs]);
}

function sumDiagnostics(parts: readonly Diagnostics[]): Driven["diagnostics"] {
  const reconnects: Record<string, number> = {};
  for (const part of parts) {
    for (const [channel, times] of Object.entries(part.reconnects)) {
      // Each session counts all reconnects of the shared control connection, so these counts must not be added up.
      reconnects[channel] =
        channel === "control" ? Math.max(reconnects[channel] ?? 0, times) : (reconnects[channel] ?? 0) + times;
    }
  }
  return {
    reconnects,
    duplicatesDropped: parts.reduce((sum, part) => sum + part.duplicatesDropped, 0),
    simulationErrors: parts.reduce((sum, part) => sum + part.simulationErrors, 0),
  };
}
