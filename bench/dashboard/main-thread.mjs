// @ts-check
// Measures all tasks of a page's main thread, from a trace.

/** Duration of a frame at 60 Hz, in µs. */
const FRAME_US = 1_000_000 / 60;
const CATEGORY = "disabled-by-default-devtools.timeline";

/** dur: wall-clock time; tdur: processor time. @typedef {{ name: string, ph: string, ts: number, dur?: number, tdur?: number, pid: number, tid: number, args: any }} TraceEvent */

/**
 * Records a trace for `ms` and summarizes it.
 *
 * @param {import("./bare-page.mjs").BarePage} page
 * @param {number} ms
 * @returns {Promise<Record<"clock" | "core", Work>>} clock: wall-clock time, including the time that a task
 *   waits for a core; core: processor time
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
  const tasks = tasksOfPage(events);
  return { clock: summarize(tasks, ({ dur = 0 }) => dur), core: summarize(tasks, ({ tdur = 0 }) => tdur) };
}

/**
 * Returns the tasks on the busiest main thread. It is the main thread of the page: the other renderers are idle.
 *
 * @param {TraceEvent[]} events
 */
function tasksOfPage(events) {
  const mains = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const tasks = mains.map(({ pid, tid }) =>
    events.filter((event) => event.name === "RunTask" && event.ph === "X" && event.pid === pid && event.tid === tid),
  );
  const busyness = (/** @type {TraceEvent[]} */ of) => of.reduce((sum, { dur = 0 }) => sum + dur, 0);
  return tasks.sort((a, b) => busyness(b) - busyness(a))[0] ?? [];
}

/**
 * @typedef {object} Work
 * @property {number} frames
 * @property {number} medianMs main-thread work per frame
 * @property {number} p95Ms
 * @property {number} longestMs the longest task
 * @property {number} tasks number of tasks
 * @property {number} longTasks number of tasks of 50 ms or more
 * @property {number} busy share of the time in which the main thread works
 */

/** @param {TraceEvent[]} tasks @param {(task: TraceEvent) => number} lengthOf in µs @returns {Work} */
function summarize(tasks, lengthOf) {
  const start = tasks.reduce((first, { ts }) => Math.min(first, ts), Number.POSITIVE_INFINITY);
  const end = tasks.reduce((last, { ts, dur = 0 }) => Math.max(last, ts + dur), 0);
  const frames = new Float64Array(Math.max(1, Math.ceil((end - start) / FRAME_US)));
  for (const task of tasks) {
    const frame = Math.min(frames.length - 1, Math.floor((task.ts - start) / FRAME_US));
    frames[frame] = (frames[frame] ?? 0) + lengthOf(task) / 1000;
  }
  const sorted = frames.slice().sort();
  const lengths = tasks.map((task) => lengthOf(task) / 1000);
  return {
    frames: frames.length,
    medianMs: sorted[sorted.length >> 1] ?? 0,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    longestMs: lengths.reduce((longest, length) => Math.max(longest, length), 0),
    tasks: tasks.length,
    longTasks: lengths.filter((ms) => ms >= 50).length,
    busy: frames.reduce((sum, ms) => sum + ms, 0) / ((end - start) / 1000),
  };
}
