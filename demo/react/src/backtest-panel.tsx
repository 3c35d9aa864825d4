import { useState } from "react";
import { type BacktestSessionState, useBacktestSession } from "simulator-client/react";
import type { Target } from "./backtest-target.js";
import { Connections, describeConnection } from "./connection-list.js";
import { Progress } from "./progress-bar.js";
import { Transactions } from "./transaction-table.js";

interface BacktestProps {
  target: Target;
  slotCount: number;
  onClose: () => void;
}

/** Blocks per continue request. A pause takes effect after at most this many blocks. */
const STEP = 5;

/** A backtest. The session is open while this component is mounted. */
export function Backtest({ target, slotCount, onClose }: BacktestProps) {
  const { client, startSlot, program, dropConnections } = target;
  const [isPlaying, setIsPlaying] = useState(true);
  const backtest = useBacktestSession(client, { startSlot, slotCount }, { run: isPlaying && { step: STEP } });
  const { state, session, restart } = backtest;
  const isOpen = state === "starting" || state === "ready";

  return (
    <>
      <section className="panel" aria-label="Backtest">
        <p className={`state ${state}`} role="status">
          {describeState(backtest, isPlaying)}
        </p>
        <Progress session={session} />
        <div className="row">
          {isOpen ? (
            <>
              <button type="button" className="primary" disabled={state !== "ready"} onClick={() => setIsPlaying(!isPlaying)}>
                {isPlaying ? "Pause" : "Play"}
              </button>
              <button type="button" disabled={state !== "ready"} onClick={() => void session?.shutdown()}>
                Stop
              </button>
              {dropConnections && (
                <button type="button" disabled={state !== "ready"} onClick={dropConnections}>
                  Drop the connections
                </button>
              )}
            </>
          ) : (
            <button
              type="button"
              className="primary"
              onClick={() => {
                setIsPlaying(true);
                restart();
              }}
            >
              Run again
            </button>
          )}
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </section>
      <Connections session={session} />
      <Transactions session={session} program={program} />
    </>
  );
}

function describeState(backtest: BacktestSessionState, isPlaying: boolean): string {
  switch (backtest.state) {
    case "idle":
      return "Nothing to run";
    case "starting":
      return backtest.connection?.state === "down" && backtest.connection.reason !== undefined
        ? `Starting: ${describeConnection(backtest.connection)}`
        : "Starting…";
    case "ready":
      return isPlaying ? "Running" : "Paused";
    case "failed":
      return `Failed: ${backtest.error instanceof Error ? backtest.error.message : String(backtest.error)}`;
    case "closed":
      return backtest.reason === "completed" ? "Completed" : "Stopped. Received data stays here.";
  }
}
