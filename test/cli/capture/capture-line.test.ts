import { expect, it } from "vitest";
import { CaptureLine } from "../../../src/cli/capture/capture-line.js";
import { capturedOutput } from "../support/captured-io.js";

const next = { host: "node.example", reason: "getBlock: slow down\n(HTTP 429)", attempt: 2, delayMs: 250 };

it("CaptureLine prints at most one message about a retry per second", () => {
  const out = capturedOutput();
  let now = 5_000;
  const line = new CaptureLine(out, 1n, 10n, () => now);
  line.reportRetry({ ...next, attempts: 8 });
  now += 999;
  line.reportRetry({ ...next, attempt: 3, attempts: 8 });
  now += 1;
  line.reportRetry({ ...next, attempt: 4, delayMs: 2_000 });
  expect(out.text).toBe(
    "waiting for node.example: getBlock: slow down (HTTP 429); attempt 2 of 8 in 0.3 s\n" +
      "waiting for node.example: getBlock: slow down (HTTP 429); attempt 4 in 2.0 s\n",
  );
});

it("CaptureLine prints a message about a retry on its own line, below the progress", () => {
  const out = capturedOutput({ isTerminal: true, columns: 20 });
  const line = new CaptureLine(out, 1n, 10n);
  line.draw({ slot: 5n, blocks: 5, skippedSlots: 0, bytes: 100 });
  line.reportRetry(next);
  expect(out.text).toMatch(/slot 5 {2}50 %[^\n]*\nwaiting for node\.example/);
});

it("CaptureLine prints how long a node has sent no data, on a line of its own", () => {
  const out = capturedOutput({ isTerminal: true, columns: 20 });
  const line = new CaptureLine(out, 1n, 10n);
  line.draw({ slot: 5n, blocks: 5, skippedSlots: 0, bytes: 100 });
  line.reportWait({ host: "node.example", method: "getBlock", waitedMs: 5_002, timeoutMs: 30_000 });
  line.reportWait({ host: "node.example", method: "getBlock", waitedMs: 10_004, timeoutMs: 30_000 });
  expect(out.text.split("\n").slice(1)).toEqual([
    "waiting for node.example: getBlock: no data for 5 s; this attempt ends after 30 s",
    "waiting for node.example: getBlock: no data for 10 s; this attempt ends after 30 s",
    "",
  ]);
});
