import { requireList, requireObject, requireOptions } from "../protocol/arguments.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { type Comparison, ComparisonBuilder, type RunFacts } from "./comparison.js";
import { ProfitAndLossTable } from "./profit-and-loss.js";
import { type JoinEnd, RecordJoin } from "./record-join.js";
import { type RecordPart, RecordSide } from "./record-side.js";
import { type OpenableSource, type RecordSource, toOpenable } from "./record-source.js";
import { DIFFERENCE_KINDS, type DifferenceKind } from "./transaction-difference.js";

/** Options of `compareRuns`. */
export interface CompareOptions {
  /** Maximum number of differences to keep for each kind. The counts include all differences. @default 100 */
  limit?: number;
  /**
   * Kinds of differences to ignore. Two transactions that differ only in these kinds count as equal. If the list contains
   * `missing` or `extra`, the transactions of this kind are not counted.
   *
   * @default none
   */
  ignore?: readonly DifferenceKind[];
  /** Addresses of accounts or token owners. The table of profit and loss always contains their rows. @default none */
  accounts?: readonly string[];
  /**
   * Maximum number of accounts in the table of profit and loss. The accounts in the option `accounts` are always included, even
   * if the limit is reached.
   *
   * @default 1,000
   */
  pnlLimit?: number;
  /** Names of the records in warnings and error messages. @default "record A" and "record B" */
  names?: { a?: string; b?: string };
  /** Aborts the comparison, which then throws the reason of the signal. @default none */
  signal?: AbortSignal;
  /**
   * Maximum total size of the pending transactions in memory, in characters. A transaction is pending until it is found in the
   * other record.
   *
   * @default 64 Mi
   */
  maxPendingSize?: number;
}

const LIMIT = 100;
const PNL_LIMIT = 1_000;
const MAX_PENDING_SIZE = 64 * 1024 * 1024;

/**
 * How to split the slots of records that are not in slot order. Each pass compares one part. If a part does not fit into memory,
 * the comparison starts again with the next entry.
 */
const PLANS = [
  { parts: 8, slotsPerBlock: 64n },
  { parts: 32, slotsPerBlock: 8n },
  { parts: 128, slotsPerBlock: 1n },
];

/**
 * Compares two recorded runs, A and B, transaction by transaction. Transactions are matched by their signature. A transaction
 * counts once, even if a record contains it for several programs. Both records are read at the same time, so that the memory use
 * does not grow with their size. A record that is not in slot order is read several times, so its source must be repeatable.
 *
 * @throws SimulatorError `nothingMatched` if a record has no transactions; `protocol` for a line that cannot be read;
 * `invalidParams` for an invalid option, for a source of an unsupported type, or for a stream that is not in slot order
 * @example
 * const { summary, regressions } = await compareRuns(() => createReadStream("a.ndjson"), () => createReadStream("b.ndjson"));
 */
export async function compareRuns(a: RecordSource, b: RecordSource, options: CompareOptions = {}): Promise<Comparison> {
  checkOptions(options);
  const { names = {}, maxPendingSize = MAX_PENDING_SIZE } = options;
  const sources: [OpenableSource, OpenableSource] = [toOpenable(a, "a"), toOpenable(b, "b")];
  const run = new ComparisonRun(sources, { a: names.a ?? "record A", b: names.b ?? "record B" }, options);
  const end = await run.join(undefined, maxPendingSize);
  if (end === "done") return run.build();
  const unrepeatable = sources.findIndex(({ isRepeatable }) => !isRepeatable);
  if (unrepeatable >= 0) throw readableOnce(end, unrepeatable === 0 ? "a" : "b");
  for (const [index, { parts, slotsPerBlock }] of PLANS.entries()) {
    const again = new ComparisonRun(sources, { a: names.a ?? "record A", b: names.b ?? "record B" }, options);
    const limit = index === PLANS.length - 1 ? undefined : maxPendingSize;
    let isDone = true;
    for (let part = 0; part < parts && isDone; part++) {
      isDone = (await again.join({ part, parts, slotsPerBlock }, limit)) === "done";
    }
    if (isDone) return again.build();
  }
  throw new Error("the last plan has no limit");
}

