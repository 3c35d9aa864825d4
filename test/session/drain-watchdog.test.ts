import { describe, expect, test } from "vitest";
import { DrainWatchdog } from "../../src/session/drain-watchdog.js";
import { FakePlatform } from "../support/fake-platform.js";

const IDLE_MS = 60_000;

function setUp(isStreaming = { now: true }) {
  const platform = new FakePlatform();
  let stalls = 0;
  const watch = new DrainWatchdog({
    platform,
    idleMs: IDLE_MS,
    isAnyStreaming: () => isStreaming.now,
    handleStalled: () => {
      stalls++;
    },
  });
  return { platform, watch, isStreaming, stalls: () => stalls };
}

describe("a DrainWatchdog", () => {
  test("a DrainWatchdog reports a silent stream as stalled exactly once", async () => {
    const { platform, stalls } = setUp();
    await platform.advance(IDLE_MS - 1);
    expect(stalls()).toBe(0);
    await platform.advance(1);
    expect(stalls()).toBe(1);
    expect(platform.timers).toEqual([]);
  });

  test("a DrainWatchdog does not report a slow stream as stalled", async () => {
    const { platform, watch, stalls } = setUp();
    for (let i = 0; i < 30; i++) {
      await platform.advance(IDLE_MS - 1);
      watch.handleActivity();
    }
    expect(stalls()).toBe(0);
    await platform.advance(IDLE_MS);
    expect(stalls()).toBe(1);
  });

  test("a DrainWatchdog does not count the time while a stream is down or paused", async () => {
    const { platform, isStreaming, stalls } = setUp({ now: false });
    await platform.advance(10 * IDLE_MS);
    expect(stalls()).toBe(0);
    isStreaming.now = true;
    await platform.advance(IDLE_MS - 1);
    expect(stalls()).toBe(0);
    await platform.advance(IDLE_MS);
    expect(stalls()).toBe(1);
  });

  test("a DrainWatchdog does not count the time in which the computer sleeps", async () => {
    const { platform, stalls } = setUp();
    await platform.advance(IDLE_MS - 1_000);
    platform.sleep(8 * 3_600_000);
    await platform.advance(0);
    expect(stalls()).toBe(0);
    await platform.advance(IDLE_MS);
    expect(stalls()).toBe(1);
  });

  test("a DrainWatchdog clears its timer when it is stopped", async () => {
    const { platform, watch, stalls } = setUp();
    await platform.advance(IDLE_MS / 2);
    watch.stop();
    expect(platform.timers).toEqual([]);
    await platform.advance(10 * IDLE_MS);
    expect(stalls()).toBe(0);
  });
});
