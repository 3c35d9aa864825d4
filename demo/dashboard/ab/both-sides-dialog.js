// @ts-check
// Both sides of a transaction that differs, side by side. `explain` is loaded when the dialog is opened for the first time.
import { h, setText, uniqueId } from "../view/dom.js";
import { createCopyButton } from "../view/feedback-button.js";
import { formatCount, formatNumber, shorten } from "../view/number-format.js";
import { programName } from "../view/program-names.js";
import { formatAmount, formatChange } from "./amount-format.js";
import { firstDifferentLine } from "./compared-runs.js";
import { kindLabel, kindTone } from "./comparison-lists.js";
import { createStackedTable } from "./stacked-table.js";

/** @typedef {import("../../../dist/browser-compare.js").TransactionDifference} TransactionDifference */
/** @typedef {import("../../../dist/browser-compare.js").RecordedOutcome} RecordedOutcome */
/** @typedef {import("../../../dist/browser-explain.js").ExplainedTransaction} ExplainedTransaction */
/** @typedef {import("../../../dist/browser-explain.js").ExplainedInstruction} ExplainedInstruction */
/** @typedef {import("./ab-contract.js").ComparedRuns} ComparedRuns */

/** @param {{ open: (index: number) => void }} handlers `open` requests both sides of another row */
export function createBothSidesDialog({ open }) {
  /** @type {ComparedRuns | undefined} */
  let comparison;
  let shown = 0;
  const titleId = uniqueId("both-sides");
  const title = h("h2", { id: titleId, tabindex: -1 });
  // On a phone, the style sheet hides the words, and the buttons show only arrows.
  const word = (/** @type {string} */ text) => h("span", { class: "step-word" }, text);
  const previous = h("button", { type: "button", onclick: () => open(shown - 1) }, "← ", word("Previous"));
  const next = h("button", { type: "button", onclick: () => open(shown + 1) }, word("Next"), " →");
  const close = h(
    "button",
    { type: "button", class: "quiet both-sides-close", "aria-label": "Close", onclick: () => dialog.close() },
    "✕",
  );
  const content = h("div", { class: "both-sides-content", tabindex: 0, role: "group", "aria-label": "Both sides" });
  const dialog = h("dialog", { class: "ab both-sides", "aria-labelledby": titleId });
  dialog.append(h("div", { class: "both-sides-head" }, title, previous, next, close), content);

  return {
    element: dialog,
    /** @param {ComparedRuns} latest */
    setComparison(latest) {
      comparison = latest;
    },
    /** @param {number} index @param {TransactionDifference} difference */
    async show(index, difference) {
      if (comparison === undefined) return;
      shown = index;
      const { rows } = comparison;
      setText(title, `Difference ${formatNumber(index + 1)} of ${formatNumber(rows.length)}`);
      previous.disabled = index === 0;
      next.disabled = index === rows.length - 1;
      content.replaceChildren(...(await contents(difference, comparison)));
      content.scrollTop = 0;
      if (!dialog.open) dialog.showModal();
      // A button loses the focus when it is disabled, so the focus moves to the title.
      if (!dialog.contains(document.activeElement)) title.focus({ preventScroll: true });
    },
  };
}

/** @param {TransactionDifference} difference @param {ComparedRuns} comparison @returns {Promise<Node[]>} */
async function contents(difference, { a: runA, b: runB, isRated }) {
  const { signature, slot, kinds, a, b, balances } = difference;
  const { explainTransaction } = await import("../../../dist/browser-explain.js");
  const explain = (/** @type {RecordedOutcome | undefined} */ side) =>
    side?.transaction === undefined ? undefined : explainTransaction(side.transaction);
  const labels = kinds.map((kind) => {
    const tone = kindTone(kind, isRated);
    return h("span", { class: "kind", ...(tone && { "data-tone": tone }) }, kindLabel(kind, isRated));
  });
  const line = firstDifferentLine(a?.logs ?? [], b?.logs ?? []);
  const columns = h(
    "div",
    { class: "sides" },
    toColumn("A", runA.name, a, explain(a), line, b),
    toColumn("B", runB.name, b, explain(b), line, a),
  );
  const head = h(
    "p",
    { class: "both-sides-id" },
    h("code", {}, signature),
    createCopyButton(signature, "signature"),
    h("span", {}, `slot ${formatNumber(slot)}`),
    ...labels,
  );
  const outcomes = outcomeList([
    ["A", a, explain(a)],
    ["B", b, explain(b)],
  ]);
  return balances.length === 0 ? [head, outcomes, columns] : [head, outcomes, balanceTable(balances), columns];
}

/**
 * Lists the outcomes of both runs at the top of the dialog. Only phones show this list.
 *
 * @param {[name: string, side: RecordedOutcome | undefined, explained: ExplainedTransaction | undefined][]} sides
 */
function outcomeList(sides) {
  const items = sides.map(([name, side, explained]) => {
    const text = side === undefined ? h("span", {}, "not in this run") : outcomeText(side, explained, "span");
    return h("li", {}, h("strong", {}, name), " ", text);
  });
  return h("ul", { class: "both-outcomes" }, ...items);
}

