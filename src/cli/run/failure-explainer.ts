import { describeError } from "../../explain/index.js";
import { count } from "../terminal/units.js";

/** Maximum number of failed transactions that are printed individually. */
const MAX_LINES = 20;
/** Maximum number of reasons in the summary. */
const MAX_REASONS = 10;

/** An executed transaction, whether it succeeded or failed. */
export interface ExplainableTransaction {
  readonly slot: bigint;
  readonly signature: string | undefined;
  /** Any value that `describeError` accepts. */
  readonly transaction: unknown;
}

/** Explains the failed transactions of a run. It describes the first failed transactions, and counts all of them by reason. */
export class FailureExplainer {
  readonly #idls: readonly object[];
  readonly #reasons = new Map<string, number>();
  #explained = 0;

  constructor(idls: readonly object[]) {
    this.#idls = idls;
  }

  /**
   * Counts a failed transaction. @returns the line to print; `undefined` if the transaction succeeded, or if the maximum number
   * of lines has been printed
   */
  add({ slot, signature, transaction }: ExplainableTransaction): string | undefined {
    const error = describeError(transaction, { idls: this.#idls });
    if (error === undefined) return undefined;
    // The reason omits the name of the instruction, so that equal errors in different instructions are counted together.
    const reason = `${error.program === undefined ? "" : `${error.program.name ?? error.program.address}: `}${error.message}`;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    if (++this.#explained > MAX_LINES) return undefined;
    const detail = error.detail === undefined ? "" : `: ${error.detail}`;
    const more = this.#explained === MAX_LINES ? " (further failures are only counted)" : "";
    return `slot ${slot}: ${signature ?? "a transaction"} failed: ${error.text}${detail}${more}`;
  }

  /** The reasons, and the number of transactions that failed for each reason. The most frequent reason comes first. */
  get reasons(): { reason: string; transactions: number }[] {
    return [...this.#reasons].sort(([, a], [, b]) => b - a).map(([reason, transactions]) => ({ reason, transactions }));
  }

  /** Formats the reasons as readable text. */
  lines(): string[] {
    const reasons = this.reasons;
    if (reasons.length === 0) return [];
    const lines = reasons.slice(0, MAX_REASONS).map(({ reason, transactions }) => `    ${count(transactions)} × ${reason}`);
    if (reasons.length > MAX_REASONS) lines.push(`    and ${count(reasons.length - MAX_REASONS)} other reasons`);
    return ["  failed transactions by reason:", ...lines];
  }
}
