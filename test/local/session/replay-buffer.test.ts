import { expect, test } from "vitest";
import { ReplayBuffer } from "../../../src/local/session/replay-buffer.js";
import { LIMITS } from "../../../src/local/wire/simulator-limits.js";

test("ReplayBuffer numbers its entries from 1, and returns the entry after a given sequence id", () => {
  const buffer = new ReplayBuffer();
  expect(buffer.last).toBe(0);
  expect(buffer.after(0)).toBeUndefined();
  buffer.push({ method: "readyForContinue" });
  buffer.push({ method: "slotNotification", params: 2n ** 64n - 1n });
  expect(buffer.last).toBe(2);
  expect(buffer.after(0)).toMatchObject({ sequence: 1, members: '"method":"readyForContinue"' });
  expect(buffer.after(1)).toMatchObject({ sequence: 2, members: '"method":"slotNotification","params":18446744073709551615' });
  expect(buffer.after(2)).toBeUndefined();
});

test("ReplayBuffer evicts its oldest entries at the limit, and continues its numbering", () => {
  const buffer = new ReplayBuffer();
  const pushed = LIMITS.replayResponses + LIMITS.replayResponses / 10 + 1;
  for (let i = 0; i < pushed; i++) buffer.push({ method: "readyForContinue" });
  expect(buffer.last).toBe(pushed);
  const oldest = buffer.after(0)?.sequence ?? 0;
  expect(oldest).toBe(pushed - LIMITS.replayResponses + 1);
  expect(buffer.after(oldest)?.sequence).toBe(oldest + 1);
  expect(buffer.after(pushed - 1)?.sequence).toBe(pushed);
});
