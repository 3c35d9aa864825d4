// @ts-check
// A virtual table: only visible rows are in the document, and their elements are reused. The element of the active row (the one
// with the focus, or the tab stop) is never reused for another row.
import { h, setAttribute, show } from "../dom.js";
import { rowForKey, sinceAnchor, windowOf } from "./virtual-window.js";

/** @typedef {import("../../contract.js").TableState} TableState */
/** @typedef {import("../../contract.js").TableWindow} TableWindow */
/** @typedef {TableState["rows"][number]} Row */
/** @typedef {{ element: HTMLElement, cells: { element: HTMLElement, text: Text }[], position: number, row: Row | undefined }} Line */

/** Number of rows that the grid caches, so that scrolling back does not flicker. */
const CACHED_ROWS = 400;
/** Row height in CSS pixels, used until the style sheet is loaded. */
const ROW_HEIGHT = 30;

export class StreamGrid {
  element;
  #body = h("div", { class: "grid-body", role: "rowgroup" });
  #columns;
  #requestRows;
  #open;
  /** @type {TableState | undefined} */
  #state;
  /** The numbers of rows at the last paint. `total`: all matching rows so far. `available`: the matching rows in memory. */
  #painted = { total: 0, available: 0 };
  /** @type {import("./virtual-window.js").Anchor | undefined} */
  #anchor;
  /** Rows by position, newest first. @type {Map<number, Row>} */
  #rows = new Map();
  /** @type {Map<number, Line>} */
  #lines = new Map();
  /** @type {Line[]} */
  #spare = [];
  /** @type {TableWindow | undefined} */
  #requested;
  #requestedAt = 0;
  #active = 0;
  /** @type {number | undefined} */
  #selectedId;
  #rowHeight = ROW_HEIGHT;
  #height = 0;
  #isShown = false;
  /** Whether the next scroll event is the result of `#scrollTo`, not of the user. */
  #isOwnScroll = false;

