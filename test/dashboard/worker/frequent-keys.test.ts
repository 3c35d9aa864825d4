import fc from "fast-check";
import { expect, test } from "vitest";
import { FrequentKeys } from "../../../demo/dashboard/worker/frequent-keys.js";

test("FrequentKeys counts exactly while there are fewer keys than its capacity", () => {
  const frequent = new FrequentKeys(3);
  for (const key of ["b", "a", "b", "c", "b", "a"]) frequent.add(key);
  expect(frequent.top(2)).toEqual([
    ["b", 3],
    ["a", 2],
  ]);
});

test("FrequentKeys contains every key whose share of the stream is more than 1/(capacity + 1)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 400 }),
      fc.integer({ min: 1, max: 8 }),
      (stream, capacity) => {
        const frequent = new FrequentKeys(capacity);
        const counts = new Map<number, number>();
        for (const key of stream) {
          frequent.add(`${key}`);
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        const found = new Set(frequent.top(capacity).map(([key]) => key));
        expect(found.size).toBeLessThanOrEqual(capacity);
        for (const [key, count] of counts) if (count > stream.length / (capacity + 1)) expect(found).toContain(`${key}`);
      },
    ),
  );
});
