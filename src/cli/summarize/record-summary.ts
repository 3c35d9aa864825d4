import type { RecordEntry } from "../../compare/read-record.js";
import type { RunHeader } from "../../compare/recordable-event.js";
import type { RecordedTransaction } from "../../compare/recorded-transaction.js";
import type { Replacement } from "../../protocol/replacement-notification.js";
import { FailureExplainer } from "../run/failure-explainer.js";
import { WalletBalances } from "./wallet-balances.js";

/**
 * Number of recent signatures that are stored to detect duplicates. A record may contain the same transaction once for each
 * subscribed program.
 */
const MAX_RECENT = 100_000;

/** The figures of a record. */
export class RecordSummary {
  header: RunHeader | undefined;
  isComplete = false;
  /** Number of transactions, without duplicates. */
  transactions = 0;
  failed = 0;
  fees = 0n;
  computeUnits = 0n;
  firstSlot: bigint | undefined;
  lastSlot: bigint | undefined;
  readonly replacements: Replacement[] = [];
  readonly failures: FailureExplainer;
  readonly wallets: WalletBalances;
  /** The number of entries of each type, such as `replacement`. Transactions are counted separately. */
  readonly others = new Map<string, number>();
  readonly #recent = new Set<string>();

  constructor(options: { idls: readonly object[]; wallets: readonly string[] }) {
    this.failures = new FailureExplainer(options.idls);
    this.wallets = new WalletBalances(options.wallets);
  }

  add(entry: RecordEntry): void {
    switch (entry.type) {
      case "run":
        this.header = entry.header;
        break;
      case "completed":
        this.isComplete = true;
        break;
      case "transaction":
        this.#addTransaction(entry.transaction);
        break;
      case "other":
        this.others.set(entry.name, (this.others.get(entry.name) ?? 0) + 1);
        if (entry.name === "replacement") this.replacements.push(entry.value.replacement as Replacement);
        break;
      default:
        break;
    }
  }

  #addTransaction(transaction: RecordedTransaction): void {
    const { signature, slot, err, logs, fee, computeUnits } = transaction;
    if (this.#recent.has(signature)) return;
    this.#recent.add(signature);
    if (this.#recent.size > MAX_RECENT) this.#recent.delete(this.#recent.values().next().value as string);
    this.transactions++;
    this.fees += fee ?? 0n;
    this.computeUnits += computeUnits ?? 0n;
    if (this.firstSlot === undefined || slot < this.firstSlot) this.firstSlot = slot;
    if (this.lastSlot === undefined || slot > this.lastSlot) this.lastSlot = slot;
    this.wallets.add(transaction);
    if (err === null) return;
    this.failed++;
    this.failures.add({ slot, signature, transaction: transaction.transaction ?? { err, logs } });
  }
}
