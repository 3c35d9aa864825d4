// @ts-check
// Runs the dashboard in Chromium against a fast server, and measures its main thread and its heap.
import { fork } from "node:child_process";
import { servePages } from "../../scripts/static-server.mjs";
import { BarePage } from "./bare-page.mjs";
import { watchMainThread } from "./main-thread.mjs";

/** Time between the start of the run and the start of the measurement, in ms. */
const WARM_UP_MS = 3_000;
const TRACED_MS = 15_000;
const HEAP_EVERY_MS = 5_000;
const PER_SLOT = 200;
const START_SLOT = 300_000_000;

/** heapMB: used heap of the page and its worker after a garbage collection. @typedef {{ events: number, heapMB: number }} HeapSample */

/**
 * @typedef {object} Measurement
 * @property {number} events notifications that the server sent
 * @property {number} counted notifications that the page counted
 * @property {number} seconds duration of the whole run
 * @property {HeapSample[]} heaps
 * @property {Awaited<ReturnType<typeof watchMainThread>> | undefined} work `undefined` without a trace
 */

/**
 * Runs a session with `events` notifications to its end. `dist/` must be built.
 *
 * @param {{ rate: number, events: number, isTraced: boolean }} options rate: notifications per second; isTraced: `true`
 *   records a trace of the main thread
 * @returns {Promise<Measurement>}
 */
export async function measureDashboard({ rate, events: wanted, isTraced }) {
  const slots = Math.ceil(wanted / PER_SLOT);
  const events = slots * PER_SLOT;
  const server = fork(new URL("server.mjs", import.meta.url), [String(rate), String(events)]);
  /** @type {{ url: string, program: string }} */
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
    const tracedMs = Math.min(TRACED_MS, Math.max(2_000, (events / rate) * 1000 - 2 * WARM_UP_MS));
    const work = isTraced ? await watchMainThread(page, tracedMs) : undefined;
    const heaps = await watchHeap(page);
    const seconds = (performance.now() - began) / 1000;
    const counted = (await sumOf(page, "Transactions")) + (await sumOf(page, "Account diffs"));
    return { events, counted, seconds, heaps, work };
  } finally {
    await page.close();
    await site.close();
    server.kill();
  }
}

/**
 * Fits a line by least squares to the samples after the first quarter.
 *
 * @param {HeapSample[]} all
 * @returns {number} growth of the heap in MB per million events
 */
export function heapSlope(all) {
  const samples = all.slice(Math.floor(all.length / 4));
  const mean = (/** @type {number[]} */ of) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const x = mean(samples.map(({ events }) => events / 1e6));
  const y = mean(samples.map(({ heapMB }) => heapMB));
  const over = samples.reduce((sum, { events, heapMB }) => sum + (events / 1e6 - x) * (heapMB - y), 0);
  const under = samples.reduce((sum, { events }) => sum + (events / 1e6 - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

/** Samples the heap until the run ends. @param {BarePage} page @returns {Promise<HeapSample[]>} */
async function watchHeap(page) {
  const heaps = [];
  for (let isOver = false; !isOver; ) {
    isOver = await waitForEnd(page, HEAP_EVERY_MS);
    const events = (await executedSlots(page)) * PER_SLOT;
    let bytes = 0;
    for (const session of [undefined, ...page.workers.keys()]) {
      await page.ask("HeapProfiler.collectGarbage", {}, session);
      bytes += (await page.ask("Runtime.getHeapUsage", {}, session)).usedSize;
    }
    heaps.push({ events, heapMB: bytes / 1e6 });
  }
  return heaps;
}

/** Returns the number of executed slots that the page shows. @param {BarePage} page */
async function executedSlots(page) {
  const text = await page.evaluate(`document.querySelector("#progress").innerText`);
  return toNumber(/([\d,]+) of [\d,]+/.exec(text)?.[1]);
}

/** Returns a figure of the run's result from the page. @param {BarePage} page @param {string} label */
async function sumOf(page, label) {
  const text = await page.evaluate(`document.querySelector("#result").innerText`);
  return toNumber(new RegExp(`^${label}\\s+([\\d,]+)`, "m").exec(text)?.[1]);
}

/** @param {string | undefined} text */
function toNumber(text) {
  return Number(text?.replaceAll(",", ""));
}

/** @param {BarePage} page @param {number} ms @returns {Promise<boolean>} whether the run ended within that time */
async function waitForEnd(page, ms) {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (/Completed|Failed|Stopped/.test(await page.evaluate(`document.querySelector("#phase").textContent`))) return true;
    await wait(250);
  }
  return false;
}

/** @param {number} ms @returns {Promise<void>} */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
