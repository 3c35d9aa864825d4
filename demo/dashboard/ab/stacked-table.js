// @ts-check
import { h } from "../view/dom.js";

/**
 * A table that fits on a phone. A phone shows each row as a block, with one line per cell. Each line starts with the column name.
 *
 * @param {string} caption also the accessible name
 * @param {readonly string[]} heads
 * @param {readonly HTMLElement[]} rows `tr` elements
 * @param {{ isCaptionShown?: boolean }} [options]
 */
export function createStackedTable(caption, heads, rows, { isCaptionShown = false } = {}) {
  // With `display: block`, table elements lose their implicit roles, so the code sets explicit roles.
  for (const row of rows) {
    row.setAttribute("role", "row");
    for (const [index, cell] of [...row.children].entries()) {
      cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
      cell.setAttribute("data-label", heads[index] ?? "");
    }
  }
  const headRow = h("tr", { role: "row" }, ...heads.map((head) => h("th", { scope: "col", role: "columnheader" }, head)));
  const table = h(
    "table",
    { class: "runs-table stacked-table", role: "table" },
    h("caption", isCaptionShown ? {} : { class: "visually-hidden" }, caption),
    h("thead", { role: "rowgroup" }, headRow),
    h("tbody", { role: "rowgroup" }, ...rows),
  );
  return h("div", { class: "runs-scroll", tabindex: 0, role: "group", "aria-label": caption }, table);
}
