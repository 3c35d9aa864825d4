import { parseI64OrFloat } from "./amount-text.js";
import { isMajor } from "./mint-table.js";
import type { Prices } from "./prices.js";
import type { LegRecord, RoutePlan } from "./replacement-records.js";

/** The largest plausible difference between the two routes of a swap, in basis points. Swaps with a larger difference are dropped. */
const OUTLIER_BPS = 2_000;

/** A leg (one swap of a transaction) with a known value on both routes. */
export interface MeasuredLeg {
  readonly leg: LegRecord;
  readonly l1Usd: number;
  readonly ourUsd: number;
  /** 1 if the new route is better, -1 if it is worse. */
  readonly outcome: -1 | 0 | 1;
}

/**
 * Returns `true` if the original and the new transaction both succeeded, both outputs are known, and the two mints of the leg
 * (swap) differ.
 */
export function hasLanded(leg: LegRecord): boolean {
  const { failed, originalFailed, realizedOutput, originalOutput, inputMint, outputMint } = leg;
  return !failed && !originalFailed && realizedOutput !== undefined && originalOutput !== undefined && inputMint !== outputMint;
}

/** Drops legs (swaps) that cannot be compared. Also drops all legs of a transaction with several legs. */
export function collectLegs(legs: readonly LegRecord[]): { kept: LegRecord[]; droppedMultiRow: number } {
  const candidates = legs.filter(({ swapMode, inputMint }) => swapMode === "ExactIn" || isMajor(inputMint));
  const counts = new Map<string, number>();
  for (const { signature } of candidates) counts.set(signature, (counts.get(signature) ?? 0) + 1);
  const kept = candidates.filter(({ signature }) => counts.get(signature) === 1);
  return { kept, droppedMultiRow: [...counts.values()].filter((count) => count > 1).length };
}

/** Returns the value of a leg on both routes. `undefined` if it cannot be measured. */
export function measureLeg(leg: LegRecord, prices: Prices): MeasuredLeg | undefined {
  return leg.swapMode === "ExactIn" ? measureOutputs(leg, prices) : measureInputs(leg, prices);
}

/** Measures an ExactIn leg: more output is better. */
function measureOutputs(leg: LegRecord, prices: Prices): MeasuredLeg | undefined {
  const { inputMint, outputMint } = leg;
  // Converts the amounts to signed integers, as the Rust crate does.
  const ours = BigInt.asIntN(64, leg.realizedOutput ?? 0n);
  const l1 = BigInt.asIntN(64, leg.originalOutput ?? 0n);
  const bps = (Number(ours) / Number(l1) - 1) * 1e4;
  if (Math.abs(bps) > OUTLIER_BPS) return undefined;
  const byOutput = (): Values | undefined => valuesOf(prices.usd(outputMint, l1), prices.usd(outputMint, ours));
  const byInput = (): Values | undefined => {
    const usd = prices.usd(inputMint, leg.amount);
    return usd === undefined ? undefined : { l1Usd: usd, ourUsd: usd * (1 + bps / 1e4) };
  };
  const values = isMajor(outputMint) ? byOutput() : isMajor(inputMint) ? byInput() : (byOutput() ?? byInput());
  return toMeasured(leg, values, compare(ours, l1));
}

/** Measures an ExactOut leg: less input is better. */
function measureInputs(leg: LegRecord, prices: Prices): MeasuredLeg | undefined {
  const ours = sumInputs(leg.routePlan, leg.inputMint);
  const l1 = sumInputs(leg.originalRoutePlan, leg.inputMint);
  if (ours === undefined || l1 === undefined || ours <= 0n || l1 <= 0n) return undefined;
  // A new route that saves input gets a higher value: the original input (`l1`) plus the saved input (`l1 - ours`).
  const values = valuesOf(prices.usd(leg.inputMint, l1), prices.usd(leg.inputMint, 2n * l1 - ours));
  if (values === undefined || Math.abs(values.ourUsd / values.l1Usd - 1) * 1e4 > OUTLIER_BPS) return undefined;
  return toMeasured(leg, values, compare(l1, ours));
}

interface Values {
  readonly l1Usd: number;
  readonly ourUsd: number;
}

function valuesOf(l1Usd: number | undefined, ourUsd: number | undefined): Values | undefined {
  return l1Usd === undefined || ourUsd === undefined ? undefined : { l1Usd, ourUsd };
}

function toMeasured(leg: LegRecord, values: Values | undefined, outcome: -1 | 0 | 1): MeasuredLeg | undefined {
  return values === undefined || values.l1Usd <= 0 ? undefined : { leg, ...values, outcome };
}

function compare(ours: bigint, l1: bigint): -1 | 0 | 1 {
  return ours > l1 ? 1 : ours < l1 ? -1 : 0;
}

/** Adds up the input amounts of the hops whose input is this mint. `undefined` if an amount cannot be read. */
function sumInputs(plan: RoutePlan = [], mint: string): bigint | undefined {
  let sum = 0n;
  for (const { swapInfo } of plan) {
    if (swapInfo.inputMint !== mint || swapInfo.inAmount === undefined) continue;
    const amount = parseI64OrFloat(swapInfo.inAmount);
    if (amount === undefined) return undefined;
    sum += amount;
  }
  return sum;
}
