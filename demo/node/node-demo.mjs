// @ts-check
// The backtest itself, as a user of the package writes it, and the lines that it prints.
import { BacktestClient } from "../../dist/index.js";
import { Connections } from "./connections.mjs";
import { Tally } from "./demo-tally.mjs";
import { Progress } from "./progress.mjs";

/**
 * @typedef {object} Outcome
 * @property {import("../../dist/index.js").SessionEnd} end
 * @property {import("../../dist/index.js").CompletedEvent | undefined} completed
 * @property {import("../../dist/index.js").Diagnostics} diagnostics
 * @property {import("./demo-tally.mjs").Row[]} rows
 * @property {number} gaps reported gaps
 * @property {number} seconds
 */

/**
 * @param {import("./options.mjs").DemoOptions} options
 * @param {import("./target.mjs").Target} target
 * @param {NodeJS.WriteStream} out
 * @param {AbortSignal} signal ends the run and closes the session on the server
 * @returns {Promise<Outcome>}
 * @throws {import("../../dist/index.js").SimulatorError} the error of the start or of the run
 */
export async function runBacktest(options, target, out, signal) {
  const { startSlot, slotCount } = options;
  const connections = new Connections();
  const progress = new Progress(out, options, connections);
  const tally = new Tally();
  const client = new BacktestClient({
    url: target.url,
    ...(target.apiKey !== undefined && { apiKey: target.apiKey }),
    // The client prints no log, because the demo prints connection changes and errors.
    logger: false,
    // `run()` resends a lost `continue` request after this time. The default of 30 s is too long for a demo.
    timeouts: { continueTimeoutMs: 3_000 },
  });
  const startedAt = performance.now();
  const session = await client.startSession(
    { startSlot, endSlot: startSlot + slotCount - 1n, sendSummary: true },
    { signal, onConnection: ({ status }) => reportWait(status, out) },
  );
  try {
    out.write(`${session.info.sessionId}\n`);
    session.on("connection", (change) => {
      const wasHealthy = connections.isHealthy;
      connections.note(change);
      if (wasHealthy && change.status.state === "down" && change.status.reason !== undefined) {
        progress.print(`connection lost: ${change.status.reason}`);
      }
    });
    if (target.programs.length > 0) {
      session.subscribeTransactions([...target.programs]);
      session.subscribeAccountDiffs([...target.programs]);
    }
    /** @type {import("../../dist/index.js").CompletedEvent | undefined} */
    let completed;
    let gaps = 0;
    progress.start();
    for await (const event of session.run()) {
      tally.add(event);
      if (event.type === "slot") progress.advance(event.slot);
      if (event.type === "error") progress.print(`error of the simulator: ${event.error.kind}`);
      if (event.type === "continuity") progress.print(describeContinuity(event));
      if (event.type === "continuity" && event.kind === "gap") gaps += 1;
      if (event.type === "completed") completed = event;
    }
    const end = await session.closed;
    const rows = tally.compare(target.record(session.info.sessionId), target.programs);
    return { end, completed, diagnostics: session.diagnostics, rows, gaps, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    progress.stop();
    await client.close();
  }
}

/** Reports a connection attempt that failed during the start. @param {import("../../dist/index.js").ConnectionStatus} status @param {NodeJS.WriteStream} out */
function reportWait(status, out) {
  if (status.state === "down" && status.phase === "backingOff") out.write(`not connected: ${status.reason}; retrying\n`);
}

/** @param {import("../../dist/index.js").ContinuityEvent} event */
function describeContinuity(event) {
  switch (event.kind) {
    case "resumed":
      return `${event.channel} resumed${event.after === undefined ? "" : ` after ${event.channel === "control" ? "response" : "slot"} ${event.after}`}`;
    case "continueUncertain":
      return `a ${event.request} may be lost: it is resent if no event arrives`;
    case "gap":
      return `${event.channel} lost events from ${event.expected} to ${event.got}: the server no longer has them`;
  }
}
