// @ts-check
import { h } from "../dom.js";
import { createFeedbackButton } from "../feedback-button.js";
import { formatNumber, formatSol } from "../number-format.js";
import { programName } from "../program-names.js";
import { differenceOf, formatSigned } from "../table/columns.js";
import { addressLink, copyableAddress, factList, section, subRangeText, toggled } from "./detail-parts.js";
import { createHexDumpView } from "./hex-dump-view.js";
import { differenceText, isAddressValue, toWords, valueText } from "./value-text.js";

/** @typedef {Extract<import("../../contract.d.ts").Detail, { table: "accountDiffs" }>} DiffDetail */
/** @typedef {Extract<import("../../contract.d.ts").Explained, { account: unknown }>} ExplainedDiffRow */
/** @typedef {import("../../../../dist/browser-explain.js").ExplainedAccount} ExplainedAccount */
/** @typedef {import("../../contract.d.ts").Token} Token */
/** @typedef {import("./detail-contents.js").DetailActions} DetailActions */

/** @type {Record<string, string>} */
const KINDS = { tokenAccount: "Token account", mint: "Mint", wallet: "Wallet", stake: "Stake account", nonce: "Nonce account" };

/**
 * @param {DiffDetail} detail
 * @param {ExplainedDiffRow | undefined} explained `undefined` while it is being loaded
 * @param {string | undefined} failure why the explanation is missing
 * @param {DetailActions} actions
 * @param {number} width of the container, in CSS pixels
 * @returns {Node[]}
 */
export function accountContents(detail, explained, failure, actions, width) {
  const { row } = detail;
  const { signature, owner } = row;
  const kind = (explained?.account.after ?? explained?.account.before)?.kind;
  const chart = createFeedbackButton("Chart this account", undefined, () => {
    actions.chart(row.account);
    return "✓ Added to the chart";
  });
  const bytes = Math.max(row.bytesBefore ?? 0, row.bytesAfter ?? 0);
  const dump = toggled(`Raw data, ${formatNumber(bytes)} bytes, ${formatNumber(row.changedBytes)} changed`, () =>
    createHexDumpView(detail, width),
  );
  return [
    factList([
      ["Account", copyableAddress(row.account, "account")],
      ["Kind", kind === undefined ? undefined : (KINDS[kind] ?? toWords(kind))],
      [
        "Owner",
        owner === undefined ? undefined : h("span", {}, `${programName(owner)} `, addressLink(owner, actions.showProgram)),
      ],
      ["Slot", formatNumber(row.slot)],
      ["Sub-range", subRangeText(row.subRange)],
      ["Lamports", lamportsText(row)],
    ]),
    h(
      "p",
      { class: "detail-buttons" },
      ...(signature === undefined
        ? []
        : [h("button", { type: "button", onclick: () => actions.goToTransaction(signature) }, "Open the transaction")]),
      chart,
      h("button", { type: "button", onclick: () => actions.showAccount(row.account) }, "All its transactions"),
    ),
    ...decodedSections(explained, failure),
    dump,
  ];

  /** @param {ExplainedDiffRow | undefined} given @param {string | undefined} problem @returns {Node[]} */
  function decodedSections(given, problem) {
    if (given === undefined) {
      const text = problem === undefined ? "Decoding…" : `The account cannot be decoded: ${problem}`;
      return [h("p", { class: "muted", role: "status" }, text)];
    }
    const { account, token } = given;
    return [section("Changes", changeTable(account, token, actions)), ...unchangedFields(account, token, actions)];
  }
}

/** @param {ExplainedAccount} account @param {Token | undefined} token @param {DetailActions} actions */
function changeTable({ changes, before, after }, token, actions) {
  if (changes.length === 0) {
    const isDecoded = (after ?? before)?.fields !== undefined;
    return h("p", {}, isDecoded ? "No field changed." : "Nothing that can be decoded changed. See the raw data.");
  }
  const rows = changes.map(({ field, before: old, after: now }) => {
    const difference = differenceText(field, old, now, token);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, toWords(field)),
      // The change is the first column, because the user may have to scroll to the other columns on a phone.
      h(
        "td",
        { class: "number", ...(difference && { "data-tone": difference.isGain ? "good" : "bad" }) },
        difference?.text ?? "",
      ),
      h("td", {}, valueNode(field, old, token, actions)),
      h("td", {}, valueNode(field, now, token, actions)),
    );
  });
  const heads = ["Field", "Change", "Before", "After"].map((text) => h("th", { scope: "col" }, text));
  return h(
    "div",
    { class: "change-frame", tabindex: 0, role: "region", "aria-label": "Changed fields" },
    h("table", { class: "change-table" }, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)),
  );
}

/** @param {ExplainedAccount} account @param {Token | undefined} token @param {DetailActions} actions @returns {Node[]} */
function unchangedFields({ changes, before, after }, token, actions) {
  const fields = Object.entries((after ?? before)?.fields ?? {});
  const changed = new Set(changes.map(({ field }) => field.split(".")[0]));
  const same = fields.filter(([name]) => !changed.has(name));
  if (same.length === 0) return [];
  const facts = factList(same.map(([name, value]) => [toWords(name), valueNode(name, value, token, actions)]));
  return [section(changes.length === 0 ? "Fields" : "Unchanged fields", facts)];
}

/** @param {string} name @param {unknown} value @param {Token | undefined} token @param {DetailActions} actions @returns {Node | string} */
function valueNode(name, value, token, actions) {
  return isAddressValue(value) ? addressLink(value, actions.showAccount) : valueText(name, value, token);
}

/** @param {DiffDetail["row"]} row */
function lamportsText(row) {
  const { before, after } = row;
  if (before === undefined) return `account opened with ${formatSol(after ?? 0n)} (${formatNumber(after ?? 0n)} lamports)`;
  if (after === undefined) return `account closed, it had ${formatSol(before)} (${formatNumber(before)} lamports)`;
  const difference = differenceOf(row);
  if (difference === 0n) return `${formatSol(after)} (${formatNumber(after)} lamports), unchanged`;
  return `${formatNumber(before)} → ${formatNumber(after)} (${formatSigned(difference)})`;
}
