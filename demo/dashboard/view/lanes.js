// @ts-check
// The sessions of a parallel run, one below the other.
import { h, setAttribute, setText, show } from "./dom.js";
import { formatCount, formatNumber, formatShare, formatSlot, thousandths } from "./number-format.js";

/** @typedef {import("../contract.js").Lane} Lane */

/** @type {Record<Lane["state"], { text: string, tone: string | undefined }>} */
const STATES = {
  waiting: { text: "waiting", tone: undefined },
  up: { text: "▶ running", tone: undefined },
  down: { text: "↻ reconnecting", tone: "warn" },
  completed: { text: "✓ completed", tone: "good" },
  failed: { text: "✗ failed", tone: "bad" },
};

/** @param {HTMLElement} root */
export function createLanes(root) {
  const list = h("ol", { class: "lanes" });
  root.append(h("h2", {}, "Lanes"), list);
  show(root, false);
  /** @type {ReturnType<typeof createLane>[]} */
  const made = [];

  return {
    /** @param {import("../contract.js").Snapshot} snapshot */
    paint({ lanes }) {
      show(root, lanes.length > 0);
      while (made.length < lanes.length) {
        const lane = createLane(made.length);
        made.push(lane);
        list.append(lane.element);
      }
      for (const [index, { element, paint }] of made.entries()) {
        const lane = lanes[index];
        show(element, lane !== undefined);
        if (lane !== undefined) paint(lane);
      }
    },
  };
}

/** @param {number} index */
function createLane(index) {
  const range = h("span", { class: "lane-range" });
  const fill = h("span", { class: "lane-fill" });
  const bar = h(
    "span",
    { class: "lane-bar", role: "progressbar", "aria-label": `Lane ${index + 1}`, "aria-valuemin": 0, "aria-valuemax": 100 },
    fill,
  );
  const share = h("span", { class: "lane-share" });
  const slot = h("span", { class: "lane-slot" });
  const state = h("span", { class: "lane-state" });
  const notifications = h("span", { class: "lane-count" });
  const reconnects = h("span", { class: "lane-count" });
  const element = h(
    "li",
    { class: "lane" },
    h("strong", {}, `Lane ${index + 1}`),
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
    /** @param {Lane} lane */
    paint(lane) {
      const newKey = `${lane.startSlot} ${lane.endSlot} ${lane.slot} ${lane.done} ${lane.state} ${lane.notifications} ${lane.reconnects}`;
      if (newKey === key) return;
      key = newKey;
      const { text, tone } = STATES[lane.state];
      const done = thousandths(lane.done, lane.total);
      setText(range, `${formatNumber(lane.startSlot)} to ${formatNumber(lane.endSlot)}`);
      fill.style.transform = `scaleX(${done / 1000})`;
      setAttribute(bar, "aria-valuenow", `${Math.floor(done / 10)}`);
      setText(share, formatShare(lane.done, lane.total));
      setText(slot, `at ${formatSlot(lane.slot)}`);
      setText(state, text);
      setAttribute(state, "data-tone", tone);
      setText(notifications, formatCount(lane.notifications, "notification"));
      setText(reconnects, formatCount(lane.reconnects, "reconnect"));
    },
  };
}
