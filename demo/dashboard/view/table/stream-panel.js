// @ts-check
// A table with its filter, counts, export buttons and messages.

import { isUnfiltered } from "../../table-filter.js";
import { h, setText, show, uniqueId } from "../dom.js";
import { formatCount, formatNumber } from "../number-format.js";
import { COLUMNS } from "./columns.js";
import { createFilterBar } from "./filter-bar.js";
import { StreamGrid } from "./stream-grid.js";

/** @typedef {import("../../contract.js").TableName} TableName */
/** @typedef {import("../../contract.js").Snapshot} Snapshot */

/** Time from the last key press until the filter is applied, in ms. */
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

/** @param {TableName} name @param {import("../../worker-link.js").WorkerLink} link @param {import("../table-filters.js").TableFilters} filters */
export function createStreamPanel(name, link, filters) {
  const { label, filterHint, isSubscribed } = TEXTS[name];
  const bar = createFilterBar(name, filters);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const grid = new StreamGrid({
    label,
    name,
    columns: /** @type {readonly import("./columns.js").Column<any>[]} */ (COLUMNS[name]),
    requestRows: (window) => link.send({ type: "setWindow", table: name, window }),
    open(row) {
      if (row === undefined) setText(status, "This row was dropped from memory.");
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
  const status = h("p", { class: "table-status", role: "status" });
  const newRows = h("button", { type: "button", class: "new-rows", onclick: () => follow() });
  const droppedRows = h("p", { class: "table-dropped" });
  const emptyText = h("p");
  const clear = h("button", { type: "button", onclick: () => clearFilter() }, "Clear the filters");
  const empty = h("div", { class: "table-empty" }, emptyText, clear);
  const element = h(
    "div",
    { class: "table-panel" },
    h(
      "div",
      { class: "table-bar" },
      h("label", { for: inputId, class: "visually-hidden" }, `Filter ${label.toLowerCase()}`),
      input,
      bar.element,
      counts,
      h("div", { class: "table-exports" }, createExport("ndjson", "NDJSON"), createExport("csv", "CSV")),
    ),
    status,
    h("div", { class: "table-frame" }, h("div", { class: "table-notices" }, newRows, droppedRows), grid.element, empty),
  );
  show(newRows, false);
  show(droppedRows, false);

  /** @param {"ndjson" | "csv"} format @param {string} label */
  function createExport(format, label) {
    return h("button", { type: "button", onclick: () => link.send({ type: "export", table: name, format }) }, `Export ${label}`);
  }

  function sendFilter() {
    clearTimeout(timer);
    const text = ungroup(input.value.trim());
    if (text.toLowerCase() !== filters.of(name).text) filters.setText(name, text);
  }

  function clearFilter() {
    input.value = "";
    filters.clear(name);
    input.focus();
  }

  filters.onChange((changed) => changed.includes(name) && grid.reset());

  function follow() {
    grid.follow();
    // The focused button is hidden now, so the focus moves to the grid.
    if (document.activeElement === newRows) grid.focus();
  }

  return {
    element,
    grid,
    /** Discards the rows of the previous run. */
    reset() {
      grid.reset();
      setText(status, "");
    },
    /** @param {string} text */
    showStatus: (text) => setText(status, text),
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      const { tables, detail, settings } = snapshot;
      const state = tables[name];
      bar.paint(snapshot);
      grid.paint(state, detail?.table === name ? { id: detail.row.id, index: detail.index } : undefined);
      const { total, available, dropped } = state;
      setText(counts, `${formatCount(total, "row")}, ${formatNumber(available)} in memory, ${formatNumber(dropped)} dropped`);
      const changes = grid.sinceAnchor;
      show(newRows, changes !== undefined);
      show(droppedRows, changes !== undefined && changes.dropped > 0);
      if (changes !== undefined) {
        setText(newRows, changes.newer === 0 ? "Follow ↑" : `${formatCount(changes.newer, "new row")} ↑`);
        setText(droppedRows, `${formatCount(changes.dropped, "older row")} dropped`);
      }
      const isEmpty = available === 0 && changes === undefined;
      show(empty, isEmpty);
      if (!isEmpty) return;
      setText(emptyText, describeEmpty(state, isSubscribed(settings)));
      show(clear, !isUnfiltered(state.filter));
    },
  };

  /** @param {import("../../contract.js").TableState} state @param {boolean} isPresent */
  function describeEmpty({ filter, isSearching }, isPresent) {
    if (!isPresent) return "This run has no such subscription. Enable it under Options, and start another run.";
    if (isSearching) return "Searching…";
    if (!isUnfiltered(filter)) return filter.text === "" ? "No row matches the filters." : `No row matches “${filter.text}”.`;
    return "No rows yet. They arrive when the run plays or steps.";
  }
}

/** Removes the commas from a slot in the format of the table, such as `300,000,012`. Returns other texts unchanged. @param {string} text */
const ungroup = (text) => (/^\d{1,3}(?:,\d{3})+$/.test(text) ? text.replaceAll(",", "") : text);
