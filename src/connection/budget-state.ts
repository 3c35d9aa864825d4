import type { ReconnectPolicy } from "./reconnect-policy.js";

/** How much of a reconnect budget has been used. Times are in ms. */
export interface BudgetState {
  readonly attempt: number;
  readonly startedAt: number;
  /** The next wait, before jitter is applied. */
  readonly backoffMs: number;
  /** Whether the first wait is over. Only the first wait is fully random (see `spendForConnection`). */
  readonly hasWaited: boolean;
}

export interface SpentAttempt {
  readonly budget: BudgetState;
  /** How long to wait before the attempt, in ms. */
  readonly waitMs: number;
}

export function freshBudget(policy: ReconnectPolicy, now: number): BudgetState {
  return { attempt: 0, startedAt: now, backoffMs: policy.initialBackoffMs, hasWaited: false };
}

/** Subtracts `ms` from the elapsed time of the budget. Used for time that does not count, such as an intentional wait. */
export function discount(budget: BudgetState, ms: number): BudgetState {
  return { ...budget, startedAt: budget.startedAt + ms };
}

/** Reduces the number of spent attempts by one. Used when a page event ends a wait early. */
export function refund(budget: BudgetState): BudgetState {
  return { ...budget, attempt: budget.attempt - 1 };
}

/** Spends an attempt. Returns `undefined` when attempts or time are used up. `random` is from 0 up to 1. */
export function spend(budget: BudgetState, policy: ReconnectPolicy, now: number, random: number): SpentAttempt | undefined {
  if (isSpent(budget, policy, now)) return undefined;
  return {
    budget: {
      attempt: budget.attempt + 1,
      startedAt: budget.startedAt,
      backoffMs: Math.min(policy.maxBackoffMs, budget.backoffMs * policy.multiplier),
      hasWaited: true,
    },
    waitMs: Math.max(0, Math.round(budget.backoffMs * (1 + policy.jitter * (2 * random - 1)))),
  };
}

/**
 * Spends an attempt of a connection. The first wait after a loss is a random time between 0 and twice `initialBackoffMs`. Clients
 * that lose a server at the same time therefore reconnect at different times.
 */
export function spendForConnection(
  budget: BudgetState,
  policy: ReconnectPolicy,
  now: number,
  random: number,
): SpentAttempt | undefined {
  // This is not the first wait, or there is no jitter: uses the normal backoff.
  if (budget.hasWaited || policy.jitter === 0) return spend(budget, policy, now, random);
  if (isSpent(budget, policy, now)) return undefined;
  const longestMs = Math.min(2 * policy.initialBackoffMs, policy.maxBackoffMs);
  return {
    budget: { ...budget, attempt: budget.attempt + 1, hasWaited: true },
    waitMs: Math.round(longestMs * random),
  };
}

function isSpent({ attempt, startedAt }: BudgetState, { maxAttempts, maxElapsedMs }: ReconnectPolicy, now: number): boolean {
  return attempt >= maxAttempts || now - startedAt >= maxElapsedMs;
}
