// @ts-check
import { h, show } from "../view/dom.js";
import { formatCount, formatNumber, shorten } from "../view/number-format.js";
import { programName } from "../view/program-names.js";
import { formatAmount, formatChange } from "./amount-format.js";
import { createStackedTable } from "./stacked-table.js";

/** @typedef {import("./ab-contract.js").ComparedRuns} ComparedRuns */
/** @typedef {import("./ab-contract.js").DifferenceRow} DifferenceRow */
/** @typedef {import("../../../dist/browser-compare.js").DifferenceKind} DifferenceKind */

/** Number of rows that a list shows until the user asks for more. */
const MAX_ROWS = 50;

/** @type {readonly DifferenceKind[]} */
const KINDS = ["regression", "improvement", "error", "balance", "log", "computeUnits", "fee", "order", "missing", "extra"];
const LABELS = {
  regression: "Fails only in B",
  improvement: "Fails only in A",
  error: "Other error",
  balance: "Balances",
  log: "Logs",
  computeUnits: "Compute units",
  fee: "Fee",
  order: "Order",
  missing: "Only in A",
  extra: "Only in B",
};
/** The kinds of differences that are rated. All other kinds are neither better nor worse. */
const RATED = { regression: "▼ Worse", improvement: "▲ Better" };

/** @param {DifferenceKind} kind @param {boolean} isRated */
export function kindLabel(kind, isRated) {
  return isRated && (kind === "regression" || kind === "improvement") ? RATED[kind] : LABELS[kind];
}

/** @param {DifferenceKind} kind @param {boolean} isRated @returns {"good" | "bad" | undefined} */
export function kindTone(kind, isRated) {
  if (!isRated) return undefined;
  return kind === "regression" ? "bad" : kind === "improvement" ? "good" : undefined;
}

/**
 * The comparison of two runs: sentences about what became worse, and lists of the transactions and balances that differ.
 *
 * @param {{ open: (index: number) => void, exportRun: (id: number) => void, exportReport: () => void }} handlers
 */
export function createComparisonLists({ open, exportRun, exportReport }) {
  /** @type {ComparedRuns | undefined} */
  let shown;
  const title = h("h3", { tabindex: -1 });
  const verdict = h("p", { class: "ab-verdict" });
  const warnings = h("ul", { class: "ab-warnings" });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Kinds of differences" });
  const transactions = h("div", { class: "ab-list" });
  const balances = h("div", { class: "ab-list" });
  const exports = /** @type {const} */ (["a", "b"]).map((side) => {
    const act = () => void (shown && exportRun(shown[side].id));
    return h("button", { type: "button", onclick: act }, `Export ${side.toUpperCase()}`);
  });
  const report = h("button", { type: "button", onclick: exportReport }, "Export report");
  const element = h("section", { class: "ab-comparison", "aria-label": "Comparison" });
  element.append(
    h("div", { class: "ab-comparison-head" }, title, ...exports, report),
    verdict,
    warnings,
    chips,
    transactions,
    balances,
  );
  show(element, false);

  /** @param {ComparedRuns} comparison @param {DifferenceKind | undefined} kind */
  function paintChips(comparison, kind) {
    const { counts, different, isRated } = comparison;
    const present = KINDS.filter((one) => counts[one] > 0);
    const chip = (/** @type {DifferenceKind | undefined} */ one, /** @type {string} */ text) =>
      h("button", { type: "button", class: "chip", "aria-pressed": String(one === kind), onclick: () => choose(one) }, text);
    /** @param {DifferenceKind | undefined} one */
    const choose = (one) => {
      paintChips(comparison, one);
      paintTransactions(comparison, one, MAX_ROWS);
      /** @type {HTMLElement | null} */ (chips.querySelector("[aria-pressed=true]"))?.focus();
    };
    chips.replaceChildren(
      chip(undefined, `All ${formatNumber(different)}`),
      ...present.map((one) => chip(one, `${kindLabel(one, isRated)} ${formatNumber(counts[one])}`)),
    );
    show(chips, present.length > 1);
  }

  /** @param {ComparedRuns} comparison @param {DifferenceKind | undefined} kind @param {number} most */
  function paintTransactions(comparison, kind, most) {
    const { rows, counts, different, isRated } = comparison;
    const matching = kind === undefined ? rows : rows.filter((row) => row.kind === kind);
    const total = kind === undefined ? different : counts[kind];
    const heads = ["Slot", "Transaction", "Difference", "What changed"];
    const table = createStackedTable(
      "Transactions that differ",
      heads,
      matching.slice(0, most).map((row) => transactionRow(row, isRated, open)),
    );
    /** @type {HTMLElement[]} */
    const parts = [h("h4", {}, `Transactions that differ: ${formatNumber(different)}`), table];
    if (matching.length > most) {
      const all = () => paintTransactions(comparison, kind, Number.MAX_SAFE_INTEGER);
      parts.push(h("button", { type: "button", onclick: all }, `Show all ${formatNumber(matching.length)}`));
    } else if (matching.length < total) {
      parts.push(h("p", { class: "muted" }, `The first ${formatNumber(matching.length)} of ${formatNumber(total)} are listed.`));
    }
    transactions.replaceChildren(...(different === 0 ? [] : parts));
  }

  /** @param {ComparedRuns} comparison @param {number} most */
  function paintBalances(comparison, most) {
    const { balances: rows, pnl, pnlOmitted } = comparison;
    if (rows.length === 0 && pnl.length === 0) return balances.replaceChildren();
    /** @type {HTMLElement[]} */
    const parts = [h("h4", {}, "Balances that differ")];
    if (pnl.length > 0) {
      const heads = ["Account", "Token", "Change in A", "Change in B", "Difference"];
      parts.push(
        createStackedTable(
          "Balance changes over the whole run, by account",
          heads,
          pnl.slice(0, most).map((row) => balanceCells(row, row.a, row.b, row.change)),
          { isCaptionShown: true },
        ),
      );
      const omitted = Math.max(0, pnl.length - most) + pnlOmitted;
      if (omitted > 0) parts.push(h("p", { class: "muted" }, `${formatCount(omitted, "more account")} differ.`));
    }
    if (rows.length > 0) {
      const heads = ["Account", "Token", "After it in A", "After it in B", "Difference", "Transaction"];
      const toRow = (/** @type {import("./ab-contract.js").BalanceRow} */ row) => {
        const cells = balanceCells(row, row.a, row.b, (row.b ?? 0n) - (row.a ?? 0n));
        const button = h(
          "button",
          { type: "button", class: "link", onclick: () => open(row.index) },
          `slot ${formatNumber(row.slot)}`,
        );
        cells.append(h("td", {}, button));
        return cells;
      };
      parts.push(
        createStackedTable("Balances after single transactions", heads, rows.slice(0, most).map(toRow), { isCaptionShown: true }),
      );
      if (rows.length > most) {
        const all = () => paintBalances(comparison, Number.MAX_SAFE_INTEGER);
        parts.push(h("button", { type: "button", onclick: all }, `Show all ${formatNumber(rows.length)}`));
      }
    }
    return balances.replaceChildren(...parts);
  }

  return {
    element,
    hide: () => show(element, false),
    /** @param {ComparedRuns} comparison */
    paint(comparison) {
      const { a, b, warnings: lines } = comparison;
      shown = comparison;
      title.textContent = `Comparison: A is ${a.name}, B is ${b.name}`;
      verdict.replaceChildren(...sentences(comparison));
      warnings.replaceChildren(...lines.map((line) => h("li", { "data-tone": "warn" }, `⚠ ${line}`)));
      show(warnings, lines.length > 0);
      paintChips(comparison, undefined);
      paintTransactions(comparison, undefined, MAX_ROWS);
      paintBalances(comparison, MAX_ROWS);
      show(element, true);
      title.focus({ preventScroll: true });
      element.scrollIntoView({ block: "nearest" });
    },
  };
}

