// @ts-check
// The contents of the detail panel. The panel loads this file when the first detail is opened.
import { h } from "../dom.js";
import { formatNumber } from "../number-format.js";
import { accountContents } from "./account-contents.js";
import { copyableAddress, factList, logList, section, subRangeText } from "./detail-parts.js";
import { transactionContents } from "./transaction-contents.js";

/** @typedef {import("../../contract.d.ts").Detail} Detail */
/** @typedef {import("../../contract.d.ts").Explained} Explained */
/**
 * @typedef {object} DetailActions
 * @property {(selection: { table: import("../../contract.d.ts").TableName, id: number }) => void} goTo
 * @property {(signature: string) => void} goToTransaction
 * @property {(address: string) => void} showAccount filters the transactions
 * @property {(address: string) => void} showSigner
 * @property {(address: string) => void} showProgram
 * @property {(address: string) => void} chart
 */

/**
 * @param {Detail} detail
 * @param {Explained | undefined} explained `undefined` while it is being loaded
 * @param {DetailActions} actions
 * @param {number} width of the container, in CSS pixels
 * @returns {Node[]}
 */
export function detailContents(detail, explained, actions, width) {
  const failure = explained !== undefined && "failure" in explained ? explained.failure : undefined;
  if (detail.table === "transactions") {
    const own = explained !== undefined && "tokens" in explained ? explained : undefined;
    return transactionContents(detail, own, failure, actions);
  }
  if (detail.table === "accountDiffs") {
    const own = explained !== undefined && "account" in explained ? explained : undefined;
    return accountContents(detail, own, failure, actions, width);
  }
  const { slot, signature, subRange, text } = detail.row;
  return [
    factList([
      ["Signature", copyableAddress(signature, "signature")],
      ["Slot", formatNumber(slot)],
      ["Sub-range", subRangeText(subRange)],
    ]),
    h(
      "p",
      { class: "detail-buttons" },
      h("button", { type: "button", onclick: () => actions.goToTransaction(signature) }, "Open the transaction"),
    ),
    section("All logs of the transaction", logList(detail.logs, text)),
  ];
}
