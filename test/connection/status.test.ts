import { describe, expect, test } from "vitest";
import { type ConnectionStatus, sameStatus } from "../../src/connection/status.js";

describe("sameStatus", () => {
  const STATUSES: ConnectionStatus[] = [
    { state: "up" },
    { state: "closed" },
    { state: "failed", reason: "gone" },
    { state: "failed", reason: "refused" },
    { state: "down", phase: "connecting", attempt: 0 },
    { state: "down", phase: "connecting", attempt: 1 },
    { state: "down", phase: "handshaking", attempt: 1 },
    { state: "down", phase: "handshaking", attempt: 1, reason: "gone" },
    { state: "down", phase: "backingOff", attempt: 1, reason: "gone", retryAt: 1 },
    { state: "down", phase: "backingOff", attempt: 1, reason: "gone", retryAt: 2 },
  ];

  for (const [index, a] of STATUSES.entries()) {
    test(`sameStatus is true for a copy of a status and false for all other statuses: ${JSON.stringify(a)}`, () => {
      expect(STATUSES.map((b) => sameStatus(a, { ...b }))).toEqual(STATUSES.map((_, other) => other === index));
    });
  }
});
