// @ts-check
// What a page's main thread does, from a trace: every task that it runs, whatever it is for.

/** A frame at 60 Hz, in µs. */
const FRAME_US = 1_000_000 / 60;
const CATEGORY = "disabled-by-default-devtools.timeline";

/** @typedef {{ name: string, ph: string, ts: number, dur?: number, pid: number, tid: number, args: any }} TraceEvent */

/**
 * Watches for so long.
 *
 * @param {import("./bare-page.mjs").BarePage} page
 * @param {number} ms
 * @returns {Promise<{ frames: number, medianMs: number, p95Ms: number, longestMs: number, longTasks: number, busy: number }>}
 *   medianMs, p95Ms: main-thread work a frame; longTasks: of 50 ms and more; busy: share of the time
 */
export async function watchMainThread(page, ms) {
  /** @type {TraceEvent[]} */
  const events = [];
  const stop = page.listen(({ method, params }) => {
    if (method !== "Tracing.dataCollected") return;
    for (const event of params.value) if (event.name === "RunTask" || event.name === "thread_name") events.push(event);
  });
  const complete = new Promise((resolve) => {
    const stopWaiting = page.listen(({ method }) => {
      if (method !== "Tracing.tracingComplete") return;
      stopWaiting();
      resolve(undefined);
    });
  });
  const traceConfig = { includedCategories: [CATEGORY], excludedCategories: ["*"], traceBufferSizeInKb: 400_000 };
  await page.ask("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  await new Promise((resolve) => setTimeout(resolve, ms));
  await page.ask("Tracing.end");
  await complete;
  stop();
  return summarize(tasksOfPage(events));
}

/** The busiest of the renderers' main threads is the page's: the others show nothing. @param {TraceEvent[]} events */
function tasksOfPage(events) {
  const mains = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const tasks = mains.map(({ pid, tid }) =>
    events.filter((event) => event.name === "RunTask" && event.ph === "X" && event.pid === pid && event.tid === tid),
  );
  const busyness = (/** @type {TraceEvent[]} */ of) => of.reduce((sum, { dur = 0 }) => sum + dur, 0);
  return tasks.sort((a, b) => busyness(b) - busyness(a))[0] ?? [];
}

/** @param {TraceEvent[]} tasks */
function summarize(tasks) {
  const start = Math.min(...tasks.map(({ ts }) => ts));
  const end = Math.max(...tasks.map(({ ts, dur = 0 }) => ts + dur));
  const frames = new Float64Array(Math.max(1, Math.ceil((end - start) / FRAME_US)));
  for (const { ts, dur = 0 } of tasks) {
    const frame = Math.min(frames.length - 1, Math.floor((ts - start) / FRAME_US));
    frames[frame] = (frames[frame] ?? 0) + dur / 1000;
  }
  const sorted = frames.slice().sort();
  const longest = tasks.map(({ dur = 0 }) => dur / 1000);
  return {
    frames: frames.length,
    medianMs: sorted[sorted.length >> 1] ?? 0,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    longestMs: Math.max(0, ...longest),
    longTasks: longest.filter((ms) => ms >= 50).length,
    busy: frames.reduce((sum, ms) => sum + ms, 0) / ((end - start) / 1000),
  };
}
