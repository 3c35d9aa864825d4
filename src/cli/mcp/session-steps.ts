import { describeBacktestError } from "../../protocol/backtest-error.js";
import { cancelled } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SessionEvents } from "../../session/subscribable-session.js";
import { onAbort } from "../../transport/on-abort.js";
import type { McpSession } from "./session-table.js";

type EndOfStep = "readyForContinue" | "paused" | "completed";

/**
 * Sends a request, and resolves with the first of the given events.
 *
 * @throws SimulatorError `remote` if the simulator reports an error, `cancelled` if the signal fires. If the session ends, throws
 * the error of the session, or `controlClosed`.
 */
export async function untilEvent(
  { session }: McpSession,
  types: readonly EndOfStep[],
  signal: AbortSignal,
  send: () => Promise<void> = async () => {},
): Promise<EndOfStep> {
  const stops: (() => void)[] = [];
  const listen = <T extends keyof SessionEvents>(type: T, listener: () => void): void => {
    session.on(type, listener as never);
    stops.push(() => session.off(type, listener as never));
  };
  const settled = new Promise<EndOfStep>((resolve, reject) => {
    for (const type of types) listen(type, () => resolve(type));
    const handleError: SessionEvents["error"] = ({ error }) =>
      reject(new SimulatorError("remote", `the simulator reported an error: ${describeBacktestError(error)}`, { remote: error }));
    session.on("error", handleError);
    stops.push(() => session.off("error", handleError));
    void session.closed.then(({ reason, error }) => {
      if (reason === "completed" && types.includes("completed")) resolve("completed");
      else reject(error ?? new SimulatorError("controlClosed", "the session has ended"));
    });
    stops.push(onAbort(signal, () => reject(cancelled("the step", signal))));
  });
  // If `send` fails, nothing awaits `settled`. An unhandled rejection of `settled` would end the process.
  settled.catch(() => {});
  try {
    await send();
    return await settled;
  } finally {
    for (const stop of stops) stop();
  }
}

/** Returns the data that the tools report about a session. */
export function describeSession({ id, session, startSlot, programs, lastSlot, end, transactions }: McpSession): object {
  const { done, total } = session.progress;
  return {
    session: id,
    state: end === undefined ? "open" : end.reason,
    ...(end?.error !== undefined && { error: end.error.message }),
    startSlot,
    endSlot: startSlot + total - 1n,
    ...(lastSlot !== undefined && { lastSlot }),
    slotsDone: done,
    slotsTotal: total,
    programs,
    transactionsReceived: transactions.received,
    transactionsFailed: transactions.failed,
  };
}
