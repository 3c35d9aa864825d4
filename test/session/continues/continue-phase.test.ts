import { describe, expect, test } from "vitest";
import type { ControlEvent } from "../../../src/channels/managed-events.js";
import { toBareContinue } from "../../../src/session/continues/continue-params.js";
import { afterEvent, type ContinuePhase } from "../../../src/session/continues/continue-phase.js";

const request = toBareContinue(1);
const phases: ContinuePhase[] = ["written", "received", "uncertain"];

describe.each(phases)("a continue that is %s", (phase) => {
  const fateAfter = (event: ControlEvent) => afterEvent({ request, phase }, event)?.phase ?? "over";

  test.each<ControlEvent>([
    { type: "readyForContinue" },
    { type: "paused", slot: 5n },
    { type: "completed" },
    { type: "error", error: { kind: "invalidRequest", error: "x" } },
    { type: "error", error: { kind: "invalidTransactionFormat", index: 0, error: "x" } },
    { type: "error", error: { kind: "invalidAccountOwner", address: "x", error: "y" } },
  ])("the event $type ends the continue request in flight", (event) => {
    expect(fateAfter(event)).toBe("over");
  });

  test.each<ControlEvent>([
    { type: "slot", slot: 5n },
    { type: "status", status: "executingBlockTransactions" },
    { type: "error", error: { kind: "clerkError", error: "x" } },
  ])("the event $type shows that the server has received the continue request", (event) => {
    expect(fateAfter(event)).toBe("received");
  });

  test.each<ControlEvent>([
    { type: "discoveryBatch", slot: 5n, batchIndex: 0, matched: [], transactions: [], transactionIndices: [] },
    { type: "unrecognized", raw: "", reason: "" },
    { type: "continuity", kind: "resumed", channel: "control" },
  ])("the event $type does not change the phase of the continue request", (event) => {
    expect(fateAfter(event)).toBe(phase);
  });
});
