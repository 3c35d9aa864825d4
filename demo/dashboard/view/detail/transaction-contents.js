// @ts-check
import { h } from "../dom.js";
import { formatTokens, symbolOf, withSign } from "../known-mints.js";
import { formatNumber, formatSol } from "../number-format.js";
import { programName } from "../program-names.js";
import { differenceOf, formatSigned } from "../table/columns.js";
import { addressLink, copyableAddress, factList, logList, outcomeText, section, subRangeText, toggled } from "./detail-parts.js";
import { instructionTree } from "./instruction-tree.js";
import { differenceText, toWords, valueText } from "./value-text.js";

/** @typedef {import("../../contract.d.ts").Detail} Detail */
/** @typedef {import("../../contract.d.ts").AccountDiffRow} AccountDiffRow */
/** @typedef {Extract<import("../../contract.d.ts").Explained, { tokens: unknown }>} ExplainedTransactionRow */
/** @typedef {import("../../../../dist/browser-explain.js").ExplainedTransaction} ExplainedTransaction */
/** @typedef {import("./detail-contents.js").DetailActions} DetailActions */

/**
 * @param {Extract<Detail, { table: "transactions" }>} detail
 * @param {ExplainedTransactionRow | undefined} explained `undefined` while it is being loaded
 * @param {string | undefined} failure why the explanation is missing
 * @param {DetailActions} actions
 * @returns {Node[]}
 */
export function transactionContents({ row, blockTime, version, logs, diffs }, explained, failure, actions) {
  const transaction = explained?.transaction;
  const facts = factList([
    ["Outcome", outcomeText(row.error, transaction?.error?.text ?? row.reason)],
    ["Reason", transaction?.error?.detail],
    ["Signature", copyableAddress(row.signature, "signature")],
    ["Slot", formatNumber(row.slot) + (row.index === undefined ? "" : `, index ${formatNumber(row.index)}`)],
    ["Sub-range", subRangeText(row.subRange)],
    ["Fee payer", transaction?.feePayer && addressLink(transaction.feePayer, actions.showSigner)],
    ["Fee", row.fee === undefined ? undefined : `${formatSol(row.fee)} (${formatNumber(row.fee)} lamports)`],
    ["Compute units", row.computeUnits === undefined ? undefined : formatNumber(row.computeUnits)],
    ["Block time", blockTime === undefined ? undefined : formatTime(blockTime)],
    ["Version", version],
  ]);
  const rawLogs = toggled("All log lines in order", () => logList(logs));
  rawLogs.classList.add("raw-logs");
  if (transaction === undefined) {
    const text = failure === undefined ? "Decoding…" : `The instructions cannot be decoded: ${failure}`;
    return [
      facts,
      h("p", { class: "muted", role: "status" }, text),
      section("Programs", h("ul", { class: "programs" }, ...row.programs.map((program) => h("li", {}, programName(program))))),
      section("Account diffs", diffLinks(diffs, undefined, actions)),
      section("Logs", logList(logs)),
    ];
  }
  const { instructions, otherLogs, areLogsTruncated, problems } = transaction;
  return [
    facts,
    section("Balance changes", balanceChanges(transaction, actions)),
    section(
      "Instructions",
      instructionTree(instructions, {
        error: transaction.error,
        tokens: explained?.tokens ?? {},
        showAccount: actions.showAccount,
      }),
      ...(otherLogs.length === 0 ? [] : [h("p", { class: "muted" }, "Log lines outside of instructions:"), logList(otherLogs)]),
      ...(areLogsTruncated ? [h("p", { class: "muted" }, "The server truncated the logs.")] : []),
      ...problems.map((problem) => h("p", { class: "muted" }, `Not decoded: ${problem}.`)),
    ),
    section("Account diffs", diffLinks(diffs, explained, actions)),
    rawLogs,
  ];
}

/** @param {ExplainedTransaction} transaction @param {DetailActions} actions */
function balanceChanges({ solChanges, tokenChanges }, actions) {
  const sols = solChanges.map(({ address, before, after, change }) =>
    balanceItem(address, "SOL", withSign(formatSol(change)), formatSol(before), formatSol(after), change, actions),
  );
  const tokens = tokenChanges.map(({ address, mint, decimals, before, after, change, owner }) =>
    balanceItem(
      address,
      owner === undefined ? symbolOf(mint) : `${symbolOf(mint)}, owned by ${owner.slice(0, 4)}…${owner.slice(-4)}`,
      withSign(formatTokens(change, { mint, decimals })),
      formatTokens(before, { mint, decimals }),
      formatTokens(after, { mint, decimals }),
      change,
      actions,
    ),
  );
  if (sols.length + tokens.length === 0) return h("p", {}, "No balance changed.");
  return h("ul", { class: "balances" }, ...tokens, ...sols);
}

/**
 * @param {string} address @param {string} what @param {string} text @param {string} before @param {string} after @param {bigint} change
 * @param {DetailActions} actions
 */
function balanceItem(address, what, text, before, after, change, { showAccount }) {
  return h(
    "li",
    {},
    h("span", {}, addressLink(address, showAccount), h("span", { class: "muted" }, ` ${what}`)),
    h("strong", { class: "number", "data-tone": change > 0n ? "good" : "bad" }, text),
    h("span", { class: "balance-range number" }, `${before} → ${after}`),
  );
}

/** @param {readonly AccountDiffRow[]} diffs @param {ExplainedTransactionRow | undefined} explained @param {DetailActions} actions */
function diffLinks(diffs, explained, { goTo }) {
  if (diffs.length === 0) return h("p", {}, "None in memory.");
  const links = diffs.map((diff) => {
    const { account, id } = diff;
    const changes = explained?.diffs[id]?.changes ?? [];
    const token = explained?.tokens[account];
    const words = changes.slice(0, 3).map(({ field, before, after }) => {
      const difference = differenceText(field, before, after, token);
      return `${toWords(field)} ${difference?.text ?? `→ ${valueText(field, after, token)}`}`;
    });
    const more = changes.length > 3 ? [`${changes.length - 3} more`] : [];
    const fallback = `${formatSigned(differenceOf(diff))} lamports, ${formatNumber(diff.changedBytes)} bytes changed`;
    const text = words.length === 0 ? fallback : [...words, ...more].join(", ");
    const press = () => goTo({ table: "accountDiffs", id });
    return h("li", {}, h("button", { type: "button", class: "link", onclick: press }, `${account.slice(0, 8)}…: ${text}`));
  });
  return h("ul", { class: "links" }, ...links);
}

/** Formats a time as ISO 8601, or as a number of seconds if a `Date` cannot represent it. @param {bigint} seconds since 1970 */
function formatTime(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${formatNumber(seconds)} s since 1970` : date.toISOString().replace(".000", "");
}
