"use client";

import { useState } from "react";
import { transactionSignature } from "simulator-client";
import { useBacktestSession, useConnectionStatus, useSlotProgress, useTransactions } from "simulator-client/react";
import { client, program, START_SLOT } from "../simulator-target";

const CREATE = { startSlot: START_SLOT, slotCount: 300 };
/** Blocks per continue request. A pause takes effect after at most this many blocks. */
const STEP = 5;

/** A backtest. The session is open while this component is mounted. */
export function BacktestView() {
  const [isPlaying, setIsPlaying] = useState(true);
  const { state, session, error, restart } = useBacktestSession(client, CREATE, { run: isPlaying && { step: STEP } });
  const { done, total, fraction, slotsPerSecond } = useSlotProgress(session);
  const connections = useConnectionStatus(session);
  const { events, dropped } = useTransactions(session, [program], { limit: 10 });
  // The React key of a transaction must stay the same when older transactions are dropped.
  const numbered = events.map(({ transaction }, index) => ({ number: dropped + index, transaction }));

  return (
    <>
      <p role="status">{state === "failed" ? `failed: ${error instanceof Error ? error.message : String(error)}` : state}</p>
      <progress aria-label="Processed slots" value={fraction} />
      <p>
        {String(done)} of {String(total)} slots, {slotsPerSecond.toFixed(0)} per second, connections: {connections.state}
      </p>
      <p>
        <button type="button" disabled={state !== "ready"} onClick={() => setIsPlaying(!isPlaying)}>
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" disabled={state !== "closed" && state !== "failed"} onClick={restart}>
          Run again
        </button>
      </p>
      <h2>{events.length + dropped} transactions</h2>
      <ol start={dropped + 1}>
        {numbered.map(({ number, transaction }) => (
          <li key={number}>
            {String(transaction.slot)} {transactionSignature(transaction)}
          </li>
        ))}
      </ol>
    </>
  );
}
