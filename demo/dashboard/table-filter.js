// @ts-check
// The filter of a table, for the page and its worker.

/** @typedef {import("./contract.d.ts").TableFilter} TableFilter */

/** @type {TableFilter} */
export const NO_FILTER = { text: "", isFailedOnly: false, facets: [] };

/** Whether a filter has no conditions, so that every row matches. @param {TableFilter} filter */
export const isUnfiltered = ({ text, isFailedOnly, facets, slots }) =>
  text === "" && !isFailedOnly && facets.length === 0 && slots === undefined;

/** Whether two slot ranges are equal. @param {TableFilter["slots"]} a @param {TableFilter["slots"]} b */
export const isSameRange = (a, b) => a?.first === b?.first && a?.last === b?.last;