const KNOWN_OPTIONS = ["limit", "ignore", "accounts", "pnlLimit", "names", "signal", "maxPendingSize"];

function checkOptions(options: CompareOptions): void {
  requireOptions(options, KNOWN_OPTIONS);
  const { ignore, accounts, names } = options;
  if (ignore !== undefined) requireList(ignore, "ignore", "a list of kinds of differences");
  if (accounts !== undefined) requireList(accounts, "accounts", "a list of addresses");
  if (names !== undefined) requireObject(names, "names", "an object { a, b }");
  const unknown = ignore?.findIndex((kind) => !DIFFERENCE_KINDS.includes(kind)) ?? -1;
  if (unknown >= 0) throw invalidParams(`ignore.${unknown}`, `expected one of ${DIFFERENCE_KINDS.join(", ")}`);
  for (const name of ["limit", "pnlLimit"] as const) {
    const count = options[name] ?? 0;
    if (!(count >= 0)) throw invalidParams(name, "expected a number of at least 0");
  }
}

/** One attempt to compare both records, in one or more passes. */
class ComparisonRun {
  readonly #sources: readonly [OpenableSource, OpenableSource];
  readonly #names: { a: string; b: string };
  readonly #options: CompareOptions;
  readonly #builder: ComparisonBuilder;
  #facts: readonly [RunFacts, RunFacts] | undefined;

  constructor(sources: readonly [OpenableSource, OpenableSource], names: { a: string; b: string }, options: CompareOptions) {
    const { limit = LIMIT, ignore = [], accounts = [] } = options;
    this.#sources = sources;
    this.#names = names;
    this.#options = options;
    this.#builder = new ComparisonBuilder(limit, ignore, new ProfitAndLossTable(accounts));
  }

  /** @param part the part of the slots to compare in this pass; `undefined` compares all slots */
  async join(part: RecordPart | undefined, maxPendingSize: number | undefined): Promise<JoinEnd> {
    const { signal } = this.#options;
    const a = await RecordSide.open(this.#sources[0], this.#names.a, part);
    const b = await RecordSide.open(this.#sources[1], this.#names.b, part);
    try {
      const join = new RecordJoin(a, b, this.#builder, { maxPendingSize, isOrdered: part === undefined, signal });
      const end = await join.run();
      this.#addFacts(a, b);
      return end;
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  }

  /** @throws SimulatorError `nothingMatched` */
  build(): Comparison {
    const [a, b] = this.#facts as readonly [RunFacts, RunFacts];
    for (const { name, transactions, notCompared } of [a, b]) {
      if (transactions === 0) {
        const problem = notCompared === 0 ? "no transactions" : "no transactions with a result";
        const message = `${name}: the record has ${problem}; check the programs and the range of the run. The command \`run\` records transactions with --program ADDRESS`;
        throw new SimulatorError("nothingMatched", message);
      }
    }
    return this.#builder.build(a, b, this.#options.pnlLimit ?? PNL_LIMIT);
  }

  /** Stores the facts about both records. Each pass reads only a part of the slots, so the counts of all passes are added up. */
  #addFacts(a: RecordSide, b: RecordSide): void {
    for (const [index, { facts }] of [a, b].entries()) {
      const before = this.#facts?.[index];
      facts.transactions += before?.transactions ?? 0;
      facts.failed += before?.failed ?? 0;
      facts.notCompared += before?.notCompared ?? 0;
    }
    this.#facts = [a.facts, b.facts];
  }
}

function readableOnce(end: JoinEnd, field: string): SimulatorError {
  const problem = end === "unordered" ? "the record is not in slot order" : "the records differ too much in their order";
  const message = `${field}: ${problem}, and a stream can be read only once; pass a function that opens it`;
  return new SimulatorError("invalidParams", message, { field });
}
