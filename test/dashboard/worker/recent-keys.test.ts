import { expect, test } from "vitest";
import { RecentKeys } from "../../../demo/dashboard/worker/recent-keys.js";

test("RecentKeys detects duplicates of recent keys, and drops the oldest keys first", () => {
  const recent = new RecentKeys(2);
  const add = (key: string) => recent.add(key, 5n);
  expect(["a", "b", "a", "c", "a", "c"].map(add)).toEqual([true, true, false, true, true, false]);
});

test("RecentKeys returns all keys whose slot is at or after a given slot", () => {
  const recent = new RecentKeys(10);
  for (const [key, slot] of [
    ["a", 5n],
    ["b", 6n],
    ["c", 7n],
  ] as const)
    recent.add(key, slot);
  expect(recent.from(6n)).toEqual([
    ["b", 6n],
    ["c", 7n],
  ]);
  expect(recent.from(8n)).toEqual([]);
});
