import { expect, test } from "vitest";
import { isDamaged, unrecognizedEvent } from "../../src/channels/unrecognized-event.js";

test("an unrecognized event contains the first 4,096 characters of a long frame, and the first 400 of a long reason", () => {
  const { raw, reason } = unrecognizedEvent("r".repeat(10_000), "a method of the server: ".padEnd(10_000, "m"));
  expect(raw).toBe("r".repeat(4_096));
  expect(reason).toHaveLength(400);
  expect(reason.startsWith("a method of the server")).toBe(true);
});

test("a frame with more than a million values counts as damaged", () => {
  expect(isDamaged(`[${"[],".repeat(999_990)}0]`)).toBe(true);
  expect(isDamaged(`["${"a".repeat(2_000_000)}"]`)).toBe(false);
});
