// The reports must have the same text as the reports of the Rust crate. Rust formats a number from its exact binary value and
// rounds ties to even. `toFixed` cannot be used, because it rounds ties up and uses exponents from 1e21.

const view = new DataView(new ArrayBuffer(8));

/** Formats a number with a fixed number of decimals, like `{:.N}` in Rust: exact, ties to even, without exponents. */
export function fixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return "NaN";
  const isNegative = value < 0 || Object.is(value, -0);
  const sign = isNegative ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}inf`;
  const digits = scaledInteger(Math.abs(value), decimals)
    .toString()
    .padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** Like `fixed`, but with a plus sign for non-negative numbers: `{:+.N}` in Rust. */
export function signedFixed(value: number, decimals: number): string {
  const text = fixed(value, decimals);
  return text.startsWith("-") || text === "NaN" ? text : `+${text}`;
}

/** Returns `value * 10^decimals` as an integer, rounded from the exact binary value, ties to even. */
function scaledInteger(value: number, decimals: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = Math.max(biased, 1) - 1075;
  const scaled = mantissa * 10n ** BigInt(decimals);
  if (exponent >= 0) return scaled << BigInt(exponent);
  const shift = BigInt(-exponent);
  const whole = scaled >> shift;
  const rest = scaled - (whole << shift);
  const half = 1n << (shift - 1n);
  const roundsUp = rest > half || (rest === half && (whole & 1n) === 1n);
  return roundsUp ? whole + 1n : whole;
}

/** Formats a dollar amount with a unit: `$1.50M`, `$1.5k`, `$15`. The unit is chosen before rounding. */
export function money(usd: number): string {
  if (usd >= 1e6) return `$${fixed(usd / 1e6, 2)}M`;
  if (usd >= 1e3) return `$${fixed(usd / 1e3, 1)}k`;
  return `$${fixed(usd, 0)}`;
}

/** Formats whole dollars, rounded half away from zero, with thousands separators. The sign comes first. */
export function wholeDollars(usd: number, { signed = false } = {}): string {
  const rounded = roundHalfAwayFromZero(Math.abs(usd));
  const sign = usd < 0 ? "-" : signed ? "+" : "";
  return `${sign}${groupThousands(toU64Saturated(rounded))}`;
}

function roundHalfAwayFromZero(value: number): number {
  const whole = Math.trunc(value);
  return value - whole >= 0.5 ? whole + 1 : whole;
}

/** Formats an integer with commas as thousands separators. */
export function groupThousands(value: bigint | number): string {
  return value.toString().replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Casts to u64 like Rust: truncates, saturates, and converts NaN to 0. */
export function toU64Saturated(value: number): bigint {
  return value < 0 ? 0n : saturate(value, 2n ** 64n - 1n);
}

/** Casts to i64 like Rust: truncates, saturates, and converts NaN to 0. */
export function toI64Saturated(value: number): bigint {
  return value < 0 ? -saturate(-value, 2n ** 63n) : saturate(value, 2n ** 63n - 1n);
}

function saturate(value: number, max: bigint): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= Number(max)) return max;
  return BigInt(Math.trunc(value));
}

/** Compares numbers like `f64::total_cmp` in Rust: -0 is before 0, and NaN is last. */
export function compareTotal(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a !== b) return a < b ? -1 : 1;
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}
