import { isMajor, PRICED_MAJORS, SOL_MINT, STABLES, USDC_MINT, USDT_MINT } from "./mint-table.js";
import { type LegRecord, legRecords, type ReplacementInput } from "./replacement-records.js";
import { compareTotal } from "./rust-number-format.js";

/** A mint other than SOL needs at least this many samples to get a price. */
const MIN_SAMPLES = 3;
const LAMPORTS_PER_SOL = 1e9;

/** Dollar prices, derived from the trades of a session. */
export interface Prices {
  /** Dollars per SOL. */
  readonly solUsd: number;
  /**
   * Returns the value of an amount in dollars.
   *
   * @param raw the amount in the smallest unit of the mint
   * @returns `undefined` if the mint has no price
   */
  usd(mint: string, raw: number | bigint): number | undefined;
}

/** A trade from which a price can be derived: both amounts are known. */
interface Sample {
  readonly inputMint: string;
  readonly outputMint: string;
  readonly input: bigint;
  readonly output: bigint;
}

/**
 * Derives prices from the trades of the original transactions. Uses only `requote` replacements with one leg (swap).
 *
 * @returns `undefined` if the price of SOL in USDC cannot be derived from any trade
 * @throws SimulatorError `invalidParams` if an item is not a replacement
 * @example pricesOf(replacements)?.usd("So11111111111111111111111111111111111111112", 1_500_000_000) // 1.5 SOL in dollars
 */
export function pricesOf(replacements: Iterable<ReplacementInput>): Prices | undefined {
  return pricesOfLegs(legRecords(replacements));
}

export function pricesOfLegs(legs: readonly LegRecord[]): Prices | undefined {
  const samples = legs.flatMap(toSample);
  const solUsd = solPrice(samples);
  if (solUsd === undefined) return undefined;
  const majors = mediansOf(samples, solUsd, majorRatio);
  const others = mediansOf(samples, solUsd, (mint, raw, other, otherRaw) => {
    if (isMajor(mint)) return undefined;
    const usd = usdOfMajor(other, otherRaw, solUsd, majors);
    return usd === undefined ? undefined : usd / Number(raw);
  });
  return {
    solUsd,
    usd: (mint, raw) => {
      const amount = Number(raw);
      const known = usdOfMajor(mint, amount, solUsd, majors);
      if (known !== undefined) return known;
      const unit = others.get(mint);
      return unit === undefined ? undefined : amount * unit;
    },
  };
}

function toSample(leg: LegRecord): Sample[] {
  const { inputMint, outputMint, amount: input, originalOutput: output } = leg;
  if (leg.swapMode !== "ExactIn" || leg.originalFailed || output === undefined || input === 0n || output === 0n) return [];
  return isMajor(inputMint) || isMajor(outputMint) ? [{ inputMint, outputMint, input, output }] : [];
}

/** Returns the median price of SOL in USDC. Only trades of at least 1 SOL are used. */
function solPrice(samples: readonly Sample[]): number | undefined {
  const ratios = samples.flatMap(({ inputMint, outputMint, input, output }) => {
    if (inputMint === SOL_MINT && outputMint === USDC_MINT) return solRatio(input, output);
    if (inputMint === USDC_MINT && outputMint === SOL_MINT) return solRatio(output, input);
    return [];
  });
  return median(ratios);
}

function solRatio(lamports: bigint, usdc: bigint): number[] {
  if (lamports < BigInt(LAMPORTS_PER_SOL)) return [];
  return [Number(usdc) / 1e6 / (Number(lamports) / LAMPORTS_PER_SOL)];
}

/** Derives the price of `mint` from a trade of `mint` for `other`. */
type Ratio = (mint: string, raw: bigint, other: string, otherRaw: bigint, solUsd: number) => number | undefined;

/** Derives the price of one of `PRICED_MAJORS`, in dollars per whole unit. Uses only trades against USDC, USDT or SOL. */
const majorRatio: Ratio = (mint, raw, other, otherRaw, solUsd) => {
  const decimals = PRICED_MAJORS.get(mint)?.decimals;
  if (decimals === undefined || (other !== USDC_MINT && other !== USDT_MINT && other !== SOL_MINT)) return undefined;
  const usd = usdOfMajor(other, otherRaw, solUsd, new Map());
  return usd === undefined ? undefined : usd / (Number(raw) / 10 ** decimals);
};

/** Returns the median price of each mint that has enough samples. */
function mediansOf(samples: readonly Sample[], solUsd: number, ratio: Ratio): Map<string, number> {
  const ratios = new Map<string, number[]>();
  const add = (mint: string, value: number | undefined): void => {
    if (value === undefined) return;
    const known = ratios.get(mint);
    if (known === undefined) ratios.set(mint, [value]);
    else known.push(value);
  };
  for (const { inputMint, outputMint, input, output } of samples) {
    add(inputMint, ratio(inputMint, input, outputMint, output, solUsd));
    add(outputMint, ratio(outputMint, output, inputMint, input, solUsd));
  }
  const medians = new Map<string, number>();
  for (const [mint, values] of ratios) {
    const middle = values.length >= MIN_SAMPLES ? median(values) : undefined;
    if (middle !== undefined) medians.set(mint, middle);
  }
  return medians;
}

function usdOfMajor(mint: string, raw: number | bigint, solUsd: number, majors: ReadonlyMap<string, number>): number | undefined {
  const amount = Number(raw);
  if (mint === SOL_MINT) return (amount / LAMPORTS_PER_SOL) * solUsd;
  const stable = STABLES.get(mint);
  if (stable !== undefined) return amount / 10 ** stable.decimals;
  const major = PRICED_MAJORS.get(mint);
  const unit = majors.get(mint);
  return major === undefined || unit === undefined ? undefined : (amount / 10 ** major.decimals) * unit;
}

/** Returns the median. For an even number of values, this is the mean of the two middle values. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort(compareTotal);
  const upper = sorted[sorted.length >> 1];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  const lower = sorted[(sorted.length >> 1) - 1] ?? upper;
  return (lower + upper) / 2;
}
