// @ts-check
// Details of one row: in a column to the right of the page, or over the page on a narrow screen. The contents are loaded when the
// first detail is opened.

import { h, setAttribute, show, uniqueId } from "./dom.js";
import { createFeedbackButton } from "./feedback-button.js";

/** @typedef {import("../contract.js").Detail} Detail */
/** @typedef {import("../contract.js").Explained} Explained */
/** @typedef {import("../contract.js").FacetKind} FacetKind */
/** @typedef {{ table: import("../contract.js").TableName, id: number }} Selection */
/**
 * @typedef {object} DetailContext
 * @property {(kind: FacetKind, value: string) => void} filterTransactions shows the transactions with a facet in the table
 * @property {(account: string) => void} chartAccount
 * @property {import("./transaction-link.js").TransactionLink} transactionLink
 */

const TITLES = { transactions: "Transaction", accountDiffs: "Account diff", logs: "Log line" };
/** The detail covers the page in windows up to this width. Must match detail.css. */
const COVERS = "(max-width: 60rem)";

/** @param {HTMLElement} root @param {import("../worker-link.js").WorkerLink} link @param {DetailContext} context */
export function createDetail(root, link, { filterTransactions, chartAccount, transactionLink }) {
  /** Identifies the painted row. */
  let key = "";
  let run = 0;
  /** The row that was open when the user closed the detail. An older snapshot must not reopen this row. */
  let closedKey = "";
  /** The rows to which the button Back returns. @type {Selection[]} */
  let trail = [];
  /** @type {Selection | undefined} */
  let current;
  /** @type {Detail | undefined} */
  let latest;
  /** @type {Explained | undefined} */
  let explained;
  /** Whether the user pressed an arrow button to open the next row. If true, the focus stays on the arrow button. */
  let isStepping = false;
  /** @type {Element | null} */
  let returnTo = null;
  /** @type {HTMLElement[]} */
  let covered = [];

  const titleId = uniqueId("detail-title");
  const title = h("h2", { id: titleId, tabindex: -1 });
  const back = h("button", { type: "button", onclick: goBack }, "← Back");
  const newer = stepButton("↑", "Previous row, newer", "newer");
  const older = stepButton("↓", "Next row, older", "older");
  const copyLink = createFeedbackButton("Copy link", undefined, () => transactionLink.copy());
  const close = h(
    "button",
    { type: "button", class: "quiet detail-close", "aria-label": "Close the detail", onclick: closeDetail },
    "✕",
  );
  const gone = h("p", { class: "table-dropped" }, "The table has dropped this row. The detail stays until you close it.");
  const content = h("div", { class: "detail-content" });
  root.classList.add("detail");
  root.setAttribute("aria-labelledby", titleId);
  root.append(
    h("div", { class: "detail-head" }, back, title, copyLink, h("div", { class: "joined" }, newer, older), close),
    gone,
    content,
  );
  show(root, false);

  link.on("explained", ({ explained: received }) => {
    explained = received;
    if (current !== undefined && isOf(received, current)) void fill();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || root.hidden) return;
    const { target } = event;
    // If a dialog, list or search field has the focus, Escape acts on this element and does not close the detail.
    if (target instanceof Element && target.closest("dialog, select") !== null) return;
    if (target instanceof HTMLInputElement && target.value !== "") return;
    event.preventDefault();
    closeDetail();
  });
  const covers = matchMedia(COVERS);
  covers.addEventListener("change", coverPage);

  /** @type {import("./detail/detail-contents.js").DetailActions} */
  const actions = {
    goTo,
    goToTransaction(signature) {
      if (current !== undefined) trail.push(current);
      current = undefined;
      link.send({ type: "selectTransaction", signature });
    },
    showAccount: (address) => filter("account", address),
    showSigner: (address) => filter("signer", address),
    showProgram: (address) => filter("program", address),
    chart: (address) => chartAccount(address),
  };

  /** @param {FacetKind} kind @param {string} value */
  function filter(kind, value) {
    filterTransactions(kind, value);
    // On a narrow screen, an open detail would cover the filtered table.
    if (covers.matches) closeDetail();
  }

  /** @param {string} text @param {string} label @param {"newer" | "older"} direction */
  function stepButton(text, label, direction) {
    return h("button", { type: "button", "aria-label": label, title: label, onclick: () => step(direction) }, text);
  }

  /** @param {"newer" | "older"} direction */
  function step(direction) {
    const id = latest?.[direction];
    if (id === undefined || current === undefined || root.hidden) return;
    isStepping = true;
    trail = [];
    link.send({ type: "select", selection: { table: current.table, id } });
  }

  function closeDetail() {
    const hadFocus = root.contains(document.activeElement) || document.activeElement === document.body;
    closedKey = key;
    link.send({ type: "select", selection: undefined });
    transactionLink.noteClosed();
    hide();
    if (hadFocus && returnTo instanceof HTMLElement && returnTo.isConnected) returnTo.focus();
  }

  function hide() {
    key = "";
    trail = [];
    current = undefined;
    latest = undefined;
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
    // If `goTo` or `goBack` opens a detail, `current` is undefined here. In all other cases, clears the history of the button Back.
    if (current !== undefined) trail = [];
    current = { table: detail.table, id: detail.row.id };
    if (!isFromHere) returnTo = document.activeElement;
    title.textContent = TITLES[detail.table];
    show(root, true);
    show(back, trail.length > 0);
    show(copyLink, detail.table === "transactions");
    if (detail.table === "transactions") transactionLink.noteOpened(detail.row.signature);
    else transactionLink.noteClosed();
    void fill();
    content.scrollTop = 0;
    coverPage();
    if (!isStepping || !isFromHere) title.focus({ preventScroll: true });
    isStepping = false;
  }

  /** Shows the latest detail, with its explanation if the explanation has arrived. */
  async function fill() {
    const { detailContents } = await import("./detail/detail-contents.js");
    if (latest === undefined || current === undefined) return;
    const own = explained !== undefined && isOf(explained, current) ? explained : undefined;
    content.replaceChildren(...detailContents(latest, own, actions, content.clientWidth));
  }

  return {
    /** Opens the previous or the next row of the table. */
    stepNewer: () => step("newer"),
    stepOlder: () => step("older"),
    /** @param {import("../contract.js").Snapshot} snapshot */
    paint({ detail, run: newRun }) {
      if (newRun !== run) {
        run = newRun;
        closedKey = "";
        explained = undefined;
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
      latest = detail;
      setAttribute(newer, "aria-disabled", detail.newer === undefined ? "true" : undefined);
      setAttribute(older, "aria-disabled", detail.older === undefined ? "true" : undefined);
      if (newKey === key) return;
      key = newKey;
      open(detail);
    },
  };
}

/** @param {Explained} explained @param {Selection} selection */
const isOf = ({ table, id }, selection) => table === selection.table && id === selection.id;
