import { defaultPlatform } from "../transport/default-platform.js";
import type { Platform } from "../transport/platform.js";
import { type BudgetState, discount, freshBudget, spend } from "./budget-state.js";
import { DEFAULT_RECONNECT, type ReconnectPolicy } from "./reconnect-policy.js";

/**
 * Counts reconnect attempts and computes the wait before each attempt. The defaults are those of the Rust crate: 1 s, doubled up
 * to 30 s, ±20 %, at most 20 attempts and 300 s. In a session, the first wait is a random time (see `initialBackoffMs`).
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

  /** @param source provides the time (in ms) and random numbers. @default the platform */
  constructor(policy: Partial<ReconnectPolicy> = {}, source: Pick<Platform, "now" | "random"> = defaultPlatform) {
    this.#policy = { ...DEFAULT_RECONNECT, ...policy };
    this.#source = source;
    this.#state = freshBudget(this.#policy, source.now());
  }

  /** Number of attempts since the last reset. */
  get attempt(): number {
    return this.#state.attempt;
  }

  /** Restarts the count of attempts and the elapsed time. */
  reset(): void {
    this.#state = freshBudget(this.#policy, this.#source.now());
  }

  /**
   * Excludes the time in the phase `parked` from the elapsed time.
   *
   * @param ms how long the connection was in this phase, in ms
   */
  discountParked(ms: number): void {
    this.#state = discount(this.#state, ms);
  }

  /** Spends an attempt. Returns how long to wait before the attempt, in ms, or `undefined` when attempts or time are used up. */
  nextBackoff(): number | undefined {
    const spent = spend(this.#state, this.#policy, this.#source.now(), this.#source.random());
    if (spent === undefined) return undefined;
    this.#state = spent.budget;
    return spent.waitMs;
  }
}
