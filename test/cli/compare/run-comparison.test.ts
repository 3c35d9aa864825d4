import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Comparison } from "../../../src/cli/compare/run-comparison.js";
import { outcome } from "./outcomes.js";

const ERR = '"AccountInUse"';

describe("a comparison", () => {
  it("counts each transaction once, in any order", async () => {
    const comparison = new Comparison(10);
    await comparison.add(
      [outcome("same"), outcome("worse"), outcome("same"), outcome("gone"), outcome("better", { err: ERR })],
      [
        outcome("new"),
        outcome("better"),
        outcome("worse", { err: ERR }),
        outcome("new"),
        outcome("same"),
        outcome("worse", { err: ERR }),
      ],
    );
    expect(comparison.same).toBe(1);
    expect(comparison.counts).toEqual({ regression: 1, improvement: 1, error: 0, balance: 0, log: 0, missing: 1, extra: 1 });
    expect(comparison.total).toBe(4);
  });

  it("counts ignored differences as equal, and ignored transactions not at all", async () => {
    const comparison = new Comparison(10, ["log", "missing", "extra"]);
    await comparison.add([outcome("a"), outcome("gone")], [outcome("a", { logs: "another" }), outcome("new")]);
    expect([comparison.same, comparison.total, comparison.differences]).toEqual([1, 0, []]);
  });

  it("keeps the first differences of each kind in the order of the chain", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 9 })), {
          maxLength: 120,
          selector: String,
        }),
        fc.integer({ min: 0, max: 20 }),
        async (places, limit) => {
          const outcomes = places.map(([slot, index]) => outcome(`${slot} ${index}`, { slot: BigInt(slot), index }));
          const comparison = new Comparison(limit);
          await comparison.add(outcomes, []);
          const sorted = [...places].sort(([a, i], [b, j]) => a - b || i - j).slice(0, limit);
          expect(comparison.counts.missing).toBe(places.length);
          expect(comparison.differences.map(({ signature }) => signature)).toEqual(
            sorted.map(([slot, index]) => `${slot} ${index}`),
          );
        },
      ),
    );
  });
});
