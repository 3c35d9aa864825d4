import { BacktestClient } from "./node_modules/simulator-client/dist/browser.js";
import { createLocalSimulator } from "./node_modules/simulator-client/dist/browser-local.js";

let running;

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  running ??= run();
  // The browser keeps the worker until the session ends.
  event.waitUntil(running.then(show));
});

/** The progress of the session, which is sent to all tabs. */
const progress = { done: 0n, total: 0n, isCompleted: false };

async function run() {
  const simulator = createLocalSimulator({ startSlot: 300_000_000, slots: 1_000, slotDelayMs: 5 });
  const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 100 });
  for await (const { type } of session.run()) {
    Object.assign(progress, session.progress, { isCompleted: type === "completed" });
    if (type === "slot") await show();
  }
  await client.close();
}

async function show() {
  const { done, total, isCompleted } = progress;
  for (const tab of await self.clients.matchAll()) tab.postMessage({ done, total, isCompleted });
}
