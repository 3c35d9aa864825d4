import { defaultPlatform } from "../transport/default-platform.js";
import type { Platform } from "../transport/platform.js";
import { type BudgetState, discount, freshBudget, spend } from "./budget-state.js";
import { DEFAULT_RECONNECT, type ReconnectPolicy } from "./reconnect-policy.js";

/**
 * Counts reconnect attempts and computes the wait before each, as the Rust crate does: 1 s, doubled up to 30 s, ±20 %, at
 * most 20 attempts and 300 s. The connections of a session spread their first wait further (see `initialBackoffMs`).
 *
 * @example
 * const budget = new ReconnectBudget();
 * for (let wait = budget.nextBackoff(); wait !== undefined; wait = budget.nextBackoff()) {
 *   await sleep(wait);
 *   if (await tryAgain()) budget.reset();
 * }
 */
export class ReconnectBudget {
  readonly #policy: ReconnectPolicy;
  readonly #source: Pick<Platform, "now" | "random">;
  #state: BudgetState;

  /** @param source the clock (ms) and the random numbers; by default the platform's */
  constructor(policy: Partial<ReconnectPolicy> = {}, source: Pick<Platform, "now" | "random"> = defaultPlatform) {
    this.#policy = { ...DEFAULT_RECONNECT, ...policy };
    this.#source = source;
    this.#state = freshBudget(this.#policy, source.now());
  }

  /** Number of attempts since the last reset. */
  get attempt(): number {
    return this.#state.attempt;
  }

  /** Restarts the count and the elapsed time. */
  reset(): void {
    this.#state = freshBudget(this.#policy, this.#source.now());
  }

  /** Excludes time that was spent parked from the elapsed time, in ms. */
  discountParked(ms: number): void {
    this.#state = discount(this.#state, ms);
  }

  /** Spends an attempt. Returns the wait before it in ms, or `undefined` when attempts or time are used up. */
  nextBackoff(): number | undefined {
    const spent = spend(this.#state, this.#policy, this.#source.now(), this.#source.random());
    if (spent === undefined) return undefined;
    this.#state = spent.budget;
    return spent.waitMs;
  }
}
