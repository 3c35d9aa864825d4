import { describe, expect, it } from "vitest";
import { storedResults } from "../../demo/dashboard/view/stored-results.js";
import { runResult } from "./run-result.js";

const KEY = "simulator-client:results";

function memory(items = new Map<string, string>()) {
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

describe("storedResults", () => {
  it("storedResults restores results after a reload, including 64-bit integers", () => {
    const storage = memory();
    const result = runResult({ fees: 2n ** 64n - 1n });
    expect(storedResults(() => storage).add(result)).toBe(true);
    expect(storedResults(() => storage).list()).toEqual([result]);
  });

  it("storedResults keeps the newest 20 results", () => {
    const storage = memory();
    const results = storedResults(() => storage);
    for (let endedAt = 1; endedAt <= 25; endedAt++) results.add(runResult({ endedAt }));
    expect(
      storedResults(() => storage)
        .list()
        .map(({ endedAt }) => endedAt),
    ).toEqual(Array.from({ length: 20 }, (_, index) => 25 - index));
  });

  it("storedResults stores the same run only once", () => {
    const results = storedResults(() => memory());
    results.add(runResult());
    results.add(runResult());
    expect(results.list()).toHaveLength(1);
  });

  it("storedResults.remove() deletes a result from the storage", () => {
    const storage = memory();
    const results = storedResults(() => storage);
    results.add(runResult({ endedAt: 1 }));
    results.add(runResult({ endedAt: 2 }));
    results.remove(1);
    expect(
      storedResults(() => storage)
        .list()
        .map(({ endedAt }) => endedAt),
    ).toEqual([2]);
  });

  it("storedResults keeps results in memory if the storage is unavailable, and add() then returns false", () => {
    const results = storedResults(() => {
      throw new DOMException("denied", "SecurityError");
    });
    expect(results.add(runResult())).toBe(false);
    expect(results.list()).toHaveLength(1);
  });

  it.each(["{", "7", '[{"endedAt":1}]', "[null]"])("storedResults ignores invalid stored data: %s", (text) => {
    expect(storedResults(() => memory(new Map([[KEY, text]]))).list()).toEqual([]);
  });
});
