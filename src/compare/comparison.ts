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

export type DifferenceCounts = Record<DifferenceKind, number>;

/** Facts about a recorded run. */
export interface RunFacts {
  name: string;
  writer: RecordWriter;
  header: RunHeader;
  /** The sub-sessions of a parallel run; in a record of `sim`, every session. */
  sessions: RecordedSession[];
  /** Different transactions. */
  transactions: number;
  failed: number;
  /** Whether the run has completed. */
  isComplete: boolean;
}

interface Place {
  slot: bigint;
  signature: string;
}

/** The first log line that differs. */
export interface LogDifference extends Place {
  /** Its index in the logs. */
  line: number;
  /** `undefined` if the logs of A end before it. */
  a: string | undefined;
  b: string | undefined;
}

export interface FigureDifference extends Place {
  a: bigint;
  b: bigint;
}

/** Where a transaction was executed. */
export interface OrderDifference extends Place {
  a: { slot: bigint; index?: number };
  b: { slot: bigint; index?: number };
}

/** The sums of a comparison. They cover every transaction, whatever the `limit`. */
export interface ComparisonSummary {
  a: RunFacts;
  b: RunFacts;
  /** Transactions that are equal in both runs. */
  same: number;
  different: number;
  /** Each different transaction counts once, as its first kind. */
  counts: DifferenceCounts;
  /** Each different transaction counts for every kind that applies. */
  kinds: DifferenceCounts;
  /** What the transactions of each run added to accounts, the largest differences first. */
  pnl: ProfitAndLoss[];
  /** Accounts with a difference that `pnl` lacks, because there were too many. */
  pnlOmitted: number;
  /** Reasons why the records are hard to compare, one line each. */
  warnings: string[];
}

/** The differences of two runs, A and B, in the order of the chain. The lists are cut at the `limit` of each kind. */
export interface Comparison {
  summary: ComparisonSummary;
  /** Every different transaction once, by kind. */
  differences: TransactionDifference[];
  /** Succeeded in A, failed in B. */
  regressions: TransactionDifference[];
  /** Failed in A, succeeded in B. */
  fixes: TransactionDifference[];
  /** Failed in both, with different errors. */
  errors: TransactionDifference[];
  /** Only in A. */
  missing: TransactionDifference[];
  /** Only in B. */
  extra: TransactionDifference[];
  /** Balances after a transaction that differ: lamports and tokens. */
  balances: (BalanceDifference & Place)[];
  logs: LogDifference[];
  computeUnits: FigureDifference[];
  fees: FigureDifference[];
  order: OrderDifference[];
}

/** Gathers the differences of two runs. It keeps at most `limit` differences of each kind. */
export class ComparisonBuilder {
  readonly #limit: number;
  readonly #ignored: ReadonlySet<DifferenceKind>;
  readonly #pnl: ProfitAndLossTable;
  readonly #counts = noCounts();
  readonly #kinds = noCounts();
  readonly #first = new Map<DifferenceKind, TransactionDifference[]>();
  #same = 0;

  constructor(limit: number, ignored: Iterable<DifferenceKind>, pnl = new ProfitAndLossTable()) {
    this.#limit = limit;
    this.#ignored = new Set(ignored);
    this.#pnl = pnl;
  }

  /** Adds the balance changes of a transaction. */
  addChanges(transaction: AnyTransaction, ...sides: ("a" | "b")[]): void {
    this.#pnl.add(transaction, ...sides);
  }

  /** Counts a transaction. `undefined`: it is equal in both runs. */
  note(difference: TransactionDifference | undefined): void {
    const kinds = difference?.kinds.filter((kind) => !this.#ignored.has(kind)) ?? [];
    const [kind] = kinds;
    if (difference === undefined || kind === undefined) {
      // An ignored transaction of one run only is not counted at all.
      if (difference?.kind !== "missing" && difference?.kind !== "extra") this.#same++;
      return;
    }
    this.#counts[kind]++;
    for (const one of kinds) this.#kinds[one]++;
    const first = this.#first.get(kind) ?? [];
    this.#first.set(kind, first);
    first.push({ ...difference, kind, kinds });
    // Sorted only now and then, for efficiency.
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
        warnings: findMismatches(a, b),
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

/** Reasons why two records are hard to compare, one line each. */
function findMismatches(a: RunFacts, b: RunFacts): string[] {
  const lines: string[] = [];
  const names = { startSlot: "first slot", endSlot: "last slot", programs: "programs", streams: "streams" } as const;
  for (const key of Object.keys(names) as (keyof typeof names)[]) {
    const [ofA, ofB] = [textOf(a.header[key]), textOf(b.header[key])];
    if (ofA !== undefined && ofB !== undefined && ofA !== ofB) {
      lines.push(`the ${names[key]} of the runs differ: ${ofA} and ${ofB}`);
    }
  }
  for (const { name, isComplete } of [a, b]) if (!isComplete) lines.push(`${name}: the run has not completed`);
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

/** The first log line in which the results of a transaction differ. */
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
