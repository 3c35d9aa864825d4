import { expect, test } from "vitest";
import { Recent } from "../../../demo/dashboard/worker/recent.js";

test("knows what came lately, and forgets the oldest first", () => {
  const recent = new Recent(2);
  expect([recent.add("a"), recent.add("b"), recent.add("a"), recent.add("c"), recent.add("a"), recent.add("c")]).toEqual([
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
});
