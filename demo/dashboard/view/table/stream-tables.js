// @ts-check
// The tables of the three streams, in tabs.

import { setText } from "../dom.js";
import { saveExported } from "../export-buttons.js";
import { formatShort } from "../number-format.js";
import { createStreamPanel } from "./stream-panel.js";
import { createTabs } from "./tabs.js";

/** @typedef {import("../../contract.js").Snapshot} Snapshot */
/** @typedef {import("../../contract.js").TableName} TableName */

/** Minimum time between two repaints of a table that follows the stream, in ms. */
const REPAINT_MS = 100;

/** @param {HTMLElement} root @param {import("../../worker-link.js").WorkerLink} link @param {import("../table-filters.js").TableFilters} filters */
export function createStreamTables(root, link, filters) {
  const panels = {
    transactions: createStreamPanel("transactions", link, filters),
    accountDiffs: createStreamPanel("accountDiffs", link, filters),
    logs: createStreamPanel("logs", link, filters),
  };
  /** @type {readonly { name: TableName, label: string }[]} */
  const names = [
    { name: "transactions", label: "Transactions" },
    { name: "accountDiffs", label: "Account diffs" },
    { name: "logs", label: "Logs" },
  ];
  /** @type {TableName} */
  let shown = "transactions";
  /** @type {Snapshot | undefined} */
  let latest;
  let run = 0;
  let paintedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const tabs = createTabs(
    "Streams",
    names.map(({ name, label }) => ({ name, label, panel: panels[name].element })),
    (name) => {
      shown = name;
      for (const { name: other } of names) panels[other].grid.setShown(false);
      if (root.isConnected) open();
    },
  );
  root.append(tabs.element, ...names.map(({ name }) => panels[name].element));
  open();

  link.on("exported", (message) => panels[message.table].showStatus(saveExported(message)));

  function open() {
    panels[shown].grid.setShown(true);
    if (latest !== undefined) paintNow(latest);
  }

  /** @param {Snapshot} snapshot */
  function paintNow(snapshot) {
    clearTimeout(timer);
    timer = undefined;
    paintedAt = performance.now();
    panels[shown].paint(snapshot);
    for (const [index, { name }] of names.entries()) {
      const count = tabs.counts[index];
      if (count !== undefined) setText(count, formatShort(snapshot.tables[name].total));
    }
  }

  return {
    /** Opens the tab of a table. @param {TableName} name */
    show: (name) => tabs.select(name),
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      latest = snapshot;
      if (snapshot.run !== run) {
        run = snapshot.run;
        for (const { name } of names) panels[name].reset();
        for (const { name } of names) panels[name].grid.setShown(name === shown);
      }
      const wait = paintedAt + REPAINT_MS - performance.now();
      if (wait <= 0 || panels[shown].grid.isWaiting) paintNow(snapshot);
      else timer ??= setTimeout(() => latest && paintNow(latest), wait);
    },
  };
}
