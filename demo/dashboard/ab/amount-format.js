// @ts-check
import { formatNumber, formatSol } from "../view/number-format.js";

/** @typedef {{ isToken: boolean, decimals?: number | undefined }} Unit lamports, or the smallest unit of a token */

/** Formats an exact amount: lamports in SOL, tokens with their decimals. @param {bigint} amount @param {Unit} unit @returns {string} */
export function formatAmount(amount, { isToken, decimals }) {
  if (amount < 0n) return `−${formatAmount(-amount, { isToken, decimals })}`;
  if (!isToken) return formatSol(amount);
  if (decimals === undefined || decimals === 0) return formatNumber(amount);
  const scale = 10n ** BigInt(decimals);
  const fraction = `${amount % scale}`.padStart(decimals, "0").replace(/0+$/, "");
  return `${formatNumber(amount / scale)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Formats an exact change of a balance, with its sign. @param {bigint} change @param {Unit} unit */
export function formatChange(change, unit) {
  if (change === 0n) return "0";
  return change > 0n ? `+${formatAmount(change, unit)}` : formatAmount(change, unit);
}
