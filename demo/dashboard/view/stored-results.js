// @ts-check
// Results of earlier runs in `localStorage`, which may be full, disabled, or contain data of another version.

/** @typedef {import("../contract.js").RunResult} RunResult */

const KEY = "simulator-client:results";
const MOST = 20;

/** @param {() => Pick<Storage, "getItem" | "setItem">} storage may throw, as `localStorage` does if it is disabled */
export function storedResults(storage) {
  /** A copy of the stored results, because the storage can be unavailable. @type {RunResult[]} */
  let results = load(storage);

  function save() {
    try {
      storage().setItem(KEY, stringify(results));
      return true;
    } catch {
      return false;
    }
  }

  return {
    /** Newest first. */
    list: () => results,
    /** @param {RunResult} result @returns {boolean} whether it was stored */
    add(result) {
      results = [result, ...results.filter(({ endedAt }) => endedAt !== result.endedAt)].slice(0, MOST);
      return save();
    },
    /** @param {number} endedAt */
    remove(endedAt) {
      results = results.filter((result) => result.endedAt !== endedAt);
      return save();
    },
  };
}

/** @param {() => Pick<Storage, "getItem">} storage @returns {RunResult[]} */
function load(storage) {
  try {
    const read = parse(storage().getItem(KEY) ?? "[]");
    return Array.isArray(read) ? read.filter(isResult).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** Writes bigints as `"123n"`. @param {unknown} value */
const stringify = (value) => JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}n` : member));

/** @param {string} text @returns {unknown} */
const parse = (text) =>
  JSON.parse(text, (_, member) => (typeof member === "string" && /^-?\d+n$/.test(member) ? BigInt(member.slice(0, -1)) : member));

const NUMBERS = [
  "endedAt",
  "durationMs",
  "slots",
  "skipped",
  "transactions",
  "failedTransactions",
  "accountDiffs",
  "reconnects",
  "duplicatesDropped",
  "gaps",
];
const INTEGERS = ["startSlot", "endSlot", "computeUnits", "fees"];

/** @param {unknown} value @returns {value is RunResult} */
function isResult(value) {
  if (typeof value !== "object" || value === null) return false;
  const result = /** @type {Record<string, unknown>} */ (value);
  return (
    NUMBERS.every((name) => typeof result[name] === "number") &&
    INTEGERS.every((name) => typeof result[name] === "bigint") &&
    typeof result.sourceLabel === "string" &&
    typeof result.outcome === "string"
  );
}
