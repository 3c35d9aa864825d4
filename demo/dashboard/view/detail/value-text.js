// @ts-check
// Decoded values as text: amounts with units, integers with grouped digits, addresses, everything else as JSON.
import { isAddress } from "../../base58-address.js";
import { formatTokens, formatUnits, symbolOf } from "../known-mints.js";
import { formatNumber, formatSol } from "../number-format.js";

/** @typedef {import("../../contract.d.ts").Token} Token */

/** Maximum length of a value, because servers and programs may send text of any length. */
const MAX_CHARACTERS = 400;
const LAMPORTS = /^(?:.*lamports|fee|rentExemptReserve|stake)$/i;
const AMOUNTS = /^(?:amount|delegatedAmount|supply|withheldAmount)$/;

/** Converts a name such as `delegatedAmount` or `lockup.epoch` to words. @param {string} name */
export const toWords = (name) =>
  name.replaceAll(/([a-z\d])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`).replaceAll(/[._]/g, " ");

/**
 * Formats a decoded value.
 *
 * @param {string} name of the field or argument, which determines the unit
 * @param {unknown} value
 * @param {Token} [token] the token of amounts
 * @returns {string}
 */
export function valueText(name, value, token) {
  if (value === undefined || value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) {
    const key = name.slice(name.lastIndexOf(".") + 1);
    const amount = BigInt(value);
    if (LAMPORTS.test(key)) return `${formatSol(amount)} (${formatNumber(amount)} lamports)`;
    if (AMOUNTS.test(key) && token !== undefined) return formatTokens(amount, token);
    return formatNumber(amount);
  }
  if (typeof value === "string") return cut(value);
  if (isUiAmount(value)) {
    const units = formatUnits(BigInt(value.amount), value.decimals);
    return token === undefined ? units : `${units} ${symbolOf(token.mint)}`;
  }
  return cut(JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}` : member)) ?? String(value));
}

/** Formats the difference of two values if both are integers. @param {string} name @param {unknown} before @param {unknown} after @param {Token} [token] */
export function differenceText(name, before, after, token) {
  if (typeof before !== "bigint" || typeof after !== "bigint") return undefined;
  const change = after - before;
  const text = valueText(name, change < 0n ? -change : change, token).replace(/ \(.*$/, "");
  return { text: `${change < 0n ? "−" : "+"}${text}`, isGain: change > 0n };
}

/** @param {unknown} value @returns {value is string} */
export const isAddressValue = (value) => typeof value === "string" && isAddress(value);

/** Whether a value is an amount in the format of the RPC encoding `jsonParsed`. @param {unknown} value @returns {value is { amount: string | bigint, decimals: number }} */
function isUiAmount(value) {
  if (typeof value !== "object" || value === null) return false;
  const { amount, decimals } = /** @type {{ amount?: unknown, decimals?: unknown }} */ (value);
  const isAmount = typeof amount === "bigint" || (typeof amount === "string" && /^\d{1,20}$/.test(amount));
  return isAmount && typeof decimals === "number" && decimals >= 0 && decimals < 256;
}

/** @param {string} text */
const cut = (text) => (text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`);
