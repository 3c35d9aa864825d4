// @ts-check
// `npm run bench:dashboard`: measures the main thread and the heap of the dashboard while it receives notifications.
//   --rate N     notifications a second (default 20,000)
//   --events N   total (default 600,000, which takes half a minute); 10,000,000 take eight minutes and show whether the heap grows
import { parseArgs } from "node:util";
import { ensureBuilt } from "../../scripts/build.mjs";
import { heapSlope, measureDashboard } from "./dashboard-measurement.mjs";

/** The limits of the measurement. At most 1 % of the tasks may take `longTaskMs` or longer. */
const BUDGET = { medianMs: 8, longTaskMs: 50, longTaskShare: 0.01, heapMB: 300 };

const { values } = parseArgs({
  options: { rate: { type: "string", default: "20000" }, events: { type: "string", default: "600000" } },
});
const rate = Number(values.rate);

if (!(await ensureBuilt())) process.exit(1);
const {
  events,
  counted,
  seconds,
  heaps,
  work = {},
} = await measureDashboard({
  rate,
  events: Number(values.events),
  isTraced: true,
});
console.log(
  `${rate.toLocaleString("en")} notifications a second, ${events.toLocaleString("en")} in all, shown in ${seconds.toFixed(0)} s`,
);
print("arrived, each once", counted, counted === events ? "all" : `of ${events}: NOT ALL`);
for (const [by, { medianMs, p95Ms, longestMs, tasks, longTasks, busy, frames }] of Object.entries(work)) {
  print(
    `main-thread work a frame, by the ${by}`,
    `${medianMs.toFixed(2)} ms`,
    `median; ${verdict(medianMs, BUDGET.medianMs, "ms")}`,
  );
  print("  95th percentile", `${p95Ms.toFixed(2)} ms`, `${(busy * 100).toFixed(0)} % busy over ${frames} frames`);
  const share = longTasks / Math.max(1, tasks);
  print(
    `  tasks of ${BUDGET.longTaskMs} ms or more`,
    longTasks,
    `of ${tasks}; ${verdict(share, BUDGET.longTaskShare, "of all")}`,
  );
  print("  longest task", `${longestMs.toFixed(1)} ms`, "");
}
const top = Math.max(...heaps.map(({ heapMB }) => heapMB));
print("heap of page and worker, top", `${top.toFixed(0)} MB`, verdict(top, BUDGET.heapMB, "MB"));
print("  slope, after the first quarter", `${heapSlope(heaps).toFixed(3)} MB`, `a million events, over ${heaps.length} samples`);

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