/** @param {RecordedOutcome} side @param {ExplainedTransaction | undefined} explained @param {"p" | "span"} tag */
function outcomeText({ err, failure }, explained, tag) {
  if (err === null) return h(tag, { "data-tone": "good" }, "✓ Succeeded");
  const reason = explained?.error?.text ?? failure?.reason ?? JSON.stringify(err);
  return h(tag, { class: "side-failure", "data-tone": "bad" }, `✗ Failed: ${reason}`);
}

/** @param {TransactionDifference["balances"]} balances */
function balanceTable(balances) {
  const heads = ["Balance after the transaction", "A", "B", "Difference"];
  const rows = balances.map(({ account, mint, owner, decimals, a, b }) => {
    const unit = { isToken: mint !== undefined, decimals };
    const what = mint === undefined ? "SOL" : `token ${shorten(mint)}`;
    const of = owner === undefined ? "" : ` of ${shorten(owner)}`;
    const amount = (/** @type {bigint | undefined} */ value) => (value === undefined ? "none" : formatAmount(value, unit));
    const cells = [amount(a), amount(b), formatChange((b ?? 0n) - (a ?? 0n), unit)];
    return h(
      "tr",
      {},
      h("th", { scope: "row", title: account }, `${shorten(account, 6)}${of}, ${what}`),
      ...cells.map((cell) => h("td", { class: "run-number" }, cell)),
    );
  });
  return createStackedTable("Balances that differ", heads, rows);
}

/**
 * @param {"A" | "B"} name
 * @param {string} runName
 * @param {RecordedOutcome | undefined} side
 * @param {ExplainedTransaction | undefined} explained
 * @param {number} line index of the first log line that differs
 * @param {RecordedOutcome | undefined} other
 */
function toColumn(name, runName, side, explained, line, other) {
  const column = h("section", { class: "side", "aria-label": `Side ${name}` }, h("h3", {}, `${name}: ${runName}`));
  if (side === undefined) {
    column.append(h("p", { class: "muted" }, "This run does not have the transaction."));
    return column;
  }
  const { fee, computeUnits, logs = [], index } = side;
  column.append(outcomeText(side, explained, "p"));
  if (explained?.error?.detail !== undefined) column.append(h("p", { class: "muted" }, explained.error.detail));
  column.append(
    facts([
      ["Slot", formatNumber(side.slot), other && formatNumber(other.slot)],
      ["Index in slot", index === undefined ? undefined : formatNumber(index), other?.index?.toString()],
      [
        "Fee",
        fee === undefined ? undefined : `${formatNumber(fee)} lamports`,
        other?.fee && `${formatNumber(other.fee)} lamports`,
      ],
      [
        "Compute units",
        computeUnits === undefined ? undefined : formatNumber(computeUnits),
        other?.computeUnits?.toLocaleString("en-US"),
      ],
    ]),
  );
  if (explained !== undefined && explained.instructions.length > 0) {
    column.append(h("h4", {}, "Instructions"), instructionList(explained.instructions));
  }
  if (explained !== undefined) column.append(...changeLists(explained));
  column.append(h("h4", {}, "Logs"), logList(logs, line));
  return column;
}

/** Lists names and values, and marks the values that differ from the other side. @param {[name: string, value: string | undefined, other: unknown][]} entries */
function facts(entries) {
  const list = h("dl", { class: "facts" });
  for (const [name, value, other] of entries) {
    if (value === undefined) continue;
    const differs = other !== undefined && other !== value;
    list.append(h("dt", {}, name), h("dd", {}, differs ? h("strong", {}, `≠ ${value}`) : value));
  }
  return list;
}

/** @param {readonly ExplainedInstruction[]} instructions @returns {HTMLElement} */
function instructionList(instructions) {
  const items = instructions.map(({ program, name, outcome, computeUnits, inner }) => {
    const mark = outcome === "failed" ? "✗ " : "";
    const units = computeUnits === undefined ? "" : `, ${formatCount(computeUnits.consumed, "compute unit")}`;
    const text = `${mark}${program.name ?? programName(program.address)}: ${name ?? "unknown instruction"}${units}`;
    const item = h("li", {}, h("span", { ...(outcome === "failed" && { "data-tone": "bad" }) }, text));
    if (inner.length > 0) item.append(instructionList(inner));
    return item;
  });
  return h("ol", { class: "instructions" }, ...items);
}

/** @param {ExplainedTransaction} explained @returns {HTMLElement[]} */
function changeLists({ solChanges, tokenChanges }) {
  const sol = solChanges.map(({ address, change }) => `${shorten(address, 6)}: ${formatChange(change, { isToken: false })}`);
  const tokens = tokenChanges.map(
    ({ address, owner, mint, decimals, change }) =>
      `${shorten(address, 6)}${owner === undefined ? "" : ` of ${shorten(owner)}`}: ${formatChange(change, { isToken: true, decimals })} of token ${shorten(mint)}`,
  );
  const all = [...sol, ...tokens];
  if (all.length === 0) return [];
  return [h("h4", {}, "Balance changes"), h("ul", { class: "side-changes" }, ...all.map((text) => h("li", {}, text)))];
}

/** @param {readonly string[]} logs @param {number} line */
function logList(logs, line) {
  if (logs.length === 0) return h("p", { class: "muted" }, "No logs.");
  return h(
    "ol",
    { class: "log-lines" },
    ...logs.map((text, index) =>
      index === line
        ? h("li", { class: "is-marked" }, text, h("span", { class: "visually-hidden" }, " (first line that differs)"))
        : h("li", {}, text),
    ),
  );
}
