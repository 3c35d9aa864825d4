import type { ManagedEvent } from "../../channels/managed-events.js";
import type { ConnectionStatus } from "../../connection/status.js";
import type { BacktestSession } from "../../session/backtest-session.js";
import type { Diagnostics } from "../../session/diagnostics.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import type { ManagedParallelSession } from "../../session/managed-parallel-session.js";
import type { StreamName } from "./run-plan.js";

/** A session or a parallel run: what `run` needs of either. */
export interface Driven {
  /** Its id, and how many parts it has. */
  readonly label: string;
  readonly progress: { done: bigint; total: bigint };
  readonly diagnostics: Pick<Diagnostics, "reconnects" | "duplicatesDropped" | "simulationErrors">;
  subscribe(streams: readonly StreamName[], programs: readonly string[]): void;
  onConnection(listener: (channel: string, status: ConnectionStatus) => void): void;
  /** Events to the end; `cancelled` is thrown when the signal fires, and the session stays. */
  run(signal: AbortSignal): AsyncIterable<ManagedEvent>;
  shutdown(): Promise<void>;
}

export function drivenSession(session: ManagedBacktestSession): Driven {
  return {
    label: session.info.sessionId,
    get progress() {
      return session.progress;
    },
    get diagnostics() {
      return session.diagnostics;
    },
    subscribe: (streams, programs) => subscribe(session, streams, programs),
    onConnection: (listener) => {
      session.on("connection", ({ channel, status }) => listener(channel, status));
    },
    run: (signal) => session.run({ signal }),
    shutdown: () => session.shutdown(),
  };
}

export function drivenParallel(run: ManagedParallelSession): Driven {
  const { subSessions } = run;
  return {
    label: `${run.controlSessionId} in ${subSessions.length} parts`,
    get progress() {
      return run.progress;
    },
    get diagnostics() {
      return sumDiagnostics(subSessions.map(({ diagnostics }) => diagnostics));
    },
    subscribe: (streams, programs) => {
      for (const subSession of subSessions) subscribe(subSession, streams, programs);
    },
    onConnection: (listener) => {
      run.on("connection", ({ channel, status }) => listener(channel, status));
      for (const [index, subSession] of subSessions.entries()) {
        subSession.on("connection", ({ channel, status }) => {
          // All sub-sessions share one control connection, and each reports it.
          if (channel !== "control") listener(`part ${index + 1}'s ${channel}`, status);
        });
      }
    },
    run: async function* (signal) {
      for await (const { event } of run.run({ signal })) yield event;
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
      // Each part counts the connection that they share.
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
