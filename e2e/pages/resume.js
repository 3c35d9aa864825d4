// A page whose session resumes after a reload. It lists all events that it processed.
import { BacktestClient, loadCheckpoint, saveCheckpoint, transactionSignature } from "./dist/browser.js";

const { url, start, slots, program } = Object.fromEntries(new URL(location.href).searchParams);
const received = JSON.parse(sessionStorage.getItem("received") ?? "[]");
window.e2e = { received };

/** Saves the list `received` together with each checkpoint. */
const storage = {
  getItem: (key) => sessionStorage.getItem(key),
  removeItem: (key) => sessionStorage.removeItem(key),
  setItem: (key, value) => {
    sessionStorage.setItem(key, value);
    sessionStorage.setItem("received", JSON.stringify(received));
  },
};

function nameOf(event) {
  switch (event.type) {
    case "slot":
      return `slot ${event.slot}`;
    case "transaction":
      return `transaction ${transactionSignature(event.transaction)}`;
    case "accountDiff":
      return `accountDiff ${event.diff.account}|${event.diff.signature}|${event.diff.txIndex}`;
    default:
      return event.type;
  }
}

const client = new BacktestClient({ url, reconnect: { initialBackoffMs: 100 } });
const checkpoint = loadCheckpoint("run");
const session = checkpoint
  ? await client.resumeSession(checkpoint)
  : await client.startSession({ startSlot: Number(start), slotCount: Number(slots) });
if (checkpoint === undefined) {
  session.subscribeTransactions([program]);
  session.subscribeAccountDiffs([program]);
}
saveCheckpoint(session, "run", storage);
for await (const event of session.run({ step: 20 })) received.push(nameOf(event));
const { reason } = await session.closed;
window.e2e.end = { reason, kept: sessionStorage.getItem("run") };
