import { stringifyJson } from "../../codec/json.js";
import type { InjectedOutcome } from "../../compare/changed-run.js";

/** The injected transactions of a run, for the summary of the run. */
export interface Injections {
  /** The number of injected transactions, and the list of failed transactions. Absent if no transactions were injected. */
  injected?: { count: number; failed: readonly FailedInjection[] };
}

interface FailedInjection {
  readonly slot: bigint;
  readonly signature: string;
  /** Solana's `TransactionError` in JSON. */
  readonly err: unknown;
}

/** Collects the outcomes of injected transactions. */
export class InjectionReport {
  #count = 0;
  readonly #failed: FailedInjection[] = [];

  /** Adds outcomes. Returns a line for each transaction that failed or could not be executed. */
  add(slot: bigint, transactions: readonly InjectedOutcome[]): string[] {
    this.#count += transactions.length;
    return transactions.flatMap(({ signature, outcome }) => {
      const err = outcome?.err ?? null;
      if (err === null) return [];
      this.#failed.push({ slot, signature, err });
      return [`slot ${slot}: the injected transaction ${signature || "without a signature"} failed: ${wordsOf(err)}`];
    });
  }

  get result(): Injections {
    return this.#count === 0 ? {} : { injected: { count: this.#count, failed: this.#failed } };
  }
}

function wordsOf(err: unknown): string {
  return typeof err === "string" ? err : stringifyJson(err);
}
