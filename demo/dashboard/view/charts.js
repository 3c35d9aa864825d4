// @ts-check

import { createBalanceChart } from "./balance-chart.js";
import { createChart, readColors } from "./chart.js";
import { agoMarks, fromZero, shortMarks, slotMarks, stack, toBars, WHOLE_STEPS } from "./chart-scales.js";
import { h, setText, show } from "./dom.js";
import { formatNumber, formatRate } from "./number-format.js";

/** @typedef {import("../contract.js").Charts} Charts */
/** @typedef {import("../contract.js").Snapshot} Snapshot */

/** @param {HTMLElement} root @param {import("../worker-link.js").WorkerLink} link @param {import("./table-filters.js").TableFilters} filters */
export function createCharts(root, link, filters) {
  let slotsPerBar = 1;
  /** @type {[number, number] | undefined} */
  let slotRange;
  /** @type {Charts | undefined} */
  let latest;

  /** @param {number} slot */
  const slotPosition = (slot) => {
    const first = formatNumber(slot);
    // If the user has selected slots, the last bar may contain fewer slots than the other bars.
    const last = Math.min(slot + slotsPerBar, xRange()?.[1] ?? Number.POSITIVE_INFINITY) - 1;
    return last <= slot ? `Slot ${first}` : `Mean of slots ${first} to ${formatNumber(last)}`;
  };
  /** @param {number | null | undefined} mean */
  const formatMean = (mean) => (Number.isInteger(mean) ? formatNumber(mean ?? 0) : formatRate(mean ?? 0));
  /** The selected slots, or all slots. */
  const xRange = () => {
    const { slots } = filters;
    return slots === undefined ? slotRange : /** @type {[number, number]} */ ([Number(slots.first), Number(slots.last) + 1]);
  };
  /** @param {[from: number, to: number] | undefined} range of a drag */
  const select = (range) => {
    if (range === undefined) return filters.setSlots(undefined);
    const [first, last] = range.map((slot) => BigInt(Math.max(0, Math.floor(slot))));
    if (first !== undefined && last !== undefined) filters.setSlots({ first, last });
  };
  const overSlots = { xMarks: slotMarks, xSteps: WHOLE_STEPS, xRange, syncKey: "slots", select };
  const emptyText = "No data yet. The chart starts with the first slot.";

  const transactions = createChart({
    ...overSlots,
    name: "transactions",
    title: "Transactions per slot",
    series: [
      { label: "failed", color: "two", style: "bars" },
      { label: "succeeded", color: "one", style: "bars" },
    ],
    // The chart is stacked, so the first series contains the sum of both values.
    describe: (index, [x, sum, succeeded]) => {
      const good = succeeded?.[index] ?? 0;
      return { position: slotPosition(x[index] ?? 0), values: [formatMean((sum?.[index] ?? 0) - good), formatMean(good)] };
    },
    emptyText,
    yMarks: shortMarks,
    yRange: (_, most) => fromZero(most),
  });
  const computeUnits = createChart({
    ...overSlots,
    name: "compute-units",
    title: "Compute units per slot",
    series: [{ label: "compute units", color: "three", style: "bars" }],
    describe: (index, [x, y]) => ({ position: slotPosition(x[index] ?? 0), values: [formatMean(y?.[index])] }),
    emptyText,
    yMarks: shortMarks,
    yRange: (_, most) => fromZero(most),
  });
  const balances = createBalanceChart(overSlots, link);
  const rate = createChart({
    name: "rate",
    title: "Notifications per second",
    series: [{ label: "per second", color: "one", style: "area" }],
    describe: (index, [x, y]) => ({
      position: agoMarks([x[index] ?? 0], x.at(-1) ?? 0)[0] ?? "",
      values: [formatNumber(y?.[index] ?? 0)],
    }),
    emptyText: "No data yet. The chart starts with the first notification.",
    xMarks: (marks, [x]) => agoMarks(marks, x.at(-1) ?? 0),
    xSteps: [15, 30, 60],
    yMarks: shortMarks,
    yRange: (_, most) => fromZero(most),
  });
  const charts = [transactions, computeUnits, balances.chart, rate];
  const zoomText = h("span", {});
  const zoom = h(
    "p",
    { class: "zoom", role: "status" },
    zoomText,
    h("button", { type: "button", onclick: () => filters.setSlots(undefined) }, "Show all slots"),
  );
  show(zoom, false);
  root.append(h("div", { class: "charts" }, ...charts.map(({ element }) => element)), zoom);

  filters.onChange(() => {
    const { slots } = filters;
    show(zoom, slots !== undefined);
    if (slots !== undefined)
      setText(zoomText, `Charts and tables show slots ${formatNumber(slots.first)} to ${formatNumber(slots.last)}.`);
    if (latest !== undefined) draw(latest);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || filters.slots === undefined) return;
    const { target } = event;
    if (target instanceof Element && target.closest("dialog, select, [open].menu") !== null) return;
    if (target instanceof HTMLInputElement && target.value !== "") return;
    event.preventDefault();
    filters.setSlots(undefined);
  });

  readColors();
  const themes = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  for (const theme of themes) theme.addEventListener("change", recolor);
  new MutationObserver(recolor).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  function recolor() {
    readColors();
    for (const { redraw } of charts) redraw();
  }

  /**
   * The charts that must be drawn. One chart is drawn per animation frame, because drawing all charts takes longer than one frame.
   *
   * @type {Map<ReturnType<typeof createChart>, import("uplot").AlignedData>}
   */
  const due = new Map();

  /** @param {ReturnType<typeof createChart>} chart @param {import("uplot").AlignedData} data */
  function plan(chart, data) {
    if (due.size === 0) requestAnimationFrame(drawNext);
    due.set(chart, data);
  }

  function drawNext() {
    const next = due.entries().next().value;
    if (next === undefined) return;
    const [chart, data] = next;
    due.delete(chart);
    chart.draw(data);
    if (due.size > 0) requestAnimationFrame(drawNext);
  }

  /** @param {Charts} next */
  function draw({ slots, balances: charted, rate: pace }) {
    const all = toBars(slots);
    const first = all.x[0];
    slotRange = first === undefined ? undefined : [first, (all.x.at(-1) ?? first) + all.slotsPerBar];
    const [from, to] = xRange() ?? [];
    const isZoomed = filters.slots !== undefined && from !== undefined && to !== undefined;
    const bars = isZoomed ? toBars(slots, [from, to - 1]) : all;
    slotsPerBar = bars.slotsPerBar;
    plan(transactions, [bars.x, stack(bars.succeeded, bars.failed), bars.succeeded]);
    plan(computeUnits, [bars.x, bars.computeUnits]);
    plan(balances.chart, balances.columns(charted));
    plan(rate, [pace.x, pace.y]);
  }

  return {
    /** @param {Charts} next */
    draw(next) {
      latest = next;
      draw(next);
    },
    /** @param {Snapshot} snapshot */
    paint: (snapshot) => balances.paint(snapshot),
    /** Adds an account to the chart of balances. @param {string} account */
    chartAccount: (account) => balances.add(account),
  };
}
