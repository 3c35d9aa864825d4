import type { RecordedTransaction } from "../../compare/recorded-transaction.js";

/** The balance of a wallet before and after a run: lamports, or an amount of a token in all of the wallet's token accounts. */
export interface WalletBalance {
  wallet: string;
  /** Absent for lamports. */
  mint?: string;
  decimals?: number;
  opening: bigint;
  closing: bigint;
  change: bigint;
}

/**
 * The first and the last balance of one account, each with its slot. The slots are needed, because the sub-ranges of a parallel
 * run have no fixed order in a record.
 */
interface Trace {
  readonly wallet: string;
  readonly mint: string | undefined;
  decimals: number | undefined;
  opening: bigint;
  openingSlot: bigint;
  closing: bigint;
  closingSlot: bigint;
}

/** Reads the transactions of a record, and computes the balances of wallets before and after the run. */
export class WalletBalances {
  readonly #wallets: ReadonlySet<string>;
  readonly #traces = new Map<string, Trace>();

  constructor(wallets: readonly string[]) {
    this.#wallets = new Set(wallets);
  }

  add({ slot, balances }: RecordedTransaction): void {
    if (this.#wallets.size === 0) return;
    for (const { account, mint, owner, decimals, pre, post } of balances) {
      const wallet = mint === undefined ? account : (owner ?? account);
      if (!this.#wallets.has(wallet)) continue;
      const key = `${account} ${mint ?? ""}`;
      const [opening, closing] = [pre ?? 0n, post ?? 0n];
      const trace = this.#traces.get(key);
      if (trace === undefined) {
        this.#traces.set(key, { wallet, mint, decimals, opening, openingSlot: slot, closing, closingSlot: slot });
        continue;
      }
      trace.decimals ??= decimals;
      if (slot < trace.openingSlot) Object.assign(trace, { opening, openingSlot: slot });
      // If several transactions have the same slot, the last recorded transaction determines the closing balance.
      if (slot >= trace.closingSlot) Object.assign(trace, { closing, closingSlot: slot });
    }
  }

  /** The balances of each wallet. Lamports come before tokens. */
  get rows(): WalletBalance[] {
    const rows = new Map<string, WalletBalance>();
    for (const { wallet, mint, decimals, opening, closing } of this.#traces.values()) {
      const key = `${wallet} ${mint ?? ""}`;
      const row = rows.get(key) ?? { wallet, ...(mint !== undefined && { mint }), opening: 0n, closing: 0n, change: 0n };
      rows.set(key, row);
      if (decimals !== undefined) row.decimals = decimals;
      row.opening += opening;
      row.closing += closing;
      row.change = row.closing - row.opening;
    }
    return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }
}
