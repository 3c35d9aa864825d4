// @ts-check
// One table with what stands around it: filter, counts, export, the way back to the newest row, and a word where there is no row.
import { h, setText, show, uniqueId } from "../dom.js";
import { formatCount, formatNumber } from "../number-format.js";
import { COLUMNS } from "./columns.js";
import { StreamGrid } from "./stream-grid.js";

/** @typedef {import("../../contract.js").TableName} TableName */
/** @typedef {import("../../contract.js").Snapshot} Snapshot */

/** After the last key, in ms. */
const DEBOUNCE_MS = 200;
/** @type {Record<TableName, { label: string, filterHint: string, isSubscribed: (settings: Snapshot["settings"]) => boolean }>} */
const TEXTS = {
  transactions: {
    label: "Transactions",
    filterHint: "Slot, signature, outcome or program",
    isSubscribed: (settings) => settings?.streams.transactions !== false,
  },
  accountDiffs: {
    label: "Account diffs",
    filterHint: "Slot, account, owner or signature",
    isSubscribed: (settings) => settings?.streams.accountDiffs !== false,
  },
  logs: { label: "Logs", filterHint: "Slot or text", isSubscribed: (settings) => settings?.streams.transactions !== false },
};

/** @param {TableName} name @param {import("../../worker-link.js").WorkerLink} link */
export function createStreamPanel(name, link) {
  const { label, filterHint, isSubscribed } = TEXTS[name];
  let filter = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const grid = new StreamGrid({
    label,
    name,
    columns: /** @type {readonly import("./columns.js").Column<any>[]} */ (COLUMNS[name]),
    look: (window) => link.send({ type: "look", table: name, window }),
    open(row) {
      if (row === undefined) setText(said, "This row was dropped meanwhile, and its detail with it.");
      else link.send({ type: "select", selection: { table: name, id: row.id } });
    },
  });
  const inputId = uniqueId("filter");
  const input = h("input", {
    type: "search",
    id: inputId,
    class: "table-filter",
    placeholder: filterHint,
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(sendFilter, DEBOUNCE_MS);
    },
    onchange: sendFilter,
  });
  const counts = h("p", { class: "table-counts" });
  const said = h("p", { class: "table-said", role: "status" });
  const newRows = h("button", { type: "button", class: "new-rows", onclick: () => follow() });
  const lost = h("p", { class: "table-lost" });
  const emptyText = h("p");
  const clear = h("button", { type: "button", onclick: () => clearFilter() }, "Clear the filter");
  const empty = h("div", { class: "table-empty" }, emptyText, clear);
  const element = h(
    "div",
    { class: "table-panel" },
    h(
      "div",
      { class: "table-bar" },
      h("label", { for: inputId, class: "visually-hidden" }, `Filter ${label.toLowerCase()}`),
      input,
      counts,
      h("div", { class: "table-exports" }, createExport("ndjson", "NDJSON"), createExport("csv", "CSV")),
    ),
    said,
    h("div", { class: "table-frame" }, h("div", { class: "table-notices" }, newRows, lost), grid.element, empty),
  );
  show(newRows, false);
  show(lost, false);

  /** @param {"ndjson" | "csv"} format @param {string} label */
  function createExport(format, label) {
    return h("button", { type: "button", onclick: () => link.send({ type: "export", table: name, format }) }, `Export ${label}`);
  }

  function sendFilter() {
    clearTimeout(timer);
    const text = ungroup(input.value.trim());
    if (text === filter) return;
    filter = text;
    link.send({ type: "filter", table: name, text });
    grid.reset();
  }

  function clearFilter() {
    input.value = "";
    sendFilter();
    input.focus();
  }

  function follow() {
    grid.follow();
    // The button goes away under the focus.
    if (document.activeElement === newRows) grid.focus();
  }

  return {
    element,
    grid,
    /** Of another run, whose tables know of no filter. */
    reset() {
      if (filter !== "") link.send({ type: "filter", table: name, text: filter });
      grid.reset();
      setText(said, "");
    },
    /** @param {string} text */
    say: (text) => setText(said, text),
    /** @param {Snapshot} snapshot */
    paint({ tables, detail, settings }) {
      const state = tables[name];
      grid.paint(state, detail?.table === name ? detail.row.id : undefined);
      const { total, held, dropped } = state;
      setText(counts, `${formatCount(total, "row")}, the newest ${formatNumber(held)} held, ${formatNumber(dropped)} dropped`);
      const standing = grid.standing;
      show(newRows, standing !== undefined);
      if (standing !== undefined)
        setText(newRows, standing.newer === 0 ? "Follow ↑" : `${formatCount(standing.newer, "new row")} ↑`);
      show(lost, standing !== undefined && standing.lost > 0);
      if (standing !== undefined)
        setText(
          lost,
          `${formatCount(standing.lost, "older row")} here ${standing.lost === 1 ? "was" : "were"} dropped meanwhile`,
        );
      const isEmpty = held === 0 && standing === undefined;
      show(empty, isEmpty);
      if (!isEmpty) return;
      setText(emptyText, emptyWord(state.filter, isSubscribed(settings)));
      show(clear, state.filter !== "");
    },
  };

  /** @param {string} filter @param {boolean} isThere */
  function emptyWord(filter, isThere) {
    if (!isThere) return "This run hasn’t subscribed to it. Start another one with the stream switched on.";
    if (filter !== "") return `No row that is held has “${filter}” in it.`;
    return "Nothing yet. Rows come in as soon as the session plays or steps.";
  }
}

/** A slot may be written as the table spells it: `300,000,012`. @param {string} text */
const ungroup = (text) => (/^\d{1,3}(?:,\d{3})+$/.test(text) ? text.replaceAll(",", "") : text);
