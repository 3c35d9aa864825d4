import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { discount, freshBudget, spend } from "../../src/connection/budget.js";
import { DEFAULT_RECONNECT } from "../../src/connection/policy.js";
import { ReconnectBudget } from "../../src/connection/reconnect-budget.js";

/** A clock and chance in the test's hands; a draw of 0.5 strays nowhere. */
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
  test("waits 1 s, doubled up to 30 s, 20 times", () => {
    const { budget } = budgetAt();
    const waits = allBackoffs(budget);
    expect(waits).toHaveLength(20);
    expect(waits.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(waits.slice(7).every((wait) => wait === 30_000)).toBe(true);
  });

  test("ends after 20 attempts, and stays ended", () => {
    const { budget } = budgetAt();
    allBackoffs(budget);
    expect(budget.attempt).toBe(20);
    expect(budget.nextBackoff()).toBeUndefined();
    expect(budget.attempt).toBe(20);
  });

  test("ends after 300 s", () => {
    const { budget, clock } = budgetAt();
    clock.at = 299_999;
    expect(budget.nextBackoff()).toBe(1_000);
    clock.at = 300_000;
    expect(budget.nextBackoff()).toBeUndefined();
  });

  test("counts the attempts that it gave", () => {
    const { budget } = budgetAt();
    expect(budget.attempt).toBe(0);
    budget.nextBackoff();
    budget.nextBackoff();
    expect(budget.attempt).toBe(2);
  });

  test("is restored by a reset: attempts, time and the first wait", () => {
    const { budget, clock } = budgetAt();
    allBackoffs(budget);
    clock.at = 1_000_000;
    budget.reset();
    expect(budget.attempt).toBe(0);
    clock.at = 1_299_999;
    expect(allBackoffs(budget).slice(0, 2)).toEqual([1_000, 2_000]);
  });

  test("takes parked time off the account, were it twice the whole", () => {
    const { budget, clock } = budgetAt();
    budget.nextBackoff();
    clock.at = 600_000 + 299_999;
    expect(new ReconnectBudget({}, clock).nextBackoff()).toBe(1_000);
    budget.discountParked(600_000);
    expect(budget.nextBackoff()).toBe(2_000);
    clock.at += 1;
    expect(budget.nextBackoff()).toBeUndefined();
  });

  test("parked time gives no attempts back", () => {
    const { budget } = budgetAt({ maxAttempts: 2 });
    allBackoffs(budget);
    budget.discountParked(600_000);
    expect(budget.nextBackoff()).toBeUndefined();
  });

  test("strays by chance, 20 % to either side and no further", () => {
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

  test("strays at the longest wait too, so that clients don't all come at once", () => {
    expect(allBackoffs(budgetAt({}, 0).budget).at(-1)).toBe(24_000);
  });

  test("keeps to the policy that it is given, and to the defaults for the rest", () => {
    const { budget } = budgetAt({ initialBackoffMs: 10, multiplier: 3, maxBackoffMs: 50, maxAttempts: 4, jitter: 0 }, 0.9);
    expect(allBackoffs(budget)).toEqual([10, 30, 50, 50]);
  });

  test("never waits less than nothing, whatever the jitter", () => {
    expect(budgetAt({ jitter: 5 }, 0).budget.nextBackoff()).toBe(0);
  });
});

describe("a ReconnectBudget of the platform's own clock and chance", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("follows the clock", () => {
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

  test("draws by chance, within bounds", () => {
    const waits = Array.from({ length: 200 }, () => new ReconnectBudget().nextBackoff() as number);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_200);
    expect(new Set(waits).size).toBeGreaterThan(20);
  });
});

describe("the pure functions", () => {
  test("spending leaves what it was given as it was", () => {
    const fresh = Object.freeze(freshBudget(DEFAULT_RECONNECT, 5_000));
    expect(fresh).toEqual({ attempt: 0, startedAt: 5_000, backoffMs: 1_000, hasWaited: false });
    expect(spend(fresh, DEFAULT_RECONNECT, 6_000, 0.5)).toEqual({
      budget: { attempt: 1, startedAt: 5_000, backoffMs: 2_000, hasWaited: true },
      waitMs: 1_000,
    });
  });

  test("a discount moves the start", () => {
    expect(discount(freshBudget(DEFAULT_RECONNECT, 5_000), 250)).toMatchObject({ attempt: 0, startedAt: 5_250 });
  });

  test("a wait is a whole number of milliseconds", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const spent = spend(freshBudget(DEFAULT_RECONNECT, 0), DEFAULT_RECONNECT, 0, random);
        expect(Number.isInteger(spent?.waitMs)).toBe(true);
      }),
    );
  });
});
