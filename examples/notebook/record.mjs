// Records a run as run.parquet, for backtest.ipynb.
import { createWriteStream } from "node:fs";
import { BacktestClient } from "simulator-client";
import { parquetSink, record } from "simulator-client/compare";
import { startLocalSimulator } from "simulator-client/local";

const simulator = await startLocalSimulator({ startSlot: 300_000_000, slots: 1_000 });
const client = new BacktestClient({ url: simulator.url });
const session = await client.startSession({ startSlot: 300_000_000, slotCount: 200 });
session.subscribeTransactions([...simulator.programs]);
session.subscribeAccountDiffs([...simulator.programs]);
await record(session, parquetSink(createWriteStream("run.parquet")));
await client.close();
await simulator.close();
