// @ts-check
// Compares the items of the tables with filters.
import { isUnfiltered } from "../table-filter.js";
import { facetsOf, reasonOf } from "./explanations.js";
import { diffText, isFailed, logText, transactionText } from "./table-rows.js";

/** @typedef {import("../contract.js").TableFilter} TableFilter */
/** @typedef {import("./table-rows.js").TransactionItem} TransactionItem */
/** @typedef {import("./table-rows.js").DiffItem} DiffItem */
/** @typedef {import("./table-rows.js").LogItem} LogItem */

/**
 * Whether a filter needs `loadExplain` to decode instructions and accounts.
 *
 * @param {import("../contract.js").TableName} table @param {TableFilter} filter
 */
export const needsExplain = (table, { facets }) => table !== "accountDiffs" && facets.length > 0;

/**
 * Whether the text of a filter is also compared with the error messages of transactions. These messages exist only after
 * `loadExplain`.
 *
 * @param {import("../contract.js").TableName} table @param {TableFilter} filter
 */
export const searchesReasons = (table, { text }) => table === "transactions" && text !== "";

/** @param {TableFilter} filter @returns {((item: TransactionItem) => boolean) | undefined} */
export function transactionMatcher(filter) {
  return matcher(filter, {
    slotOf: ({ transaction }) => transaction.slot,
    isFailed: ({ transaction }) => isFailed(transaction),
    hasFacet: ({ transaction }, kind, value) => facetsOf(transaction)[kind].has(value),
    textOf: (item) => `${transactionText(item)} ${reasonOf(item.transaction)?.toLowerCase() ?? ""}`,
  });
}

/** @param {TableFilter} filter @returns {((item: LogItem) => boolean) | undefined} */
export function logMatcher(filter) {
  return matcher(filter, {
    slotOf: ({ of }) => of.transaction.slot,
    isFailed: ({ of }) => isFailed(of.transaction),
    hasFacet: ({ of }, kind, value) => facetsOf(of.transaction)[kind].has(value),
    textOf: logText,
  });
}

/** @param {TableFilter} filter @returns {((item: DiffItem) => boolean) | undefined} */
export function diffMatcher(filter) {
  return matcher(filter, {
    slotOf: ({ diff }) => diff.context.slot,
    // The filter `isFailedOnly` hides no diff, because a diff does not contain the result of its transaction.
    isFailed: () => true,
    hasFacet: ({ diff }, kind, value) => {
      if (kind === "account") return diff.account === value;
      return kind !== "program" || value === diff.post?.owner || value === diff.pre?.owner;
    },
    textOf: diffText,
  });
}

/**
 * Combines the conditions of a filter into one function, the fastest condition first.
 *
 * @template Item
 * @param {TableFilter} filter
 * @param {{
 *   slotOf: (item: Item) => bigint, isFailed: (item: Item) => boolean, textOf: (item: Item) => string,
 *   hasFacet: (item: Item, kind: import("../contract.js").FacetKind, value: string) => boolean,
 * }} of
 * @returns {((item: Item) => boolean) | undefined} `undefined` if every item matches
 */
function matcher(filter, of) {
  if (isUnfiltered(filter)) return undefined;
  const { text, isFailedOnly, facets, slots } = filter;
  return (item) => {
    if (isFailedOnly && !of.isFailed(item)) return false;
    if (slots !== undefined) {
      const slot = of.slotOf(item);
      if (slot < slots.first || slot > slots.last) return false;
    }
    if (text !== "" && !of.textOf(item).includes(text)) return false;
    return facets.every(({ kind, value }) => of.hasFacet(item, kind, kind === "instruction" ? value.toLowerCase() : value));
  };
}
