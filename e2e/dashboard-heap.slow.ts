import { expect, it } from "vitest";
import { heapSlope, measureDashboard } from "../bench/dashboard/dashboard-measurement.mjs";

const EVENTS = 2_000_000;
/** Notifications per second. At a higher rate, the client's queue would become full, and the client would close its connections. */
const RATE = 20_000;
/** The limit of the heap of page and worker, in MB. A run of 10,000,000 events needed at most 27 MB (docs/benchmarks.md). */
const MAX_HEAP_MB = 100;
/**
 * The maximum growth of the heap, in MB per million events. The growth was below 0.1 in a longer run. This short test has few
 * samples, so its limit is higher.
 */
const MAX_SLOPE = 3;

it("the dashboard counts each of 2,000,000 events once, and its heap does not grow", async () => {
  const { events, counted, heaps } = await measureDashboard({ rate: RATE, events: EVENTS, isTraced: false });
  expect(counted).toBe(events);
  // Checks that the samples are from different moments of the run.
  expect(new Set(heaps.map((sample) => sample.events)).size).toBeGreaterThan(4);
  expect(Math.max(...heaps.map(({ heapMB }) => heapMB))).toBeLessThan(MAX_HEAP_MB);
  expect(heapSlope(heaps)).toBeLessThan(MAX_SLOPE);
});
