// @ts-check
// The backtest itself: what a user of the package writes, and the lines that tell of it.
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
 * @property {number} gaps holes that the server itself told of
 * @property {number} seconds
 */

/**
 * @param {import("./options.mjs").DemoOptions} options
 * @param {import("./target.mjs").Target} target
 * @param {NodeJS.WriteStream} out
 * @param {AbortSignal} signal ends the run: the session is closed on the server
 * @returns {Promise<Outcome>}
 * @throws {import("../../dist/index.js").SimulatorError} what the start or the run failed with
 */
export async function runBacktest(options, target, out, signal) {
  const { startSlot, slotCount } = options;
  const connections = new Connections();
  const progress = new Progress(out, options, connections);
  const tally = new Tally();
  const client = new BacktestClient({
    url: target.url,
    ...(target.apiKey !== undefined && { apiKey: target.apiKey }),
    // Should a connection go just as a continue was written, `run()` finds out in 3 s instead of 30.
    timeouts: { progressMs: 3_000 },
  });
  const startedAt = performance.now();
  const session = await client.startSession(
    { startSlot, slotCount, sendSummary: true },
    { signal, onConnection: ({ status }) => tellWait(status, out) },
  );
  try {
    out.write(`${session.info.sessionId}\n`);
    session.on("connection", (change) => {
      const wasHealthy = connections.isHealthy;
      connections.note(change);
      if (wasHealthy && change.status.state === "down" && change.status.reason !== undefined) {
        progress.say(`connection lost: ${change.status.reason}`);
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
      if (event.type === "error") progress.say(`the simulator says: ${event.error.kind}`);
      if (event.type === "continuity") progress.say(describeContinuity(event));
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

/** What the start waits for, when it takes longer. @param {import("../../dist/index.js").ConnectionStatus} status @param {NodeJS.WriteStream} out */
function tellWait(status, out) {
  if (status.state === "down" && status.phase === "backingOff") out.write(`no connection yet: ${status.reason}; trying again\n`);
}

/** @param {import("../../dist/index.js").ContinuityEvent} event */
function describeContinuity(event) {
  switch (event.kind) {
    case "resumed":
      return `${event.channel} is back${event.after === undefined ? "" : `, and goes on after ${event.channel === "control" ? "response" : "slot"} ${event.after}`}`;
    case "continueUncertain":
      return `nothing tells whether the server got a ${event.request}: it is sent again if nothing moves`;
    case "gap":
      return `${event.channel} lost its responses from ${event.expected} to ${event.got}: the server no longer has them`;
  }
}
