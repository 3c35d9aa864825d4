// Functions that only the smoke tests in Firefox and WebKit call.
import { BacktestClient } from "./dist/browser.js";

const reconnect = { initialBackoffMs: 200 };

/** Runs a session, and returns the received slots and rent epochs as text. The test uses values above 2^53. */
async function runExactly({ url, create, program }) {
  const client = new BacktestClient({ url, reconnect });
  const session = await client.startSession(create);
  session.subscribeAccountDiffs([program]);
  const diffSlots = new Set();
  const rentEpochs = new Set();
  const found = { slots: [], resumed: 0 };
  for await (const event of session.run()) {
    if (event.type === "slot") found.slots.push(text(event.slot));
    if (event.type === "continuity" && event.kind === "resumed") found.resumed++;
    if (event.type !== "accountDiff") continue;
    const { context, pre, post } = event.diff;
    diffSlots.add(text(context.slot));
    for (const state of [pre, post]) if (state !== undefined) rentEpochs.add(text(state.rentEpoch));
  }
  const { reason: end } = await session.closed;
  await client.close();
  return { ...found, diffSlots: [...diffSlots], rentEpochs: [...rentEpochs], end };
}

/** Writes a bigint with the suffix "n", so that the text differs from that of a number. */
function text(value) {
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** Makes HTTP calls and runs a parallel session. */
async function runInParallel({ url, apiKey, create }) {
  const client = new BacktestClient({ url, apiKey, reconnect });
  const health = await client.health();
  const [range] = await client.availableRanges();
  const run = await client.startParallelSession(create);
  const slots = run.subSessions.map(() => []);
  for await (const { subSession, event } of run.run()) {
    if (event.type === "slot") slots[run.subSessions.indexOf(subSession)].push(String(event.slot));
  }
  const { reason: end } = await run.closed;
  await client.close();
  return { health, firstSlot: range.bundleStartSlot, slots, end };
}

window.smoke = { runExactly, runInParallel };
