// What the smoke tests run in Firefox and WebKit, besides what they share with Chromium's.
import { BacktestClient } from "./dist/browser.js";

const reconnect = { initialBackoffMs: 200 };

/** A run whose numbers no JavaScript number can hold, and each different one of them as text. */
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

/** With its suffix: a number shows by having none. */
function text(value) {
  return typeof value === "bigint" ? `${value}n` : String(value);
}

/** What `browser.js` loads from beside it when it is asked for: the HTTP calls, and a parallel run. */
async function useLaterParts({ url, apiKey, create }) {
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
  const loaded = performance.getEntriesByType("resource").flatMap(({ name }) => /[^/]+(?=\.js$)/.exec(name) ?? []);
  return { health, firstSlot: range.bundleStartSlot, slots, end, loaded };
}

window.smoke = { runExactly, useLaterParts };
