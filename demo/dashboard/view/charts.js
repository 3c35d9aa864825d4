// @ts-check
import { createChart, readColors } from "./chart.js";
import { agoMarks, around, fromZero, shortMarks, slotMarks, solMarks, stack, toBars, WHOLE_STEPS } from "./chart-scales.js";
import { h, uniqueId } from "./dom.js";
import { formatNumber, formatRate, formatSol, shorten } from "./number-format.js";

/** @typedef {import("../contract.js").Charts} Charts */
/** @typedef {import("../contract.js").Snapshot} Snapshot */

/** Minimum time between two updates of the account list, in ms. */
const CHOICE_PACE_MS = 1000;

/** @param {HTMLElement} root @param {import("../worker-link.js").WorkerLink} link */
export function createCharts(root, link) {
  let slotsPerBar = 1;
  /** @type {[number, number] | undefined} */
  let slotRange;
  let accountsKey = "";
  /** @type {Snapshot | undefined} */
  let latest;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {string | undefined} */
  let charted;

  /** @param {number} slot */
  const slotPosition = (slot) => {
    const first = formatNumber(slot);
    return slotsPerBar === 1 ? `Slot ${first}` : `Mean of slots ${first} to ${formatNumber(slot + slotsPerBar - 1)}`;
  };
  /** @param {number | null | undefined} mean */
  const formatMean = (mean) => (Number.isInteger(mean) ? formatNumber(mean ?? 0) : formatRate(mean ?? 0));
  const overSlots = { xMarks: slotMarks, xSteps: WHOLE_STEPS, xRange: () => slotRange, syncKey: "slots" };
  const emptyText = "No data yet. The chart starts with the first slot.";

  const transactions = createChart({
    ...overSlots,
    name: "transactions",
    title: "Transactions per slot",
    series: [
      { label: "failed", color: "two", style: "bars" },
      { label: "succeeded", color: "one", style: "bars" },
    ],
    // The chart is stacked, so the series at the back is the sum of both.
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
  const selectId = uniqueId("account");
  const select = h("select", {
    id: selectId,
    class: "chart-account",
    onchange: () => link.send({ type: "chartAccount", account: select.value === "" ? undefined : select.value }),
  });
  const lamports = createChart(
    {
      ...overSlots,
      name: "lamports",
      title: "Account balance",
      series: [{ label: "balance", color: "four", style: "steps" }],
      describe: (index, [x, y]) => ({
        position: `Slot ${formatNumber(x[index] ?? 0)}`,
        values: [formatSol(BigInt(Math.round(y?.[index] ?? 0)))],
      }),
      emptyText: "Choose an account to chart its balance.",
      yMarks: solMarks,
      yRange: around,
    },
    h("label", { for: selectId, class: "visually-hidden" }, "Account"),
    select,
  );
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
  const charts = [transactions, computeUnits, lamports, rate];
  root.append(h("div", { class: "charts" }, ...charts.map(({ element }) => element)));

  readColors();
  const themes = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  for (const theme of themes) theme.addEventListener("change", recolor);
  new MutationObserver(recolor).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  function recolor() {
    readColors();
    for (const { redraw } of charts) redraw();
  }

  /** The charts that must be drawn, one per frame, because all four together take longer than a frame. @type {Map<ReturnType<typeof createChart>, import("uplot").AlignedData>} */
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

  /** @param {Snapshot} snapshot */
  function offer({ accounts, chartedAccount }) {
    const options = accounts.map(({ address, changes }) => ({
      address,
      label: `${shorten(address, 6)} · ${formatNumber(changes)} changes`,
    }));
    if (chartedAccount !== undefined && !accounts.some(({ address }) => address === chartedAccount))
      options.unshift({ address: chartedAccount, label: shorten(chartedAccount, 6) });
    select.replaceChildren(
      h("option", { value: "" }, accounts.length === 0 ? "No changes yet" : "Choose an account"),
      ...options.map(({ address, label }) => h("option", { value: address }, label)),
    );
    select.value = chartedAccount ?? "";
  }

  return {
    /** @param {Charts} next */
    draw({ slots, lamports: balance, rate: pace }) {
      const bars = toBars(slots);
      slotsPerBar = bars.slotsPerBar;
      const first = bars.x[0];
      slotRange = first === undefined ? undefined : [first, (bars.x.at(-1) ?? first) + slotsPerBar];
      plan(transactions, [bars.x, stack(bars.succeeded, bars.failed), bars.succeeded]);
      plan(computeUnits, [bars.x, bars.computeUnits]);
      plan(lamports, [balance.x, balance.y]);
      plan(rate, [pace.x, pace.y]);
    },
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      latest = snapshot;
      if (snapshot.chartedAccount !== charted || accountsKey === "") offerNow();
      else timer ??= setTimeout(offerNow, CHOICE_PACE_MS);
    },
  };

  function offerNow() {
    clearTimeout(timer);
    timer = undefined;
    if (latest === undefined) return;
    // Do not change the list while the user has it open.
    if (latest.chartedAccount === charted && document.activeElement === select) return;
    const key = `${latest.chartedAccount} ${latest.accounts.map(({ address, changes }) => `${address}${changes}`).join(" ")}`;
    if (key === accountsKey) return;
    accountsKey = key;
    charted = latest.chartedAccount;
    offer(latest);
  }
}
