import { expect, test } from "vitest";
import { isDamaged, unrecognizedEvent } from "../../src/channels/unrecognized-event.js";

test("an unrecognized event keeps the start of a long frame and of a long reason", () => {
  const { raw, reason } = unrecognizedEvent("r".repeat(10_000), "a method of the server: ".padEnd(10_000, "m"));
  expect(raw).toBe("r".repeat(4_096));
  expect(reason).toHaveLength(400);
  expect(reason.startsWith("a method of the server")).toBe(true);
});

test("a frame with more than a million values is handled like a damaged frame", () => {
  expect(isDamaged(`[${"[],".repeat(999_990)}0]`)).toBe(true);
  expect(isDamaged(`["${"a".repeat(2_000_000)}"]`)).toBe(false);
});