  /**
   * @param {object} options
   * @param {string} options.label
   * @param {string} options.name suffix of the CSS class
   * @param {readonly import("./columns.js").Column<Row>[]} options.columns
   * @param {(window: TableWindow) => void} options.requestRows called with the visible window
   * @param {(row: Row | undefined) => void} options.open called with the row, or with `undefined` if it was dropped
   */
  constructor({ label, name, columns, requestRows, open }) {
    this.#columns = columns;
    this.#requestRows = requestRows;
    this.#open = open;
    const heads = columns.map((column) => h("span", { role: "columnheader", class: `cell cell-${column.name}` }, column.label));
    const head = h(
      "div",
      { class: "grid-head", role: "rowgroup" },
      h("div", { class: "grid-row", role: "row", "aria-rowindex": 1 }, ...heads),
    );
    this.element = h(
      "div",
      { class: `grid grid-${name}`, role: "grid", "aria-label": label, "aria-readonly": "true", "aria-rowcount": 1 },
      head,
      this.#body,
    );
    this.element.addEventListener("scroll", () => this.#handleScroll(), { passive: true });
    this.#body.addEventListener("keydown", (event) => this.#handleKey(event));
    // The rows must not move between pointerdown and click, or another row would be opened.
    this.#body.addEventListener("pointerdown", () => this.#setAnchor());
    this.#body.addEventListener("click", (event) => this.#handleClick(event));
    this.#body.addEventListener("focusin", (event) => this.#handleFocus(event));
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  /** Counts the new and the dropped rows since the anchor was set. `undefined` if the table follows the newest row. */
  get sinceAnchor() {
    return this.#anchor && this.#state && sinceAnchor(this.#anchor, this.#state);
  }

  /** Whether the worker has not yet sent the requested rows. */
  get isWaiting() {
    if (this.#requested === undefined || this.#state === undefined) return false;
    return !isSameWindow(this.#requested, this.#state.window);
  }

  /** @param {TableState} state @param {{ id: number, index: number | undefined } | undefined} selected */
  paint(state, selected) {
    const isNew = selected !== undefined && selected.id !== this.#selectedId;
    this.#state = state;
    this.#selectedId = selected?.id;
    this.#render();
    if (isNew && selected.index !== undefined) this.#reveal(selected.index);
  }

  /** Shows or hides the table. The worker sends no rows for a hidden table. @param {boolean} isShown */
  setShown(isShown) {
    this.#isShown = isShown;
    if (isShown) this.#measure();
    else this.#requestWindow({ first: 0, count: 0, asOf: undefined });
  }

  /** Scrolls to the newest row, and follows the stream. */
  follow() {
    const hadFocus = this.#body.contains(document.activeElement);
    this.#anchor = undefined;
    this.#rows.clear();
    this.#active = 0;
    this.#scrollTo(0);
    this.#render();
    if (hadFocus) this.focus();
  }

  /** Discards the rows, because the run or the filter has changed. */
  reset() {
    this.#requested = undefined;
    this.follow();
  }

  focus() {
    this.#lines.get(this.#active)?.element.focus({ preventScroll: true });
  }

  /** Activates a row, and scrolls to the row if it is not visible. @param {number} index among all matching rows, from 0 for the oldest */
  #reveal(index) {
    this.#setAnchor();
    const position = (this.#anchor?.asOf ?? 0) - 1 - index;
    if (position < 0 || position >= this.#rowCount()) return;
    this.#activate(position);
    const top = position * this.#rowHeight;
    const { scrollTop } = this.element;
    if (top < scrollTop || top + this.#rowHeight > scrollTop + this.#height) this.#scrollTo(Math.max(0, top - this.#height / 2));
    this.#render();
  }

  #setAnchor() {
    if (this.#anchor !== undefined) return;
    this.#anchor = { asOf: this.#painted.total, rowCount: this.#painted.available };
    this.#render();
  }

  #handleScroll() {
    const { scrollTop } = this.element;
    if (this.#isOwnScroll) this.#isOwnScroll = false;
    else if (scrollTop > 2) this.#setAnchor();
    else if (this.#anchor !== undefined && this.#active === 0) this.follow();
    else if (this.#anchor !== undefined && !this.#body.contains(document.activeElement)) this.follow();
    this.#render();
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#openAt(this.#active);
      return;
    }
    const page = Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
    const to = rowForKey(event.key, this.#active, this.#rowCount(), page);
    if (to === undefined) return;
    event.preventDefault();
    this.#setAnchor();
    this.#activate(to);
    const top = to * this.#rowHeight;
    if (top < this.element.scrollTop) this.#scrollTo(top);
    else if (top + this.#rowHeight > this.element.scrollTop + this.#height) this.#scrollTo(top + this.#rowHeight - this.#height);
    this.#render();
    this.focus();
  }

  /** @param {MouseEvent} event */
  #handleClick(event) {
    const line = this.#lineOf(event.target);
    if (line === undefined) return;
    this.#activate(line.position);
    line.element.focus({ preventScroll: true });
    this.#openAt(line.position);
  }

  /** @param {FocusEvent} event */
  #handleFocus(event) {
    const line = this.#lineOf(event.target);
    if (line !== undefined) this.#activate(line.position);
  }

  /** @param {EventTarget | null} target */
  #lineOf(target) {
    for (const line of this.#lines.values()) if (line.element.contains(/** @type {Node} */ (target))) return line;
    return undefined;
  }

  /** @param {number} position */
  #openAt(position) {
    const line = this.#lines.get(position);
    if (line === undefined) return;
    this.#setAnchor();
    const isDropped = line.element.dataset.state === "dropped";
    if (isDropped || line.row !== undefined) this.#open(isDropped ? undefined : line.row);
  }

  /** @param {number} position */
  #activate(position) {
    if (position === this.#active) return;
    const former = this.#lines.get(this.#active);
    this.#active = position;
    if (former !== undefined) former.element.tabIndex = -1;
    const line = this.#lines.get(position);
    if (line !== undefined) line.element.tabIndex = 0;
  }

  /** @param {number} top */
  #scrollTo(top) {
    const former = this.element.scrollTop;
    this.element.scrollTop = top;
    // If the position has changed, the browser emits a scroll event. `#handleScroll` must not treat this event as a
    // scroll of the user.
    if (this.element.scrollTop !== former) this.#isOwnScroll = true;
  }

  #measure() {
    if (!this.#isShown) return;
    const height = this.element.clientHeight - /** @type {HTMLElement} */ (this.element.firstElementChild).offsetHeight;
    const rowHeight = Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height")) || ROW_HEIGHT;
    const topmost = this.element.scrollTop / this.#rowHeight;
    const isRowHeightChanged = rowHeight !== this.#rowHeight;
    this.#height = height;
    this.#rowHeight = rowHeight;
    if (isRowHeightChanged) {
      for (const line of this.#lines.values()) place(line, rowHeight);
      this.#resize();
      this.#scrollTo(topmost * rowHeight);
    }
    this.#render();
  }

  #rowCount() {
    return this.#anchor?.rowCount ?? this.#painted.available;
  }

  #resize() {
    const height = `${this.#rowCount() * this.#rowHeight}px`;
    if (this.#body.style.height !== height) this.#body.style.height = height;
  }

  #render() {
    const state = this.#state;
    if (!this.#isShown || state === undefined) return;
    if (state.window.asOf === this.#anchor?.asOf) this.#storeRows(state);
    const rowCount = this.#rowCount();
    this.#active = Math.max(0, Math.min(this.#active, rowCount - 1));
    this.#resize();
    setAttribute(this.element, "aria-rowcount", `${rowCount + 1}`);
    const wanted = windowOf({ scrollTop: this.element.scrollTop, height: this.#height, rowHeight: this.#rowHeight, rowCount });
    this.#requestWindow({ ...wanted, asOf: this.#anchor?.asOf });
    const last = Math.min(wanted.first + wanted.count, rowCount);
    this.#release(wanted.first, last, rowCount);
    const available = this.sinceAnchor?.available ?? rowCount;
    for (let position = wanted.first; position < last; position++) {
      this.#paintLine(this.#lines.get(position) ?? this.#mount(position), this.#rows.get(position), position >= available);
    }
    const active = this.#lines.get(this.#active);
    if (active !== undefined) this.#paintLine(active, this.#rows.get(this.#active) ?? active.row, this.#active >= available);
  }

  /** @param {TableState} state */
  #storeRows({ total, available, window, rows }) {
    if (this.#anchor === undefined) {
      this.#painted = { total, available };
      this.#rows.clear();
    } else if (this.#rows.size > CACHED_ROWS) this.#rows.clear();
    for (const [index, row] of rows.entries()) this.#rows.set(window.first + index, row);
  }

  /** @param {TableWindow} window */
  #requestWindow(window) {
    const now = performance.now();
    if (this.#requested !== undefined && isSameWindow(this.#requested, window)) {
      // Sends an unanswered request again after 500 ms, because the worker drops requests when a new run starts.
      if (!this.isWaiting || now - this.#requestedAt < 500) return;
    }
    this.#requested = window;
    this.#requestedAt = now;
    this.#requestRows(window);
  }

  /** Releases the elements of rows outside the window. @param {number} first @param {number} last @param {number} rowCount */
  #release(first, last, rowCount) {
    for (const [position, line] of this.#lines) {
      const isActive = position === this.#active && position < rowCount;
      if (isActive || (position >= first && position < last)) continue;
      this.#lines.delete(position);
      this.#spare.push(line);
      show(line.element, false);
    }
  }

  /** @param {number} position */
  #mount(position) {
    const line = this.#spare.pop() ?? this.#createLine();
    line.position = position;
    line.row = undefined;
    this.#lines.set(position, line);
    place(line, this.#rowHeight);
    setAttribute(line.element, "aria-rowindex", `${position + 2}`);
    line.element.tabIndex = position === this.#active ? 0 : -1;
    show(line.element, true);
    return line;
  }

  /** @returns {Line} */
  #createLine() {
    const cells = this.#columns.map((column) => {
      const text = document.createTextNode("");
      return { element: h("span", { role: "gridcell", class: `cell cell-${column.name}` }, text), text };
    });
    const element = h("div", { class: "grid-row", role: "row" }, ...cells.map((cell) => cell.element));
    this.#body.append(element);
    return { element, cells, position: -1, row: undefined };
  }

  /** @param {Line} line @param {Row | undefined} row `undefined` if it is not loaded @param {boolean} isDropped */
  #paintLine(line, row, isDropped) {
    setAttribute(line.element, "data-state", isDropped ? "dropped" : row === undefined ? "pending" : undefined);
    setAttribute(line.element, "aria-selected", row !== undefined && row.id === this.#selectedId ? "true" : "false");
    if (row === line.row && row !== undefined) return;
    line.row = row;
    for (const [index, { element, text }] of line.cells.entries()) {
      const column = this.#columns[index];
      if (column === undefined) continue;
      const content = row === undefined ? (isDropped && index === 0 ? "dropped" : "") : column.read(row);
      if (text.data !== content) text.data = content;
      if (column.tone !== undefined) setAttribute(element, "data-tone", row && column.tone(row));
    }
  }
}

/** @param {Line} line @param {number} rowHeight */
function place(line, rowHeight) {
  line.element.style.top = `${line.position * rowHeight}px`;
}

/** @param {TableWindow} a @param {TableWindow} b */
const isSameWindow = (a, b) => a.first === b.first && a.count === b.count && a.asOf === b.asOf;
