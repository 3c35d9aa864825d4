// @ts-check
// Building blocks of the detail panel.

import { h } from "../dom.js";
import { createCopyButton } from "../feedback-button.js";
import { shorten } from "../number-format.js";

/** @typedef {(Node | string)} Content */

/** A list of names and values. Entries without a value are omitted. @param {readonly (readonly [string, Content | undefined])[]} facts */
export function factList(facts) {
  const list = h("dl", { class: "facts" });
  for (const [name, value] of facts) if (value !== undefined) list.append(h("dt", {}, name), h("dd", {}, value));
  return list;
}

/** Returns an element with an address in full length and a copy button. @param {string} text @param {string} what */
export function copyableAddress(text, what) {
  return h("span", { class: "address" }, h("code", {}, text), createCopyButton(text, what));
}

/**
 * Returns a shortened address as a button, which shows the transactions of the account. @param {string} text @param {(address:
 * string) => void} show
 */
export function addressLink(text, show) {
  const press = () => show(text);
  return h(
    "button",
    { type: "button", class: "address-link", title: `${text}: show its transactions`, onclick: press },
    shorten(text, 6),
  );
}

/** @param {string} title @param {...Content} contents */
export function section(title, ...contents) {
  return h("section", { class: "detail-part" }, h("h3", {}, title), ...contents);
}

/** A section whose content is created when the user opens it. @param {string} title @param {() => Node} create */
export function toggled(title, create) {
  const details = h("details", { class: "detail-part" }, h("summary", {}, title));
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(create()));
  return details;
}

/** @param {string | undefined} error @param {string | undefined} words the error in words, if they are known */
export function outcomeText(error, words) {
  if (error === undefined) return h("span", { "data-tone": "good" }, "✓ succeeded");
  return h("span", { "data-tone": "bad", title: error }, `✗ ${words ?? error}`);
}

/** @param {readonly string[]} logs @param {string} [marked] */
export function logList(logs, marked) {
  const lines = logs.map((text) => h("li", { ...(text === marked && { class: "is-marked", "aria-current": "true" }) }, text));
  return logs.length === 0 ? h("p", {}, "No logs.") : h("ol", { class: "log-lines" }, ...lines);
}

/** @param {number | undefined} subRange */
export const subRangeText = (subRange) => (subRange === undefined ? undefined : `${subRange + 1}`);
