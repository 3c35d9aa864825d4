import { expect, test } from "vitest";
import { ConnectionLog } from "../../../demo/dashboard/worker/connection-log.js";

const texts = (log: ConnectionLog) => log.entries.map(({ channel, tone, text }) => `${channel} ${tone} ${text}`);

test("the connection log lists a lost connection, the retry and the reconnect", () => {
  const log = new ConnectionLog();
  log.noteStatus("control", { state: "down", phase: "connecting", attempt: 0 });
  log.noteStatus("control", { state: "up" });
  expect(log.reconnects).toBe(0);
  log.noteStatus("control", { state: "down", phase: "backingOff", attempt: 1, reason: "1012", retryAt: Date.now() - 5 });
  log.noteStatus("control", { state: "down", phase: "connecting", attempt: 1, reason: "1012" });
  log.noteContinuity({ type: "continuity", kind: "resumed", channel: "control", after: 7n }, "");
  log.noteStatus("control", { state: "up" });
  expect(texts(log)).toEqual([
    "control neutral connected",
    "control bad 1012; attempt 1 in 0.0 s",
    "control good resumed after event 7, no events lost",
    "control good reconnected",
  ]);
  expect(log.channels).toMatchObject([{ name: "control", state: "up", reconnects: 1 }]);
});

test("the connection log has an entry for a gap, and an entry for a continue request that may not have reached the server", () => {
  const log = new ConnectionLog();
  log.noteContinuity({ type: "continuity", kind: "gap", channel: "control", expected: 4n, got: 9n }, " 2");
  log.noteContinuity({ type: "continuity", kind: "continueUncertain", request: "continue" }, "");
  expect(log.gaps).toBe(1);
  expect(log.entries.map(({ channel, tone }) => `${channel} ${tone}`)).toEqual(["control 2 bad", "control neutral"]);
});

test("the connection log lists suspended and failed connections, and has a limited length", () => {
  const log = new ConnectionLog();
  log.noteStatus("transaction", { state: "down", phase: "suspended", attempt: 0 });
  log.noteStatus("transaction", { state: "failed", reason: "401" });
  expect(texts(log)).toEqual(["transaction neutral suspended with the page", "transaction bad failed: 401"]);
  for (let count = 0; count < 1_000; count++) log.note("control", "bad", `${count}`);
  expect(log.entries).toHaveLength(200);
  expect(log.entries.at(-1)?.text).toBe("999");
  log.note("control", "bad", "x".repeat(1_000_000));
  expect(log.entries.at(-1)?.text).toHaveLength(500);
  for (let count = 0; count < 1_000; count++) log.noteStatus(`transaction ${count}`, { state: "up" });
  expect(log.channels).toHaveLength(800);
});
