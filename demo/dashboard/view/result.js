// @ts-check
// What came of a run, in sums, and beside an earlier one.
import { compare, METRICS, serverTransactions } from "./comparison.js";
import { h, show, uniqueId } from "./dom.js";
import { formatClock, formatCount, formatDuration, formatNumber, formatRate } from "./number-format.js";
import { storedResults } from "./stored-results.js";
import { formatSigned } from "./table/columns.js";

/** @typedef {import("../contract.js").RunResult} RunResult */
/** @typedef {import("./comparison.js").Compared} Compared */

const OUTCOMES = { completed: "The run has completed", ended: "The run was stopped", failed: "The run has failed" };
const VERDICTS = { same: "= same", better: "▲ better", worse: "▼ worse", different: "≠ different" };
/** @type {Record<Compared["verdict"], string | undefined>} */
const TONES = { same: undefined, better: "good", worse: "bad", different: undefined };

/** @param {HTMLElement} root */
export function createResult(root) {
  const kept = storedResults(() => localStorage);
  /** @type {RunResult | undefined} */
  let shown;
  /** @type {number | undefined} */
  let comparedTo;

  const title = h("h2");
  const about = h("p", { class: "muted" });
  const selectId = uniqueId("earlier");
  const select = h("select", { id: selectId, onchange: () => choose(select.value === "" ? undefined : Number(select.value)) });
  const remove = h("button", { type: "button", onclick: forget }, "Delete it");
  const bar = h("div", { class: "result-bar" }, h("label", { for: selectId }, "Compare with"), select, remove);
  const noStore = h("p", { class: "muted" }, "The browser keeps nothing for this page: after a reload this result is gone.");
  const table = h("table", { class: "result-table" });
  const server = h("div", { class: "server-summary" });
  root.append(title, about, bar, noStore, h("div", { class: "result-parts" }, table, server));
  show(root, false);

  /** @param {number | undefined} endedAt */
  function choose(endedAt) {
    comparedTo = endedAt;
    if (shown !== undefined) paintTable(shown);
  }

  function forget() {
    if (comparedTo === undefined) return;
    kept.remove(comparedTo);
    comparedTo = undefined;
    if (shown !== undefined) paintResult(shown);
    select.focus();
  }

  /** @param {RunResult} result */
  function paintResult(result) {
    title.textContent = OUTCOMES[result.outcome];
    about.textContent = describe(result);
    const earlier = kept.list().filter(({ endedAt }) => endedAt !== result.endedAt);
    select.replaceChildren(
      h("option", { value: "" }, earlier.length === 0 ? "No earlier run is kept" : "No other run"),
      ...earlier.map((other) => h("option", { value: other.endedAt }, `${formatDay(other.endedAt)} · ${describe(other)}`)),
    );
    select.disabled = earlier.length === 0;
    select.value = comparedTo === undefined ? "" : `${comparedTo}`;
    server.replaceChildren(...(result.server === undefined ? [] : serverContents(result, result.server)));
    paintTable(result);
  }

  /** @param {RunResult} result */
  function paintTable(result) {
    const earlier = kept.list().find(({ endedAt }) => endedAt === comparedTo);
    show(remove, earlier !== undefined);
    table.classList.toggle("is-compared", earlier !== undefined);
    const heads = earlier === undefined ? ["Metric", "This run"] : ["Metric", "This run", "Earlier", "Difference"];
    const rows =
      earlier === undefined
        ? METRICS.map((metric) => toRow(metric.label, spell(metric.of(result), metric.unit)))
        : compare(result, earlier).map(toComparedRow);
    table.replaceChildren(
      h(
        "caption",
        { class: "visually-hidden" },
        earlier === undefined ? "Sums of this run" : `This run beside that of ${formatDay(earlier.endedAt)}`,
      ),
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows),
    );
  }

  return {
    /** @param {import("../contract.js").Snapshot} snapshot */
    paint({ result }) {
      if (result?.endedAt === shown?.endedAt) return;
      shown = result;
      show(root, result !== undefined);
      if (result === undefined) return;
      comparedTo = undefined;
      show(noStore, !kept.add(result));
      paintResult(result);
    },
  };
}

/** @param {string} label @param {...(string | Node)} cells */
const toRow = (label, ...cells) => h("tr", {}, h("th", { scope: "row" }, label), ...cells.map((cell) => h("td", {}, cell)));

/** @param {Compared} compared */
function toComparedRow({ metric: { label, unit }, now, before, difference, percent, verdict }) {
  const word = h("span", { class: "verdict", ...(TONES[verdict] && { "data-tone": TONES[verdict] }) }, VERDICTS[verdict]);
  const share =
    percent === undefined || difference === 0 || difference === 0n
      ? ""
      : ` (${percent > 0 ? "+" : "−"}${formatRate(Math.abs(percent))}\u00a0%)`;
  const text = verdict === "same" ? "" : `${spellSigned(difference, unit)}${share} `;
  const row = toRow(label, spell(now, unit), spell(before, unit));
  row.append(h("td", {}, text, word));
  return row;
}

/** @param {number | bigint} value @param {import("./comparison.js").Unit} unit */
function spell(value, unit) {
  if (unit === "ms") return formatDuration(Number(value));
  if (unit === "rate") return formatRate(Number(value));
  return unit === "lamports" ? `${formatNumber(value)} lamports` : formatNumber(value);
}

/** @param {number | bigint} value @param {import("./comparison.js").Unit} unit */
function spellSigned(value, unit) {
  if (unit === "count" || unit === "lamports") return formatSigned(value);
  return `${value > 0 ? "+" : "−"}${spell(Math.abs(Number(value)), unit)}`;
}

/** @param {RunResult} result */
function describe({ sourceLabel, startSlot, endSlot, programs, outcome }) {
  const range = `slots ${formatNumber(startSlot)} to ${formatNumber(endSlot)}`;
  return `${sourceLabel}, ${range}, ${formatCount(programs.length, "program")}${outcome === "completed" ? "" : `, ${outcome}`}`;
}

/** @param {number} at ms since 1970 */
const formatDay = (at) => `${new Date(at).toISOString().slice(0, 10)} ${formatClock(at)}`;

/** @param {RunResult} result @param {NonNullable<RunResult["server"]>} server */
function serverContents(result, server) {
  const total = serverTransactions(server);
  const difference = result.transactions - total;
  const counts = `The server counts ${formatCount(total, "transaction")}, this page has received ${formatNumber(result.transactions)} (${formatSigned(difference)}).`;
  const why = difference < 0 ? " It counts all of the range, the page those of the programs that it watches." : "";
  const verdict =
    difference === 0
      ? h("p", { "data-tone": "good" }, "✓ As many transactions as this page has received.")
      : h("p", { "data-tone": "warn" }, `≠ ${counts}${why}`);
  /** @type {readonly (readonly [string, number])[]} */
  const rows = [
    ["As the chain recorded", server.correctSimulation],
    ["Another outcome", server.incorrectSimulation],
    ["Not executable", server.executionErrors],
    ["Other balances", server.balanceDiff],
    ["Other logs", server.logDiff],
    ["Unreadable", server.unsanitizable ?? 0],
  ];
  return [
    h("h3", {}, "The server’s own count"),
    verdict,
    h("table", { class: "result-table" }, h("tbody", {}, ...rows.map(([label, value]) => toRow(label, formatNumber(value))))),
  ];
}
