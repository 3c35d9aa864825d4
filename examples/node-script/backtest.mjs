// Runs 100 slots, and shows by how much the balances of the most active accounts have changed.
import { BacktestClient } from "simulator-client";
import { startLocalSimulator } from "simulator-client/local";

const simulator = await startLocalSimulator({ startSlot: 300_000_000, slots: 1_000 });
const client = new BacktestClient({ url: simulator.url });

const session = await client.startSession({ startSlot: 300_000_000, slotCount: 100, sendSummary: true });
session.subscribeAccountDiffs([...simulator.programs]);

/** Changes in lamports by account. u64 values are bigint, because a number rounds them. */
const changes = new Map();
for await (const event of session.run()) {
  if (event.type === "accountDiff") {
    const { account, pre, post } = event.diff;
    const change = (post?.lamports ?? 0n) - (pre?.lamports ?? 0n);
    const { count, sum } = changes.get(account) ?? { count: 0, sum: 0n };
    changes.set(account, { count: count + 1, sum: sum + change });
  }
  if (event.type === "completed") console.log(`${event.summary?.correctSimulation} transactions had the recorded outcome`);
}

const mostActive = [...changes].sort(([, a], [, b]) => b.count - a.count).slice(0, 5);
console.table(mostActive.map(([account, { count, sum }]) => ({ account, changes: count, lamports: String(sum) })));
await client.close();
await simulator.close();
