import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partsOf, type SlotSpan } from "../../../src/local/control/sub-ranges.js";
import type { LedgerBundle } from "../../../src/local/engine/engine.js";
import { BacktestFailure } from "../../../src/local/wire/backtest-failure.js";

function bundlesOf(start: bigint, sizes: readonly number[]): LedgerBundle[] {
  let next = start;
  return sizes.map((size) => {
    const startSlot = next;
    next += BigInt(size);
    return { startSlot, endSlot: next - 1n, startTime: 0n, endTime: 0n };
  });
}

const ledgers = fc.record({
  start: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  sizes: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }),
  wanted: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.double({ min: 0, max: 1, noNaN: true }),
});

function spanWithin(bundles: readonly LedgerBundle[], from: number, length: number): SlotSpan {
  const [first, last] = [bundles[0]!.startSlot, bundles.at(-1)!.endSlot];
  const startSlot = first + BigInt(Math.floor(Number(last - first) * from));
  return { startSlot, endSlot: startSlot + BigInt(Math.floor(Number(last - startSlot) * length)) };
}

describe("the sub-ranges of a range", () => {
  test("partsOf returns sub-ranges without gaps that cover the whole range", () => {
    fc.assert(
      fc.property(ledgers, ({ start, sizes, wanted, from, length }) => {
        const bundles = bundlesOf(start, sizes);
        const span = spanWithin(bundles, from, length);
        const parts = partsOf(bundles, span, wanted);
        const covering = bundles.find(({ startSlot, endSlot }) => startSlot <= span.startSlot && span.startSlot <= endSlot);
        expect([span.startSlot, covering?.startSlot]).toContain(parts[0]?.startSlot);
        expect(parts.at(-1)?.endSlot).toBe(span.endSlot);
        for (const [index, { startSlot, endSlot }] of parts.entries()) {
          expect(startSlot).toBeLessThanOrEqual(endSlot);
          if (index > 0) expect(startSlot).toBe((parts[index - 1]?.endSlot ?? 0n) + 1n);
        }
        const slots = Number(span.endSlot - (parts[0]?.startSlot ?? 0n)) + 1;
        if (wanted !== undefined) expect(parts).toHaveLength(Math.min(wanted, slots));
      }),
    );
  });

  test("partsOf starts each sub-range at the start of a bundle if there are at least as many bundles as sub-ranges", () => {
    fc.assert(
      fc.property(ledgers, ({ start, sizes, wanted }) => {
        const bundles = bundlesOf(start, sizes);
        fc.pre(bundles.length > 1 && (wanted ?? 1) <= bundles.length);
        const whole = { startSlot: start, endSlot: bundles.at(-1)!.endSlot };
        const starts = new Set(bundles.map(({ startSlot }) => startSlot));
        expect(partsOf(bundles, whole, wanted).every(({ startSlot }) => starts.has(startSlot))).toBe(true);
      }),
    );
  });

  test("partsOf returns sub-ranges of about equal length if the ledger has no bundles, and refuses a range with a gap between bundles", () => {
    expect(partsOf([], { startSlot: 0n, endSlot: 9n }, 3)).toEqual([
      { startSlot: 0n, endSlot: 2n },
      { startSlot: 3n, endSlot: 5n },
      { startSlot: 6n, endSlot: 9n },
    ]);
    const [first, , third] = bundlesOf(0n, [10, 10, 10]) as [LedgerBundle, LedgerBundle, LedgerBundle];
    expect(() => partsOf([first, third], { startSlot: 0n, endSlot: 25n }, undefined)).toThrow(BacktestFailure);
  });
});
