// @ts-check
// `npm run bench:dashboard`: measures the main thread and the heap of the dashboard while it receives notifications.
//   --rate N     notifications a second (default 20,000)
//   --events N   total (default 600,000: half a minute); 10,000,000 shows in eight minutes whether the heap grows
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { ensureBuilt } from "../../scripts/build.mjs";
import { servePages } from "../../scripts/static-server.mjs";
import { BarePage } from "./bare-page.mjs";
import { watchMainThread } from "./main-thread.mjs";

/** From the issue "The dashboard and React". */
const BUDGET = { medianMs: 8, longestMs: 50, heapMB: 300 };
/** The measurement begins this long after the start, in ms. */
const WARM_UP_MS = 3_000;
const TRACED_MS = 15_000;
const HEAP_EVERY_MS = 5_000;
const PER_SLOT = 200;
const START_SLOT = 300_000_000;

const { values } = parseArgs({
  options: { rate: { type: "string", default: "20000" }, events: { type: "string", default: "600000" } },
});
const rate = Number(values.rate);
const slots = Math.ceil(Number(values.events) / PER_SLOT);
const events = slots * PER_SLOT;

if (!(await ensureBuilt())) process.exit(1);
const server = fork(new URL("server.mjs", import.meta.url), [String(rate), String(events)]);
const { url, program } = await new Promise((resolve) => server.once("message", resolve));
const site = await servePages();
const page = await BarePage.open({ width: 1440, height: 900 });
try {
  const query = new URLSearchParams({
    url,
    programs: program,
    startSlot: String(START_SLOT),
    slotCount: String(slots),
    step: String(slots),
    autostart: "1",
  });
  const began = performance.now();
  await page.ask("Page.navigate", { url: `${site.url}?${query}` });
  await wait(WARM_UP_MS);
  const work = await watchMainThread(page, Math.min(TRACED_MS, Math.max(2_000, (events / rate) * 1000 - 2 * WARM_UP_MS)));
  const heaps = await watchHeap();
  const seconds = (performance.now() - began) / 1000;
  const counted = (await sumOf("Transactions")) + (await sumOf("Account diffs"));

  console.log(
    `${rate.toLocaleString("en")} notifications a second, ${events.toLocaleString("en")} in all, shown in ${seconds.toFixed(0)} s`,
  );
  print("arrived, each once", counted, counted === events ? "all" : `of ${events}: NOT ALL`);
  for (const [by, { medianMs, p95Ms, longestMs, longTasks, busy, frames }] of Object.entries(work)) {
    print(
      `main-thread work a frame, by the ${by}`,
      `${medianMs.toFixed(2)} ms`,
      `median; ${verdict(medianMs, BUDGET.medianMs, "ms")}`,
    );
    print("  95th percentile", `${p95Ms.toFixed(2)} ms`, `${(busy * 100).toFixed(0)} % busy over ${frames} frames`);
    print("  longest task", `${longestMs.toFixed(1)} ms`, `${verdict(longestMs, BUDGET.longestMs, "ms")}; ${longTasks} over it`);
  }
  const top = Math.max(...heaps.map(({ heapMB }) => heapMB));
  print("heap of page and worker, top", `${top.toFixed(0)} MB`, verdict(top, BUDGET.heapMB, "MB"));
  print("  slope, after the first quarter", `${slope(heaps).toFixed(3)} MB`, `a million events, over ${heaps.length} samples`);
} finally {
  await page.close();
  await site.close();
  server.kill();
}

/** Samples the heap until the run ends. @returns {Promise<{ events: number, heapMB: number }[]>} used heap after a collection */
async function watchHeap() {
  const heaps = [];
  for (let isOver = false; !isOver; ) {
    isOver = await waitForEnd(HEAP_EVERY_MS);
    const events = (await executedSlots()) * PER_SLOT;
    let bytes = 0;
    for (const session of [undefined, ...page.workers.keys()]) {
      await page.ask("HeapProfiler.collectGarbage", {}, session);
      bytes += (await page.ask("Runtime.getHeapUsage", {}, session)).usedSize;
    }
    heaps.push({ events, heapMB: bytes / 1e6 });
  }
  return heaps;
}

/** Returns the number of executed slots that the page shows. */
async function executedSlots() {
  const text = await page.evaluate(`document.querySelector("#progress").innerText`);
  return toNumber(/([\d,]+) of [\d,]+/.exec(text)?.[1]);
}

/** Returns a figure in the final summary. @param {string} label */
async function sumOf(label) {
  const text = await page.evaluate(`document.querySelector("#result").innerText`);
  return toNumber(new RegExp(`^${label}\\s+([\\d,]+)`, "m").exec(text)?.[1]);
}

/** @param {string | undefined} text */
function toNumber(text) {
  return Number(text?.replaceAll(",", ""));
}

/** @param {number} ms @returns {Promise<boolean>} whether the run ended within that time */
async function waitForEnd(ms) {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (/Completed|Failed|Stopped/.test(await page.evaluate(`document.querySelector("#phase").textContent`))) return true;
    await wait(250);
  }
  return false;
}

/** Fits a line by least squares. @param {{ events: number, heapMB: number }[]} all @returns {number} MB per million events */
function slope(all) {
  const samples = all.slice(Math.floor(all.length / 4));
  const mean = (/** @type {number[]} */ of) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const x = mean(samples.map(({ events }) => events / 1e6));
  const y = mean(samples.map(({ heapMB }) => heapMB));
  const over = samples.reduce((sum, { events, heapMB }) => sum + (events / 1e6 - x) * (heapMB - y), 0);
  const under = samples.reduce((sum, { events }) => sum + (events / 1e6 - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

/** @param {number} value @param {number} budget @param {string} unit */
function verdict(value, budget, unit) {
  return `${value <= budget ? "within" : "OVER"} ${budget} ${unit}`;
}

/** @param {string} what @param {string | number} figure @param {string} remark */
function print(what, figure, remark) {
  console.log(
    `${what.padEnd(42)}${String(typeof figure === "number" ? figure.toLocaleString("en") : figure).padStart(12)}  ${remark}`,
  );
}

/** @param {number} ms @returns {Promise<void>} */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
