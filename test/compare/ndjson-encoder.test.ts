import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { ndjsonHeader, ndjsonLine } from "../../src/compare/ndjson-encoder.js";
import { transactionSignature } from "../../src/protocol/transaction-notification.js";
import { accountDiffEvent, PROGRAM, transactionEvent } from "../cli/run/sample-events.js";

describe("an NDJSON record", () => {
  it("an NDJSON record starts with a line that describes the run", () => {
    const line = ndjsonHeader({ startSlot: 5n, endSlot: 9n, programs: [PROGRAM], streams: ["transaction"] });
    expect(line.endsWith("}\n")).toBe(true);
    expect(parseJson(line)).toEqual({
      type: "run",
      version: 1,
      startSlot: 5,
      endSlot: 9,
      programs: [PROGRAM],
      streams: ["transaction"],
    });
  });

  it("an NDJSON record contains one line for each event, with 64-bit integers that are not rounded", () => {
    const event = accountDiffEvent();
    const line = ndjsonLine(event) ?? "";
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line).toMatch(/^\{"type":"accountDiff","slot":300000001,/);
    expect(line).toContain('"lamports":9223372036854775808');
    expect(line).toContain('"rentEpoch":18446744073709551615');
  });

  it("the line of a transaction in an NDJSON record has the members `signature` and `program`", () => {
    const event = transactionEvent(7);
    const { signature, program } = parseJson(ndjsonLine(event) ?? "") as Record<string, unknown>;
    expect(signature).toBe(transactionSignature(event.transaction));
    expect(program).toBe(PROGRAM);
  });

  it("an NDJSON record contains slots, errors, unrecognized frames, gaps and the end of the run", () => {
    for (const event of [
      { type: "slot", slot: 5n } as const,
      { type: "error", error: { kind: "invalidRequest", error: "a\nb" } } as const,
      { type: "unrecognized", raw: "{", reason: "not JSON" } as const,
      { type: "continuity", kind: "gap", channel: "control", expected: 5n, got: 7n } as const,
      { type: "completed" } as const,
    ]) {
      const line = ndjsonLine(event) ?? "";
      expect(parseJson(line)).toMatchObject({ type: event.type });
      expect(line.indexOf("\n")).toBe(line.length - 1);
    }
  });

  it("an NDJSON record omits statuses and other events that concern only the connection", () => {
    for (const event of [
      { type: "readyForContinue" } as const,
      { type: "status", status: "startingRuntime" } as const,
      { type: "paused", slot: 5n } as const,
      { type: "continuity", kind: "resumed", channel: "control" } as const,
    ]) {
      expect(ndjsonLine(event)).toBeUndefined();
    }
  });
});
