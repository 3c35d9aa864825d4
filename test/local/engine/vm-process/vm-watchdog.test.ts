import { expect, test } from "vitest";
import { VmWatchdog } from "../../../../src/local/engine/vm-process/vm-watchdog.js";
import { FakePlatform } from "../../../support/fake-platform.js";

const TIMEOUT_MS = 40_000;

/** Creates a watchdog with a fake clock. `overdue` contains the reported times. */
function watch() {
  const timers = new FakePlatform();
  const state = { progress: 0 };
  const overdue: number[] = [];
  const watchdog = new VmWatchdog({
    timeoutMs: TIMEOUT_MS,
    timers,
    progress: () => state.progress,
    handleOverdue: (afterMs) => overdue.push(afterMs),
  });
  return { timers, state, overdue, watchdog };
}

test("with a timeout of 40 s, the watchdog reports a request without progress after 40 to 50 s", async () => {
  const { timers, overdue, watchdog } = watch();
  watchdog.begin(1, 1);
  await timers.advance(10_000);
  watchdog.end(1);
  watchdog.begin(2, 1);
  await timers.advance(TIMEOUT_MS);
  expect(overdue).toEqual([]);
  await timers.advance(10_000);
  expect(overdue).toEqual([TIMEOUT_MS]);
  expect(timers.timers).toEqual([]);
});

test("a watchdog without pending requests has no timer, and reports nothing", async () => {
  const { timers, overdue, watchdog } = watch();
  expect(timers.timers).toEqual([]);
  watchdog.begin(1, 1);
  watchdog.begin(2, 1);
  watchdog.end(1);
  expect(timers.timers).toHaveLength(1);
  watchdog.end(2);
  expect(timers.timers).toEqual([]);
  await timers.advance(TIMEOUT_MS * 3);
  expect(overdue).toEqual([]);
});

test("a request is not overdue while the process makes progress", async () => {
  const { timers, state, overdue, watchdog } = watch();
  watchdog.begin(1, 1);
  for (let round = 0; round < 10; round++) {
    await timers.advance(TIMEOUT_MS);
    state.progress++;
  }
  expect(overdue).toEqual([]);
  await timers.advance(TIMEOUT_MS * 2);
  expect(overdue).toEqual([TIMEOUT_MS]);
});

test("the responses to later requests do not postpone the deadline of a request", async () => {
  const { timers, overdue, watchdog } = watch();
  watchdog.begin(0, 1);
  for (let id = 1; id <= 6; id++) {
    watchdog.begin(id, 1);
    await timers.advance(10_000);
    watchdog.end(id);
  }
  expect(overdue).toEqual([TIMEOUT_MS]);
});

test("after begin(id, 4), a request is overdue only after four times the timeout", async () => {
  const { timers, overdue, watchdog } = watch();
  watchdog.begin(1, 4);
  await timers.advance(TIMEOUT_MS * 4);
  expect(overdue).toEqual([]);
  await timers.advance(20_000);
  expect(overdue).toEqual([TIMEOUT_MS * 4]);
});

test("a request is not overdue after the computer has slept for an hour", async () => {
  const { timers, overdue, watchdog } = watch();
  watchdog.begin(1, 1);
  timers.sleep(3_600_000);
  await timers.advance(0);
  expect(overdue).toEqual([]);
  watchdog.end(1);
});
