import { type ProfitAndLoss, ProfitAndLossTable } from "./profit-and-loss.js";
import type { RecordedSession, RunHeader } from "./recordable-event.js";
import type { RecordWriter } from "./recorded-line.js";
import type { AnyTransaction } from "./recorded-transaction.js";
import {
  type BalanceDifference,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  type TransactionDifference,
} from "./transaction-difference.js";

/** Maps each kind of difference to a number of transactions. */
export type DifferenceCounts = Record<DifferenceKind, number>;

/** Facts about a recorded run. */
export interface RunFacts {
  /** The name in messages and reports (`CompareOptions.names`). */
  name: string;
  /** The program that wrote the record. */
  writer: RecordWriter;
  /** The header of the record. Empty if the record has none. */
  header: RunHeader;
  /** The sessions that the record lists. A record of `simulator-client` lists sessions only if the run is parallel. */
  sessions: RecordedSession[];
  /** Number of distinct transactions. */
  transactions: number;
  /** Number of distinct transactions that failed. */
  failed: number;
  /** Number of transactions that cannot be compared, because the record has no result or no readable signature for them. */
  notCompared: number;
  /** Whether the run has completed. */
  isComplete: boolean;
}

interface Place {
  /** The slot of the transaction. */
  slot: bigint;
  /** The first signature of the transaction, in base58. */
  signature: string;
}

/** The first log line in which the two runs differ. */
export interface LogDifference extends Place {
  /** The index of the line in the logs. */
  line: number;
  /** The line in A. `undefined` if the logs of A end before this line. */
  a: string | undefined;
  /** The line in B. `undefined` if the logs of B end before this line. */
  b: string | undefined;
}

/** A transaction with different compute units or different fees in the two runs. Fees are in lamports. */
export interface FigureDifference extends Place {
  /** The figure in A. */
  a: bigint;
  /** The figure in B. */
  b: bigint;
}

/** Where a transaction was executed in each run. `index` is the index in the block, if the record contains it. */
export interface OrderDifference extends Place {
  /** The position in A. */
  a: { slot: bigint; index?: number };
  /** The position in B. */
  b: { slot: bigint; index?: number };
}

/** The totals of a comparison. They include every transaction, regardless of `limit`. */
export interface ComparisonSummary {
  /** The first run. */
  a: RunFacts;
  /** The second run. */
  b: RunFacts;
  /** Number of transactions that are equal in both runs. */
  same: number;
  /** Number of transactions that differ, or that only one run contains. */
  different: number;
  /** Number of transactions for each kind of difference. A transaction counts only for its most important kind. */
  counts: DifferenceCounts;
  /** Number of transactions for each kind of difference. A transaction with two kinds counts for both kinds. */
  kinds: DifferenceCounts;
  /** How much the transactions of each run added to each account. The largest differences come first. */
  pnl: ProfitAndLoss[];
  /** Number of accounts whose amounts differ, but which `pnl` omits because of its limit. */
  pnlOmitted: number;
  /** Reasons why the two records cannot be compared completely, one line each. */
  warnings: string[];
}

/**
 * The differences between two runs, A and B. For each kind, at most `limit` differences are listed, in the order of their slots.
 */
export interface Comparison {
  /** The totals. They include all transactions. */
  summary: ComparisonSummary;
  /** All transactions that differ, each of them once. They are sorted by kind, and then in the order of the chain. */
  differences: TransactionDifference[];
  /** Transactions that succeeded in A and failed in B. */
  regressions: TransactionDifference[];
  /** Transactions that failed in A and succeeded in B. */
  fixes: TransactionDifference[];
  /** Transactions that failed in both runs, with different errors. */
  errors: TransactionDifference[];
  /** Transactions that are only in A. */
  missing: TransactionDifference[];
  /** Transactions that are only in B. */
  extra: TransactionDifference[];
  /** Balances (lamports and tokens) that differ after a transaction. */
  balances: (BalanceDifference & Place)[];
  /** Transactions with different logs. */
  logs: LogDifference[];
  /** Transactions with different compute units. */
  computeUnits: FigureDifference[];
  /** Transactions with different fees. The fees are in lamports. */
  fees: FigureDifference[];
  /** Transactions that were executed in another slot, or at another position of their slot. */
  order: OrderDifference[];
}

/** Collects the differences between two runs. It keeps at most `limit` differences of each kind. */
export class ComparisonBuilder {
  readonly #limit: number;
  readonly #ignored: ReadonlySet<DifferenceKind>;
  readonly #pnl: ProfitAndLossTable;
  readonly #counts = noCounts();
  readonly #kinds = noCounts();
  readonly #first = new Map<DifferenceKind, TransactionDifference[]>();
  #same = 0;
  #paired = 0;

  constructor(limit: number, ignored: Iterable<DifferenceKind>, pnl = new ProfitAndLossTable()) {
    this.#limit = limit;
    this.#ignored = new Set(ignored);
    this.#pnl = pnl;
  }

  /** Adds the balance changes of a transaction. */
  addChanges(transaction: AnyTransaction, ...sides: ("a" | "b")[]): void {
    this.#pnl.add(transaction, ...sides);
  }

