// @ts-check
// Details of one row: in a column to the right of the page, or over the page on a narrow screen.

import { address, balanceTable, factList, lamportText, logList, outcome, section } from "./detail-parts.js";
import { h, show, uniqueId } from "./dom.js";
import { createFeedbackButton } from "./feedback-button.js";
import { createHexDumpView } from "./hex-dump-view.js";
import { formatNumber, shorten } from "./number-format.js";
import { programName } from "./program-names.js";
import { differenceOf, formatSigned } from "./table/columns.js";

/** @typedef {import("../contract.js").Detail} Detail */
/** @typedef {{ table: import("../contract.js").TableName, id: number }} Selection */

const TITLES = { transactions: "Transaction", accountDiffs: "Account diff", logs: "Log line" };
/** Below this width the detail covers the page. Must match detail.css. */
const COVERS = "(max-width: 60rem)";

/** @param {HTMLElement} root @param {import("../worker-link.js").WorkerLink} link */
export function createDetail(root, link) {
  /** Identifies the painted row. */
  let key = "";
  let run = 0;
  /** The row that the user closed. It is ignored, because snapshots already in transit still contain its detail. */
  let closedKey = "";
  /** Rows to return to with Back. @type {Selection[]} */
  let trail = [];
  /** @type {Selection | undefined} */
  let current;
  /** @type {Element | null} */
  let returnTo = null;
  /** @type {HTMLElement[]} */
  let covered = [];

  const titleId = uniqueId("detail-title");
  const title = h("h2", { id: titleId, tabindex: -1 });
  const back = h("button", { type: "button", onclick: goBack }, "← Back");
  const close = h(
    "button",
    { type: "button", class: "quiet detail-close", "aria-label": "Close the detail", onclick: closeDetail },
    "✕",
  );
  const gone = h("p", { class: "table-dropped" }, "The table has dropped this row. The detail stays until you close it.");
  const content = h("div", { class: "detail-content" });
  root.classList.add("detail");
  root.setAttribute("aria-labelledby", titleId);
  root.append(h("div", { class: "detail-head" }, back, title, close), gone, content);
  show(root, false);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || root.hidden) return;
    const { target } = event;
    // If a dialog, list or search field has the focus, Escape closes or clears it instead of closing the detail.
    if (target instanceof Element && target.closest("dialog, select") !== null) return;
    if (target instanceof HTMLInputElement && target.value !== "") return;
    event.preventDefault();
    closeDetail();
  });
  const covers = matchMedia(COVERS);
  covers.addEventListener("change", coverPage);

  function closeDetail() {
    const hadFocus = root.contains(document.activeElement) || document.activeElement === document.body;
    closedKey = key;
    link.send({ type: "select", selection: undefined });
    hide();
    if (hadFocus && returnTo instanceof HTMLElement && returnTo.isConnected) returnTo.focus();
  }

  function hide() {
    key = "";
    trail = [];
    current = undefined;
    show(root, false);
    coverPage();
  }

  /** Makes the covered page inert. */
  function coverPage() {
    for (const element of covered) element.inert = false;
    covered = [];
    if (root.hidden || !covers.matches) return;
    for (let at = root; at !== document.body && at.parentElement !== null; at = at.parentElement) {
      for (const other of at.parentElement.children) {
        if (other === at || !(other instanceof HTMLElement) || other.inert || other instanceof HTMLScriptElement) continue;
        other.inert = true;
        covered.push(other);
      }
    }
  }

  function goBack() {
    const selection = trail.pop();
    if (selection === undefined) return;
    current = undefined;
    link.send({ type: "select", selection });
  }

  /** @param {Selection} selection */
  function goTo(selection) {
    if (current !== undefined) trail.push(current);
    current = undefined;
    link.send({ type: "select", selection });
  }

  /** @param {Detail} detail */
  function open(detail) {
    const isFromHere = root.contains(document.activeElement);
    // The row was chosen in the table, not in the detail, so there is no row to go back to.
    if (current !== undefined) trail = [];
    current = { table: detail.table, id: detail.row.id };
    if (!isFromHere) returnTo = document.activeElement;
    title.textContent = TITLES[detail.table];
    show(root, true);
    show(back, trail.length > 0);
    content.replaceChildren(...contentsOf(detail));
    content.scrollTop = 0;
    coverPage();
    title.focus({ preventScroll: true });
  }

  /** @param {Detail} detail @returns {Node[]} */
  function contentsOf(detail) {
    if (detail.table === "transactions") return transactionContents(detail);
    if (detail.table === "accountDiffs") return diffContents(detail);
    const { slot, signature, subRange } = detail.row;
    return [
      factList([
        ["Signature", address(signature, "signature")],
        ["Slot", formatNumber(slot)],
        ["Sub-range", subRangeText(subRange)],
      ]),
      section("All logs of the transaction", logList(detail.logs, detail.row.text)),
    ];
  }

  /** @param {Extract<Detail, { table: "transactions" }>} detail */
  function transactionContents({ row, blockTime, version, balances, logs, diffs }) {
    const links = diffs.map((diff) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "link", onclick: () => goTo({ table: "accountDiffs", id: diff.id }) },
          `${shorten(diff.account, 8)} · ${formatSigned(differenceOf(diff))} lamports · ${formatNumber(diff.changedBytes)} bytes changed`,
        ),
      ),
    );
    return [
      factList([
        ["Signature", address(row.signature, "signature")],
        ["Outcome", outcome(row.error)],
        ["Slot", formatNumber(row.slot)],
        ["Index in slot", row.index === undefined ? undefined : formatNumber(row.index)],
        ["Sub-range", subRangeText(row.subRange)],
        ["Block time", blockTime === undefined ? undefined : formatTime(blockTime)],
        ["Version", version],
        ["Fee", row.fee === undefined ? undefined : lamportText(row.fee)],
        ["Compute units", row.computeUnits === undefined ? undefined : formatNumber(row.computeUnits)],
      ]),
      section(
        "Programs",
        h(
          "ul",
          { class: "programs" },
          ...row.programs.map((program) => h("li", {}, programName(program), address(program, "address"))),
        ),
      ),
      section("Lamports", balanceTable(balances)),
      section("Account diffs", diffs.length === 0 ? h("p", {}, "None in memory.") : h("ul", { class: "links" }, ...links)),
      section("Logs", logList(logs)),
    ];
  }

  /** @param {Extract<Detail, { table: "accountDiffs" }>} detail */
  function diffContents(detail) {
    const { row } = detail;
    const chart = createFeedbackButton("Chart this account", undefined, () => {
      link.send({ type: "chartAccount", account: row.account });
      return "✓ Added to the chart";
    });
    const difference = differenceOf(row);
    return [
      factList([
        ["Account", address(row.account, "account")],
        ["Owner", row.owner === undefined ? undefined : address(row.owner, "owner")],
        ["Signature", row.signature === undefined ? undefined : address(row.signature, "signature")],
        ["Slot", formatNumber(row.slot)],
        ["Sub-range", subRangeText(row.subRange)],
        ["Lamports before", row.before === undefined ? "did not exist" : lamportText(row.before)],
        ["Lamports after", row.after === undefined ? "closed" : lamportText(row.after)],
        ["Difference", `${formatSigned(difference)} lamports`],
        ["Bytes before", row.bytesBefore === undefined ? undefined : formatNumber(row.bytesBefore)],
        ["Bytes after", row.bytesAfter === undefined ? undefined : formatNumber(row.bytesAfter)],
      ]),
      h("p", {}, chart),
      section("Data", createHexDumpView(detail, content.clientWidth)),
    ];
  }

  return {
    /** @param {import("../contract.js").Snapshot} snapshot */
    paint({ detail, run: newRun }) {
      if (newRun !== run) {
        run = newRun;
        closedKey = "";
        hide();
      }
      if (detail === undefined) {
        closedKey = "";
        show(gone, key !== "");
        return;
      }
      const newKey = `${detail.table} ${detail.row.id}`;
      if (newKey === closedKey) return;
      show(gone, false);
      if (newKey === key) return;
      key = newKey;
      open(detail);
    },
  };
}

/** ISO 8601, or the number of seconds if the date is out of range. @param {bigint} seconds since 1970 */
function formatTime(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${formatNumber(seconds)} s since 1970` : date.toISOString().replace(".000", "");
}

/** @param {number | undefined} subRange */
const subRangeText = (subRange) => (subRange === undefined ? undefined : `${subRange + 1}`);
