// @ts-check
// What details are put together from.

import { h } from "./dom.js";
import { createCopyButton } from "./feedback-button.js";
import { formatNumber, formatSol } from "./number-format.js";
import { differenceOf, formatSigned } from "./table/columns.js";

/** @typedef {(Node | string)} Content */

/** A name and its value; what has no value isn't there. @param {readonly (readonly [string, Content | undefined])[]} facts */
export function factList(facts) {
  const list = h("dl", { class: "facts" });
  for (const [name, value] of facts) if (value !== undefined) list.append(h("dt", {}, name), h("dd", {}, value));
  return list;
}

/** In full, with a button to copy it. @param {string} text @param {string} what */
export function address(text, what) {
  return h("span", { class: "address" }, h("code", {}, text), createCopyButton(text, what));
}

/** @param {string} title @param {...Content} contents */
export function part(title, ...contents) {
  return h("section", { class: "detail-part" }, h("h3", {}, title), ...contents);
}

/** @param {bigint} lamports */
export const lamportText = (lamports) => `${formatNumber(lamports)} lamports (${formatSol(lamports)})`;

/** @param {string | undefined} error */
export function outcome(error) {
  return h("span", { "data-tone": error === undefined ? "good" : "bad" }, error === undefined ? "✓ succeeded" : `✗ ${error}`);
}

/** @param {readonly string[]} logs @param {string} [marked] */
export function logList(logs, marked) {
  const lines = logs.map((text) => h("li", { ...(text === marked && { class: "is-marked", "aria-current": "true" }) }, text));
  return logs.length === 0 ? h("p", {}, "It has logged nothing.") : h("ol", { class: "log-lines" }, ...lines);
}

/** Before, after and difference of each account that has another balance now. @param {readonly { address: string, before: bigint, after: bigint }[]} balances */
export function balanceTable(balances) {
  const changed = balances.filter(({ before, after }) => before !== after);
  if (changed.length === 0) return h("p", {}, "No balance has changed.");
  const rows = changed.map((balance) => {
    const difference = differenceOf(balance);
    return h(
      "li",
      {},
      address(balance.address, "address"),
      h("span", { class: "number" }, `${formatNumber(balance.before)} → ${formatNumber(balance.after)}`),
      h("span", { class: "number", "data-tone": difference > 0n ? "good" : "bad" }, formatSigned(difference)),
    );
  });
  const same = balances.length - changed.length;
  const list = h("ul", { class: "balances" }, ...rows);
  return same === 0 ? list : h("div", {}, list, h("p", { class: "muted" }, `${formatNumber(same)} more are unchanged.`));
}