  /** Counts a transaction with its difference. `undefined` means that the transaction is equal in both runs. */
  note(difference: TransactionDifference | undefined): void {
    if (difference?.kind !== "missing" && difference?.kind !== "extra") this.#paired++;
    const kinds = difference?.kinds.filter((kind) => !this.#ignored.has(kind)) ?? [];
    const [kind] = kinds;
    if (difference === undefined || kind === undefined) {
      // Apart from ignored differences, the transaction is equal in both runs.
      if (difference?.kind !== "missing" && difference?.kind !== "extra") this.#same++;
      return;
    }
    this.#counts[kind]++;
    for (const one of kinds) this.#kinds[one]++;
    const first = this.#first.get(kind) ?? [];
    this.#first.set(kind, first);
    first.push({ ...difference, kind, kinds });
    // The list is sorted and cut only after many additions, because sorting after each addition would be slow.
    if (first.length > 2 * this.#limit + 16) first.sort(inOrder).splice(this.#limit);
  }

  build(a: RunFacts, b: RunFacts, pnlLimit: number): Comparison {
    const byKind = (kind: DifferenceKind) => (this.#first.get(kind) ?? []).sort(inOrder).slice(0, this.#limit);
    const differences = DIFFERENCE_KINDS.flatMap(byKind);
    const counts = this.#counts;
    const inChainOrder = [...differences].sort(inOrder);
    return {
      summary: {
        a,
        b,
        same: this.#same,
        different: DIFFERENCE_KINDS.reduce((sum, kind) => sum + counts[kind], 0),
        counts,
        kinds: this.#kinds,
        pnl: this.#pnl.rows(pnlLimit),
        pnlOmitted: this.#pnl.omitted,
        warnings: findMismatches(a, b, this.#paired),
      },
      differences,
      regressions: byKind("regression"),
      fixes: byKind("improvement"),
      errors: byKind("error"),
      missing: byKind("missing"),
      extra: byKind("extra"),
      balances: inChainOrder.flatMap(({ slot, signature, balances }) => balances.map((one) => ({ slot, signature, ...one }))),
      logs: ofKind(inChainOrder, "log").map(firstDifferentLog),
      computeUnits: ofKind(inChainOrder, "computeUnits").map((one) => figures(one, "computeUnits")),
      fees: ofKind(inChainOrder, "fee").map((one) => figures(one, "fee")),
      order: ofKind(inChainOrder, "order").map(places),
    };
  }
}

/**
 * Returns the reasons why two records cannot be compared completely, one line each.
 *
 * @param paired how many transactions are in both records
 */
function findMismatches(a: RunFacts, b: RunFacts, paired: number): string[] {
  const lines: string[] = [];
  const names = { startSlot: "first slots", endSlot: "last slots", programs: "programs", streams: "streams" } as const;
  for (const key of Object.keys(names) as (keyof typeof names)[]) {
    const [ofA, ofB] = [textOf(a.header[key]), textOf(b.header[key])];
    if (ofA !== undefined && ofB !== undefined && ofA !== ofB) {
      lines.push(`the ${names[key]} of the runs differ: ${ofA} and ${ofB}`);
    }
  }
  for (const { name, isComplete } of [a, b]) if (!isComplete) lines.push(`${name}: the run has not completed`);
  if (paired === 0) lines.push("the runs have no transaction in common; check that both ran the same slots of the same ledger");
  for (const { name, notCompared } of [a, b]) {
    if (notCompared === 0) continue;
    const [have, are] = notCompared === 1 ? ["transaction has", "is"] : ["transactions have", "are"];
    lines.push(`${name}: ${notCompared} ${have} no result or no readable signature, and ${are} not compared`);
  }
  return lines;
}

function textOf(value: bigint | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? JSON.stringify(value) : value?.toString();
}

function noCounts(): DifferenceCounts {
  return Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, 0])) as DifferenceCounts;
}

function inOrder(a: TransactionDifference, b: TransactionDifference): number {
  if (a.slot !== b.slot) return a.slot < b.slot ? -1 : 1;
  return a.index - b.index || (a.signature < b.signature ? -1 : 1);
}

function ofKind(differences: readonly TransactionDifference[], kind: DifferenceKind): TransactionDifference[] {
  return differences.filter(({ kinds }) => kinds.includes(kind));
}

/** Returns the first log line in which the two results of a transaction differ. */
export function firstDifferentLog({ slot, signature, a, b }: TransactionDifference): LogDifference {
  const [ofA, ofB] = [a?.logs ?? [], b?.logs ?? []];
  let line = 0;
  while (line < ofA.length && ofA[line] === ofB[line]) line++;
  return { slot, signature, line, a: ofA[line], b: ofB[line] };
}

function figures({ slot, signature, a, b }: TransactionDifference, key: "fee" | "computeUnits"): FigureDifference {
  return { slot, signature, a: a?.[key] ?? 0n, b: b?.[key] ?? 0n };
}

function places({ slot, signature, a, b }: TransactionDifference): OrderDifference {
  const place = (one: TransactionDifference["a"]) => ({
    slot: one?.slot ?? slot,
    ...(one?.index !== undefined && { index: one.index }),
  });
  return { slot, signature, a: place(a), b: place(b) };
}
