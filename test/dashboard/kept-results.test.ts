import { describe, expect, it } from "vitest";
import { keptResults } from "../../demo/dashboard/view/kept-results.js";
import { runResult } from "./run-result.js";

const KEY = "simulator-client:results";

function memory(kept = new Map<string, string>()) {
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe("keptResults", () => {
  it("are there after a reload, 64-bit integers too", () => {
    const storage = memory();
    const result = runResult({ fees: 2n ** 64n - 1n });
    expect(keptResults(() => storage).add(result)).toBe(true);
    expect(keptResults(() => storage).list()).toEqual([result]);
  });

  it("are the newest twenty", () => {
    const storage = memory();
    const results = keptResults(() => storage);
    for (let endedAt = 1; endedAt <= 25; endedAt++) results.add(runResult({ endedAt }));
    expect(
      keptResults(() => storage)
        .list()
        .map(({ endedAt }) => endedAt),
    ).toEqual(Array.from({ length: 20 }, (_, index) => 25 - index));
  });

  it("has a run once, though it is told of twice", () => {
    const results = keptResults(() => memory());
    results.add(runResult());
    results.add(runResult());
    expect(results.list()).toHaveLength(1);
  });

  it("forgets what is deleted", () => {
    const storage = memory();
    const results = keptResults(() => storage);
    results.add(runResult({ endedAt: 1 }));
    results.add(runResult({ endedAt: 2 }));
    results.remove(1);
    expect(
      keptResults(() => storage)
        .list()
        .map(({ endedAt }) => endedAt),
    ).toEqual([2]);
  });

  it("goes on without a storage, and says so", () => {
    const results = keptResults(() => {
      throw new DOMException("denied", "SecurityError");
    });
    expect(results.add(runResult())).toBe(false);
    expect(results.list()).toHaveLength(1);
  });

  it.each(["{", "7", '[{"endedAt":1}]', "[null]"])("takes nothing from %s", (text) => {
    expect(keptResults(() => memory(new Map([[KEY, text]]))).list()).toEqual([]);
  });
});
