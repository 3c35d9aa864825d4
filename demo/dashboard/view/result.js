// @ts-check
// Result of a run, optionally compared with an earlier run.
import { compare, isSameLedger, METRICS, serverTransactions } from "./comparison.js";
import { h, show, uniqueId } from "./dom.js";
import { formatClock, formatCount, formatDuration, formatNumber, formatRate } from "./number-format.js";
import { storedResults } from "./stored-results.js";
import { formatSigned } from "./table/columns.js";

/** @typedef {import("../contract.js").RunResult} RunResult */
/** @typedef {import("./comparison.js").Compared} Compared */

const OUTCOMES = { completed: "Run completed", ended: "Run stopped", failed: "Run failed" };
const VERDICTS = { same: "= same", better: "▲ better", worse: "▼ worse", different: "≠ different" };
/** @type {Record<Compared["verdict"], string | undefined>} */
const TONES = { same: undefined, better: "good", worse: "bad", different: undefined };

/** @param {HTMLElement} root */
export function createResult(root) {
  const results = storedResults(() => localStorage);
  /** @type {RunResult | undefined} */
  let shown;
  /** @type {number | undefined} */
  let comparedTo;

  const title = h("h2");
  const about = h("p", { class: "muted" });
  const selectId = uniqueId("earlier");
  const select = h("select", { id: selectId, onchange: () => choose(select.value === "" ? undefined : Number(select.value)) });
  const remove = h("button", { type: "button", onclick: forget }, "Delete");
  const bar = h("div", { class: "result-bar" }, h("label", { for: selectId }, "Compare with"), select, remove);
  const notStored = h("p", { class: "muted" }, "Browser storage is unavailable. This result is lost when the page is reloaded.");
  const otherLedger = h(
    "p",
    { class: "muted", "data-tone": "warn" },
    "≠ The runs differ in their ledger, slots or programs, so their differences are not rated.",
  );
  const table = h("table", { class: "result-table" });
  const server = h("div", { class: "server-summary" });
  root.append(title, about, bar, notStored, otherLedger, h("div", { class: "result-parts" }, table, server));
  show(root, false);

  /** @param {number | undefined} endedAt */
  function choose(endedAt) {
    comparedTo = endedAt;
    if (shown !== undefined) paintTable(shown);
  }

  function forget() {
    if (comparedTo === undefined) return;
    results.remove(comparedTo);
    comparedTo = undefined;
    if (shown !== undefined) paintResult(shown);
    select.focus();
  }

  /** @param {RunResult} result */
  function paintResult(result) {
    title.textContent = OUTCOMES[result.outcome];
    about.textContent = describe(result);
    const earlier = results.list().filter(({ endedAt }) => endedAt !== result.endedAt);
    select.replaceChildren(
      h("option", { value: "" }, earlier.length === 0 ? "No earlier runs" : "Choose a run"),
      ...earlier.map((other) => h("option", { value: other.endedAt }, `${formatDay(other.endedAt)} · ${describe(other)}`)),
    );
    select.disabled = earlier.length === 0;
    select.value = comparedTo === undefined ? "" : `${comparedTo}`;
    server.replaceChildren(...(result.server === undefined ? [] : serverContents(result, result.server)));
    paintTable(result);
  }

  /** @param {RunResult} result */
  function paintTable(result) {
    const earlier = results.list().find(({ endedAt }) => endedAt === comparedTo);
    show(remove, earlier !== undefined);
    show(otherLedger, earlier !== undefined && !isSameLedger(result, earlier));
    table.classList.toggle("is-compared", earlier !== undefined);
    const heads = earlier === undefined ? ["Metric", "This run"] : ["Metric", "This run", "Earlier", "Difference"];
    const rows =
      earlier === undefined
        ? METRICS.map((metric) => toRow(metric.label, formatIn(metric.of(result), metric.unit)))
        : compare(result, earlier).map(toComparedRow);
    table.replaceChildren(
      h(
        "caption",
        { class: "visually-hidden" },
        earlier === undefined ? "Totals of this run" : `This run compared with ${formatDay(earlier.endedAt)}`,
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
      show(notStored, !results.add(result));
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
  const text = verdict === "same" ? "" : `${formatSignedIn(difference, unit)}${share} `;
  const row = toRow(label, formatIn(now, unit), formatIn(before, unit));
  row.append(h("td", {}, text, word));
  return row;
}

/** @param {number | bigint} value @param {import("./comparison.js").Unit} unit */
function formatIn(value, unit) {
  if (unit === "ms") return formatDuration(Number(value));
  if (unit === "rate") return formatRate(Number(value));
  return unit === "lamports" ? `${formatNumber(value)} lamports` : formatNumber(value);
}

/** @param {number | bigint} value @param {import("./comparison.js").Unit} unit */
function formatSignedIn(value, unit) {
  if (unit === "count" || unit === "lamports") return formatSigned(value);
  return `${value > 0 ? "+" : "−"}${formatIn(Math.abs(Number(value)), unit)}`;
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
  const counts = `The server counted ${formatCount(total, "transaction")}, this page received ${formatNumber(result.transactions)} (${formatSigned(difference)}).`;
  const why =
    difference < 0 ? " The server counts all transactions of the range, the page only those of subscribed programs." : "";
  const verdict =
    difference === 0
      ? h("p", { "data-tone": "good" }, "✓ Matches the transactions received by this page.")
      : h("p", { "data-tone": "warn" }, `≠ ${counts}${why}`);
  /** @type {readonly (readonly [string, number])[]} */
  const rows = [
    ["Same outcome as on chain", server.correctSimulation],
    ["Different outcome", server.incorrectSimulation],
    ["Not executable", server.executionErrors],
    ["Different balances", server.balanceDiff],
    ["Different logs", server.logDiff],
    ["Not sanitizable", server.unsanitizable ?? 0],
  ];
  return [
    h("h3", {}, "Server summary"),
    verdict,
    h("table", { class: "result-table" }, h("tbody", {}, ...rows.map(([label, value]) => toRow(label, formatNumber(value))))),
  ];
}
