// @ts-check
// The session that each row of the matrix runs. It has no imports, because rows also paste it into CommonJS.

/** Options of the local simulator in every row. */
export const SIMULATOR_OPTIONS = { startSlot: 300_000_000n, slots: 60n, bundleSlots: 10n };

/**
 * Runs a session with compressed subscriptions, then a parallel run, then an HTTP call.
 *
 * @param {typeof import("../dist/index.js")} client
 * @param {{ url: string, programs: readonly string[], WebSocket?: any, fetch?: any }} target
 * @returns {Promise<Record<string, unknown>>} the received data, which must be equal in every row
 */
export async function runMatrixSession({ BacktestClient, SimulatorError, isSimulatorError }, target) {
  const { url, programs, WebSocket, fetch } = target;
  const options = {
    ...(WebSocket && { WebSocket }),
    ...(fetch && { fetch }),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  };
  const client = new BacktestClient({ url, ...options });
  const session = await client.startSession({ startSlot: 300_000_000n, endSlot: 300_000_019n, sendSummary: true });
  const [program] = programs;
  session.subscribeTransactions([String(program)]);
  session.subscribeAccountDiffs([String(program)]);
  /** @type {Record<string, number>} */
  const events = {};
  for await (const { type } of session.run()) events[type] = (events[type] ?? 0) + 1;
  const run = await client.startParallelSession({ startSlot: 300_000_000n, endSlot: 300_000_039n });
  const slots = new Set();
  for await (const { event } of run.run()) if (event.type === "slot") slots.add(event.slot);
  // jsdom has no Response, so its users pass their own fetch.
  const ranges = typeof Response === "undefined" ? 1 : (await client.availableRanges()).length;
  const refused = await client.startSession({ startSlot: 5, endSlot: 1 }).catch((error) => error);
  await client.close();
  return {
    slots: events.slot,
    transactions: events.transaction,
    accountDiffs: events.accountDiff,
    completed: events.completed,
    parallelSlots: slots.size,
    hasSubSessions: run.subSessions.length > 1,
    hasRanges: ranges > 0,
    refusal: refused instanceof SimulatorError && isSimulatorError(refused, "invalidParams"),
  };
}