/** Describes the result of the comparison in sentences. @param {ComparedRuns} comparison @returns {(Node | string)[]} */
function sentences({ counts, different, same, isRated }) {
  const equal = `${formatCount(same, "transaction")} ${same === 1 ? "is" : "are"} equal.`;
  if (different === 0) return [h("strong", { "data-tone": "good" }, "✓ No transaction differs."), ` ${equal}`];
  const { regression, improvement } = counts;
  const parts = [];
  if (regression > 0) {
    const text = isRated
      ? `▼ ${formatCount(regression, "transaction")} became worse: succeeded in A, failed in B.`
      : `${formatCount(regression, "transaction")} succeeded in A and failed in B.`;
    parts.push(h("strong", isRated ? { "data-tone": "bad" } : {}, text), " ");
  } else if (isRated) parts.push(h("strong", { "data-tone": "good" }, "✓ Nothing became worse."), " ");
  if (improvement > 0) {
    const count = formatCount(improvement, "transaction");
    parts.push(isRated ? `▲ ${count} became better: failed in A, succeeded in B. ` : `${count} failed in A and succeeded in B. `);
  }
  const others = different - regression - improvement;
  if (others > 0) parts.push(`${formatCount(others, "other transaction")} ${others === 1 ? "differs" : "differ"}. `);
  parts.push(equal);
  if (!isRated) parts.push(" The runs are not rated, because their ranges or ledgers differ.");
  return parts;
}

/** @param {DifferenceRow} row @param {boolean} isRated @param {(index: number) => void} open */
function transactionRow({ index, slot, signature, kind, kinds, note }, isRated, open) {
  const tone = kindTone(kind, isRated);
  const label = h("span", { class: "kind", ...(tone && { "data-tone": tone }) }, kindLabel(kind, isRated));
  const others = kinds.filter((one) => one !== kind).map((one) => LABELS[one].toLowerCase());
  const more = others.length === 0 ? [] : [h("span", { class: "muted" }, ` also ${others.join(", ")}`)];
  const button = h(
    "button",
    { type: "button", class: "link", "aria-label": `${shorten(signature, 8)}, show both sides`, onclick: () => open(index) },
    shorten(signature, 8),
  );
  return h(
    "tr",
    {},
    h("td", { class: "run-number" }, formatNumber(slot)),
    h("td", {}, button),
    h("td", {}, label, ...more),
    h("td", { class: "ab-note" }, note),
  );
}

/**
 * @param {{ account: string, mint?: string, owner?: string, decimals?: number }} balance
 * @param {bigint | undefined} a
 * @param {bigint | undefined} b
 * @param {bigint} change
 */
function balanceCells({ account, mint, owner, decimals }, a, b, change) {
  const of = owner === undefined ? [] : [h("span", { class: "muted" }, ` of ${shorten(owner)}`)];
  const unit = mint === undefined ? "SOL" : `token ${shorten(mint)}`;
  const amount = { isToken: mint !== undefined, decimals };
  const number = (/** @type {string} */ text) => h("td", { class: "run-number" }, text);
  return h(
    "tr",
    {},
    h("td", {}, h("code", { title: account }, programNameOr(account)), ...of),
    h("td", { ...(mint !== undefined && { title: mint }) }, unit),
    number(a === undefined ? "none" : formatAmount(a, amount)),
    number(b === undefined ? "none" : formatAmount(b, amount)),
    number(formatChange(change, amount)),
  );
}

/** @param {string} account */
function programNameOr(account) {
  const name = programName(account);
  return name === shorten(account) ? shorten(account, 6) : name;
}
