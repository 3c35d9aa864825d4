import { expect, test } from "vitest";
import { shortKey } from "../../src/channels/event-key.js";

test("shortKey returns a short key unchanged", () => {
  expect(shortKey("account signature 3")).toBe("account signature 3");
});

test("shortKey shortens long keys, and returns different results for different keys of the same length", () => {
  const key = "A".repeat(1_000_000);
  expect(shortKey(key).length).toBeLessThan(40);
  expect(shortKey(key)).toBe(shortKey(`${key}`));
  expect(shortKey(key)).not.toBe(shortKey(`${key.slice(1)}B`));
  expect(shortKey(key)).not.toBe(shortKey(`B${key.slice(1)}`));
});
