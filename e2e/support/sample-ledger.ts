import { type AccountDiff, BacktestClient, type ConfirmedTransaction, decodeAccountData } from "../../dist/index.js";
import { createLocalSimulator } from "../../dist/local.js";

export interface Ledger {
  /** The subscribed program. */
  program: string;
  transactions: ConfirmedTransaction[];
  accountDiffs: AccountDiff[];
  /** The log lines of all transactions, in order. */
  logs: string[];
}

/** Generates a ledger with the seed of the dashboard's simulator, so that both ledgers are equal. */
export async function readLedger(options: { startSlot: bigint; slotCount: bigint; skipRate?: number }): Promise<Ledger> {
  const { startSlot, slotCount, skipRate = 0.05 } = options;
  const simulator = createLocalSimulator({ seed: "1", transactionsPerSlot: 4, skipRate, startSlot, slots: slotCount });
  const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
  const session = await client.startSession({ startSlot, endSlot: startSlot + slotCount - 1n });
  const [program = ""] = simulator.programs;
  session.subscribeTransactions([program]);
  session.subscribeAccountDiffs([program]);
  const ledger: Ledger = { program, transactions: [], accountDiffs: [], logs: [] };
  for await (const event of session.run()) {
    if (event.type === "transaction") {
      ledger.transactions.push(event.transaction);
      ledger.logs.push(...(event.transaction.meta?.logMessages ?? []));
    }
    if (event.type === "accountDiff") ledger.accountDiffs.push(event.diff);
  }
  await client.close();
  await simulator.close();
  return ledger;
}

/** The changed bytes of an account diff, in hex. */
export function changedBytes({ pre, post }: AccountDiff): { before: string; after: string }[] {
  const before = decodeAccountData(pre!);
  const after = decodeAccountData(post!);
  return [...after].flatMap((byte, at) => (byte === before[at] ? [] : [{ before: hex(before[at] ?? 0), after: hex(byte) }]));
}

const hex = (byte: number) => byte.toString(16).padStart(2, "0");
