// @ts-check
// Progress of the sub-ranges of a parallel run.
import { h, setAttribute, setText, show } from "./dom.js";
import { formatCount, formatNumber, formatShare, formatSlot, thousandths } from "./number-format.js";

/** @typedef {import("../contract.js").SubRange} SubRange */

/** @type {Record<SubRange["state"], { text: string, tone: string | undefined }>} */
const STATES = {
  waiting: { text: "waiting", tone: undefined },
  up: { text: "▶ running", tone: undefined },
  down: { text: "↻ reconnecting", tone: "warn" },
  completed: { text: "✓ completed", tone: "good" },
  failed: { text: "✗ failed", tone: "bad" },
};

/** @param {HTMLElement} root */
export function createSubRangeList(root) {
  const list = h("ol", { class: "sub-ranges" });
  root.append(h("h2", {}, "Sub-ranges"), list);
  show(root, false);
  /** @type {ReturnType<typeof createSubRange>[]} */
  const made = [];

  return {
    /** @param {import("../contract.js").Snapshot} snapshot */
    paint({ subRanges }) {
      show(root, subRanges.length > 0);
      while (made.length < subRanges.length) {
        const subRange = createSubRange(made.length);
        made.push(subRange);
        list.append(subRange.element);
      }
      for (const [index, { element, paint }] of made.entries()) {
        const subRange = subRanges[index];
        show(element, subRange !== undefined);
        if (subRange !== undefined) paint(subRange);
      }
    },
  };
}

/** @param {number} index */
function createSubRange(index) {
  const range = h("span", { class: "sub-range-range" });
  const fill = h("span", { class: "sub-range-fill" });
  const bar = h(
    "span",
    {
      class: "sub-range-bar",
      role: "progressbar",
      "aria-label": `Sub-range ${index + 1}`,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    },
    fill,
  );
  const share = h("span", { class: "sub-range-share" });
  const slot = h("span", { class: "sub-range-slot" });
  const state = h("span", { class: "sub-range-state" });
  const notifications = h("span", { class: "sub-range-count" });
  const reconnects = h("span", { class: "sub-range-count" });
  const element = h(
    "li",
    { class: "sub-range" },
    h("strong", {}, `Sub-range ${index + 1}`),
    range,
    bar,
    share,
    slot,
    state,
    notifications,
    reconnects,
  );
  let key = "";

  return {
    element,
    /** @param {SubRange} subRange */
    paint(subRange) {
      const newKey = `${subRange.startSlot} ${subRange.endSlot} ${subRange.slot} ${subRange.done} ${subRange.state} ${subRange.notifications} ${subRange.reconnects}`;
      if (newKey === key) return;
      key = newKey;
      const { text, tone } = STATES[subRange.state];
      const done = thousandths(subRange.done, subRange.total);
      setText(range, `${formatNumber(subRange.startSlot)} to ${formatNumber(subRange.endSlot)}`);
      fill.style.transform = `scaleX(${done / 1000})`;
      setAttribute(bar, "aria-valuenow", `${Math.floor(done / 10)}`);
      setText(share, formatShare(subRange.done, subRange.total));
      setText(slot, `at ${formatSlot(subRange.slot)}`);
      setText(state, text);
      setAttribute(state, "data-tone", tone);
      setText(notifications, formatCount(subRange.notifications, "notification"));
      setText(reconnects, formatCount(subRange.reconnects, "reconnect"));
    },
  };
}
