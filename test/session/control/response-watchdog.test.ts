import { describe, expect, test } from "vitest";
import { ResponseWatchdog } from "../../../src/session/control/response-watchdog.js";
import { FakePlatform } from "../../support/fake-platform.js";

const DEADLINE_MS = 45_000;

/** Creates a watchdog. With `reattaches`, each stale connection is resumed after one second. */
function setUp({ reattaches = true } = {}) {
  const platform = new FakePlatform();
  const staleAt: number[] = [];
  const start = platform.now();
  const watch = new ResponseWatchdog(platform, DEADLINE_MS, () => {
    staleAt.push(platform.now() - start);
    if (reattaches) platform.setTimeout(() => watch.handleResumed(), 1_000);
  });
  return { platform, watch, staleAt };
}

describe("a ResponseWatchdog", () => {
  test("a ResponseWatchdog reports a stale connection only while a response is pending", async () => {
    const { platform, watch, staleAt } = setUp();
    await platform.advance(600_000);
    watch.setResponsePending(true);
    await platform.advance(1_000);
    watch.setResponsePending(false);
    await platform.advance(600_000);
    expect(staleAt).toEqual([]);
    expect(platform.timers).toEqual([]);
  });

  test("a ResponseWatchdog reports a connection as stale if the connection is silent while a response is pending", async () => {
    const { platform, watch, staleAt } = setUp();
    await platform.advance(10_000);
    watch.setResponsePending(true);
    await platform.advance(DEADLINE_MS - 1);
    expect(staleAt).toEqual([]);
    await platform.advance(1);
    expect(staleAt).toEqual([55_000]);
  });

  test("a ResponseWatchdog restarts its deadline at each received frame", async () => {
    const { platform, watch, staleAt } = setUp();
    watch.setResponsePending(true);
    for (let i = 0; i < 5; i++) {
      await platform.advance(40_000);
      watch.handleInbound();
      // A second call while a response is pending does not restart the deadline.
      watch.setResponsePending(true);
    }
    expect(staleAt).toEqual([]);
    await platform.advance(DEADLINE_MS);
    expect(staleAt).toEqual([245_000]);
  });

  test("a ResponseWatchdog doubles its deadline if nothing arrives after a reconnect", async () => {
    const { platform, watch, staleAt } = setUp();
    watch.setResponsePending(true);
    await platform.advance(400_000);
    // The deadlines are 45, 45, 90 and 180 s. After each deadline, a re-attach takes 1 s, and the next deadline starts.
    expect(staleAt).toEqual([45_000, 91_000, 182_000, 363_000]);
  });

  test("a ResponseWatchdog keeps its deadline of 45 s if the first frame arrives right after the reconnect", async () => {
    const { platform, watch, staleAt } = setUp();
    watch.setResponsePending(true);
    await platform.advance(DEADLINE_MS + 1_000);
    // The first frame arrives right after the reconnect at 46 s.
    watch.handleInbound();
    await platform.advance(DEADLINE_MS);
    expect(staleAt).toEqual([45_000, 91_000]);
  });

  test("a ResponseWatchdog doubles its deadline if the first frame arrives 10 s after the reconnect", async () => {
    const { platform, watch, staleAt } = setUp();
    watch.setResponsePending(true);
    await platform.advance(DEADLINE_MS + 1_000 + 10_000);
    watch.handleInbound();
    await platform.advance(2 * DEADLINE_MS - 1);
    expect(staleAt).toEqual([45_000]);
    await platform.advance(1);
    expect(staleAt).toEqual([45_000, 146_000]);
  });

  test("a ResponseWatchdog reports a silent connection 5 s after a frozen page has resumed", async () => {
    const { platform, watch, staleAt } = setUp({ reattaches: false });
    await platform.page("online");
    await platform.advance(10_000);
    watch.setResponsePending(true);
    await platform.page("frozen");
    await platform.advance(10_000);
    expect(staleAt).toEqual([]);
    await platform.page("thawed");
    await platform.advance(4_999);
    expect(staleAt).toEqual([]);
    await platform.advance(1);
    expect(staleAt).toEqual([25_000]);
  });

  test("a ResponseWatchdog gives delayed frames time to arrive after the computer has slept", async () => {
    const { platform, watch, staleAt } = setUp();
    watch.setResponsePending(true);
    platform.sleep(3_600_000);
    await platform.advance(0);
    expect(staleAt).toEqual([]);
    watch.handleInbound();
    await platform.advance(DEADLINE_MS - 1);
    expect(staleAt).toEqual([]);
  });

  test("a ResponseWatchdog leaves no timer and no listener after stop()", () => {
    const { platform, watch } = setUp();
    watch.setResponsePending(true);
    watch.stop();
    expect([platform.timers, platform.pageListeners]).toEqual([[], 0]);
  });
});
