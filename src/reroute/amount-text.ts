import { toI64Saturated } from "./rust-number-format.js";

const U128_MAX = 2n ** 128n - 1n;
const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

/**
 * Numbers with more digits are not parsed, because `BigInt()` takes quadratic time. Such numbers exceed every limit here. Leading
 * zeros are not counted.
 */
const MAX_DIGITS = 10_000;

const UNSIGNED = /^\+?[0-9]+$/;
const SIGNED = /^[+-]?[0-9]+$/;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^[+-]?nan$/i;

/** Parses the text of a u128 like Rust: ASCII digits with an optional plus sign. */
export function parseU128(text: string): bigint | undefined {
  const value = UNSIGNED.test(text) ? toInteger(text) : undefined;
  return value !== undefined && value <= U128_MAX ? value : undefined;
}

/**
 * Parses the text of an i64 or a float, and casts a float to an i64 like Rust: the cast truncates and saturates, and NaN becomes
 * 0.
 */
export function parseI64OrFloat(text: string): bigint | undefined {
  const integer = SIGNED.test(text) ? toInteger(text) : undefined;
  if (integer !== undefined && integer >= I64_MIN && integer <= I64_MAX) return integer;
  const float = parseFloatText(text);
  return float === undefined ? undefined : toI64Saturated(float);
}

function toInteger(text: string): bigint | undefined {
  const isNegative = text.startsWith("-");
  const digits = text.replace(/^[+-]?0*(?=[0-9])/, "");
  if (digits.length > MAX_DIGITS) return undefined;
  return isNegative ? -BigInt(digits) : BigInt(digits);
}

function parseFloatText(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  if (NOT_A_NUMBER.test(text)) return Number.NaN;
  const infinite = INFINITE.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
