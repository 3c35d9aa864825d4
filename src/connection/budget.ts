import type { ReconnectPolicy } from "./policy.js";

/** What of a budget is spent. Times in ms. */
export interface BudgetState {
  readonly attempt: number;
  readonly startedAt: number;
  readonly backoffMs: number;
}

export function freshBudget(policy: ReconnectPolicy, now: number): BudgetState {
  return { attempt: 0, startedAt: now, backoffMs: policy.initialBackoffMs };
}

/** Takes time out of the account that was spent waiting on purpose. */
export function discount(budget: BudgetState, ms: number): BudgetState {
  return { ...budget, startedAt: budget.startedAt + ms };
}

/** Gives back an attempt whose wait was cut short; the next wait is as long as that one was to be, or longer. */
export function refund(budget: BudgetState): BudgetState {
  return { ...budget, attempt: budget.attempt - 1 };
}

/** Spends an attempt: how long to wait before it, or `undefined` when there is none left. `random` is from 0 up to 1. */
export function spend(
  budget: BudgetState,
  policy: ReconnectPolicy,
  now: number,
  random: number,
): { budget: BudgetState; waitMs: number } | undefined {
  if (budget.attempt >= policy.maxAttempts || now - budget.startedAt >= policy.maxElapsedMs) return undefined;
  return {
    budget: {
      attempt: budget.attempt + 1,
      startedAt: budget.startedAt,
      backoffMs: Math.min(policy.maxBackoffMs, budget.backoffMs * policy.multiplier),
    },
    waitMs: Math.max(0, Math.round(budget.backoffMs * (1 + policy.jitter * (2 * random - 1)))),
  };
}
