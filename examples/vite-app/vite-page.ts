import { BacktestClient, transactionSignature } from "simulator-client";
import { createLocalSimulator } from "simulator-client/local";

/** Number of transactions that the page lists. */
const LISTED = 10;

const progress = document.querySelector("#progress") as HTMLProgressElement;
const status = document.querySelector("#status") as HTMLElement;
const list = document.querySelector("#transactions") as HTMLOListElement;

// The simulator runs in the page. To use another one: new BacktestClient({ url: "ws://127.0.0.1:4100" })
const simulator = createLocalSimulator({ startSlot: 300_000_000, slots: 1_000, slotDelayMs: 5 });
const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });

const session = await client.startSession({ startSlot: 300_000_000, slotCount: 200 });
session.subscribeTransactions([...simulator.programs]);
session.on("connection", ({ channel, status: { state } }) => {
  if (state === "down") status.textContent = `the connection ${channel} is lost, reconnecting`;
});

for await (const event of session.run()) {
  if (event.type === "slot") {
    const { done, total } = session.progress;
    progress.value = Number(done) / Number(total);
    status.textContent = `${done} of ${total} slots`;
  }
  if (event.type === "transaction") {
    const item = document.createElement("li");
    item.textContent = `${event.transaction.slot} ${transactionSignature(event.transaction)}`;
    list.append(item);
    while (list.children.length > LISTED) list.firstElementChild?.remove();
  }
}
status.textContent = "completed";
