// @ts-check
// Building blocks of the detail panel.

import { h } from "./dom.js";
import { createCopyButton } from "./feedback-button.js";
import { formatCount, formatNumber, formatSol } from "./number-format.js";
import { differenceOf, formatSigned } from "./table/columns.js";

/** @typedef {(Node | string)} Content */

/** A list of names and values. Entries without a value are omitted. @param {readonly (readonly [string, Content | undefined])[]} facts */
export function factList(facts) {
  const list = h("dl", { class: "facts" });
  for (const [name, value] of facts) if (value !== undefined) list.append(h("dt", {}, name), h("dd", {}, value));
  return list;
}

/** A full address with a copy button. @param {string} text @param {string} what */
export function address(text, what) {
  return h("span", { class: "address" }, h("code", {}, text), createCopyButton(text, what));
}

/** @param {string} title @param {...Content} contents */
export function section(title, ...contents) {
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
  return logs.length === 0 ? h("p", {}, "No logs.") : h("ol", { class: "log-lines" }, ...lines);
}

/** Balance before, after and difference of each account whose balance changed. @param {readonly { address: string, before: bigint, after: bigint }[]} balances */
export function balanceTable(balances) {
  const changed = balances.filter(({ before, after }) => before !== after);
  if (changed.length === 0) return h("p", {}, "No balance changed.");
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
  return same === 0 ? list : h("div", {}, list, h("p", { class: "muted" }, `${formatCount(same, "account")} unchanged.`));
}
