// @ts-check
import { h, show } from "../view/dom.js";
import { formatBytes, formatCount, formatNumber, formatShare, shorten } from "../view/number-format.js";

/** @typedef {import("./ab-contract.js").SideProgress} SideProgress */
/** @typedef {import("./ab-contract.js").SideName} SideName */

const NAMES = { baseline: "Baseline", candidate: "Candidate" };
const STATES = {
  waiting: "waiting",
  running: "running",
  reconnecting: "reconnecting",
  completed: "✓ completed",
  failed: "✗ stopped",
};
const TONES = { waiting: undefined, running: undefined, reconnecting: "bad", completed: "good", failed: "bad" };
const OUTCOMES = { succeeded: "✓ executed", failed: "✗ failed", unknown: "not executed, or its outcome is unknown" };

/** The progress of both sides of an A/B run. */
export function createSideProgress() {
  const list = h("ul", { class: "side-progress" });
  show(list, false);

  return {
    element: list,
    /** @param {Partial<Record<SideName, SideProgress>>} sides empty before a run */
    paint(sides) {
      const entries = /** @type {[SideName, SideProgress][]} */ (Object.entries(sides));
      show(list, entries.length > 0);
      list.replaceChildren(...entries.map(([name, side]) => toItem(NAMES[name], side)));
    },
  };
}

/** @param {string} name @param {SideProgress} side */
function toItem(name, { state, done, total, transactions, failed, bytes, reason, injected }) {
  const bar = h("div", {
    class: "bar",
    role: "progressbar",
    "aria-label": name,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-valuenow": total === 0n ? 0 : Number((done * 100n) / total),
  });
  const fill = h("div", { class: "bar-fill" });
  fill.style.transform = `scaleX(${total === 0n ? 0 : Number((done * 1000n) / total) / 1000})`;
  bar.append(fill);
  const facts = `${formatNumber(done)} of ${formatCount(total, "slot")} (${formatShare(done, total)}), ${formatCount(transactions, "transaction")}, ${formatNumber(failed)} failed, ${formatBytes(bytes)} stored`;
  const word = h("span", { ...(TONES[state] && { "data-tone": TONES[state] }) }, STATES[state]);
  const item = h("li", {}, h("p", {}, h("strong", {}, name), " ", word), bar, h("p", { class: "muted" }, facts));
  if (reason !== undefined) item.append(h("p", { class: "problem-message", "data-tone": "bad" }, reason));
  if (injected.length > 0) item.append(h("ul", { class: "injected" }, ...injected.map(injectedItem)));
  return item;
}

/** @param {SideProgress["injected"][number]} row */
function injectedItem({ slot, signature, outcome }) {
  return h("li", {}, `Injected at slot ${formatNumber(slot)}: ${shorten(signature, 8)} ${OUTCOMES[outcome]}`);
}
