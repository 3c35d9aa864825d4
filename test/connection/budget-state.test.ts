import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { discount, freshBudget, spend } from "../../src/connection/budget-state.js";
import { ReconnectBudget } from "../../src/connection/reconnect-budget.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";

/** Returns a clock and a random number that the test controls. The random number 0.5 means no jitter. */
function source(random = 0.5) {
  return { at: 0, now: () => 0, random: () => random };
}

function budgetAt(policy = {}, random = 0.5) {
  const clock = { ...source(random) };
  clock.now = () => clock.at;
  return { clock, budget: new ReconnectBudget(policy, clock) };
}

function allBackoffs(budget: ReconnectBudget): number[] {
  const waits: number[] = [];
  for (let wait = budget.nextBackoff(); wait !== undefined; wait = budget.nextBackoff()) waits.push(wait);
  return waits;
}

describe("a ReconnectBudget", () => {
  test("a ReconnectBudget doubles the wait from 1 s up to 30 s, for 20 attempts", () => {
    const { budget } = budgetAt();
    const waits = allBackoffs(budget);
    expect(waits).toHaveLength(20);
    expect(waits.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(waits.slice(7).every((wait) => wait === 30_000)).toBe(true);
  });

  test("ReconnectBudget.nextBackoff returns undefined after 20 attempts", () => {
    const { budget } = budgetAt();
    allBackoffs(budget);
    expect(budget.attempt).toBe(20);
    expect(budget.nextBackoff()).toBeUndefined();
    expect(budget.attempt).toBe(20);
  });

  test("ReconnectBudget.nextBackoff returns undefined after 300 s", () => {
    const { budget, clock } = budgetAt();
    clock.at = 299_999;
    expect(budget.nextBackoff()).toBe(1_000);
    clock.at = 300_000;
    expect(budget.nextBackoff()).toBeUndefined();
  });

  test("a ReconnectBudget counts its attempts", () => {
    const { budget } = budgetAt();
    expect(budget.attempt).toBe(0);
    budget.nextBackoff();
    budget.nextBackoff();
    expect(budget.attempt).toBe(2);
  });

  test("after reset, a ReconnectBudget starts again with its first attempt, its full time and its first wait", () => {
    const { budget, clock } = budgetAt();
    allBackoffs(budget);
    clock.at = 1_000_000;
    budget.reset();
    expect(budget.attempt).toBe(0);
    clock.at = 1_299_999;
    expect(allBackoffs(budget).slice(0, 2)).toEqual([1_000, 2_000]);
  });

  test("ReconnectBudget.discountParked excludes the given time from the elapsed time", () => {
    const { budget, clock } = budgetAt();
    budget.nextBackoff();
    clock.at = 600_000 + 299_999;
    expect(new ReconnectBudget({}, clock).nextBackoff()).toBe(1_000);
    budget.discountParked(600_000);
    expect(budget.nextBackoff()).toBe(2_000);
    clock.at += 1;
    expect(budget.nextBackoff()).toBeUndefined();
  });

  test("ReconnectBudget.discountParked changes only the elapsed time, and not the number of used attempts", () => {
    const { budget } = budgetAt({ maxAttempts: 2 });
    allBackoffs(budget);
    budget.discountParked(600_000);
    expect(budget.nextBackoff()).toBeUndefined();
  });

  test("a ReconnectBudget changes each wait by a random jitter of at most 20 %", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const straight = allBackoffs(budgetAt({}, 0.5).budget);
        const waits = allBackoffs(budgetAt({}, random).budget);
        waits.forEach((wait, index) => {
          const middle = straight[index] as number;
          expect(wait).toBeGreaterThanOrEqual(0.8 * middle);
          expect(wait).toBeLessThanOrEqual(1.2 * middle);
        });
      }),
    );
    expect(budgetAt({}, 0).budget.nextBackoff()).toBe(800);
    expect(budgetAt({}, 1 - Number.EPSILON).budget.nextBackoff()).toBe(1_200);
  });

  test("a ReconnectBudget adds jitter to the longest wait too", () => {
    expect(allBackoffs(budgetAt({}, 0).budget).at(-1)).toBe(24_000);
  });

  test("a ReconnectBudget uses the given options, and the defaults of all other options", () => {
    const { budget } = budgetAt({ initialBackoffMs: 10, multiplier: 3, maxBackoffMs: 50, maxAttempts: 4, jitter: 0 }, 0.9);
    expect(allBackoffs(budget)).toEqual([10, 30, 50, 50]);
  });

  test("a ReconnectBudget never returns a negative wait", () => {
    expect(budgetAt({ jitter: 5 }, 0).budget.nextBackoff()).toBe(0);
  });
});

describe("a ReconnectBudget with the default platform", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a ReconnectBudget uses the clock of the system by default", () => {
    const budget = new ReconnectBudget();
    vi.advanceTimersByTime(299_999);
    expect(budget.nextBackoff()).toBeTypeOf("number");
    vi.advanceTimersByTime(1);
    expect(budget.nextBackoff()).toBeUndefined();
    budget.discountParked(300_000);
    expect(budget.nextBackoff()).toBeTypeOf("number");
    vi.advanceTimersByTime(600_000);
    budget.reset();
    expect(budget.nextBackoff()).toBeTypeOf("number");
  });

  test("a ReconnectBudget uses random jitter within its bounds by default", () => {
    const waits = Array.from({ length: 200 }, () => new ReconnectBudget().nextBackoff() as number);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_200);
    expect(new Set(waits).size).toBeGreaterThan(20);
  });
});

describe("the pure functions", () => {
  test("spend() does not change its argument", () => {
    const fresh = Object.freeze(freshBudget(DEFAULT_RECONNECT, 5_000));
    expect(fresh).toEqual({ attempt: 0, startedAt: 5_000, backoffMs: 1_000, hasWaited: false });
    expect(spend(fresh, DEFAULT_RECONNECT, 6_000, 0.5)).toEqual({
      budget: { attempt: 1, startedAt: 5_000, backoffMs: 2_000, hasWaited: true },
      waitMs: 1_000,
    });
  });

  test("discount() subtracts the given time from the elapsed time of a budget", () => {
    expect(discount(freshBudget(DEFAULT_RECONNECT, 5_000), 250)).toMatchObject({ attempt: 0, startedAt: 5_250 });
  });

  test("spend() returns a wait in whole milliseconds", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const spent = spend(freshBudget(DEFAULT_RECONNECT, 0), DEFAULT_RECONNECT, 0, random);
        expect(Number.isInteger(spent?.waitMs)).toBe(true);
      }),
    );
  });
});
