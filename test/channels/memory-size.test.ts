import { expect, test } from "vitest";
import { memorySizeOf } from "../../src/channels/memory-size.js";

test("memorySizeOf returns the text length for a message with few lists or objects", () => {
  const text = JSON.stringify({
    slot: 1,
    transaction: ["A".repeat(200), "base64"],
    meta: { logMessages: ["Program 1 invoke [1]"] },
  });
  expect(memorySizeOf(text)).toBe(text.length);
});

test("memorySizeOf returns more than the text length for a message with many lists or objects", () => {
  for (const item of ["[],", "{},"]) {
    const text = `[${item.repeat(1_000)}0]`;
    expect(memorySizeOf(text)).toBeGreaterThan(15 * text.length);
  }
});
