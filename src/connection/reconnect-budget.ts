import { defaultPlatform } from "../transport/default-platform.js";
import type { Platform } from "../transport/platform.js";
import { type BudgetState, discount, freshBudget, spend } from "./budget.js";
import { DEFAULT_RECONNECT, type ReconnectPolicy } from "./policy.js";

/**
 * Counts reconnect attempts and says how long to wait before each: 1 s, doubled up to 30 s, ±20 %; at most 20 attempts
 * and 300 s, unless the policy says otherwise.
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

  /** @param source where time (ms) and chance come from; default: the platform's */
  constructor(policy: Partial<ReconnectPolicy> = {}, source: Pick<Platform, "now" | "random"> = defaultPlatform) {
    this.#policy = { ...DEFAULT_RECONNECT, ...policy };
    this.#source = source;
    this.#state = freshBudget(this.#policy, source.now());
  }

  /** Attempts spent since the last reset. */
  get attempt(): number {
    return this.#state.attempt;
  }

  /** Starts the count and the clock anew. */
  reset(): void {
    this.#state = freshBudget(this.#policy, this.#source.now());
  }

  /** Takes time out of the account that was spent parked: that was waiting on purpose, not trying in vain. */
  discountParked(ms: number): void {
    this.#state = discount(this.#state, ms);
  }

  /** Spends an attempt and returns the wait before it in ms; `undefined` when attempts or time are used up. */
  nextBackoff(): number | undefined {
    const spent = spend(this.#state, this.#policy, this.#source.now(), this.#source.random());
    if (spent === undefined) return undefined;
    this.#state = spent.budget;
    return spent.waitMs;
  }
}
