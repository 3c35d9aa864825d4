import { invalidParams } from "../protocol/error-helpers.js";
import { addFigures, addLeg, type BenchmarkFigures, emptyFigures, meanBps } from "./benchmark-figures.js";
import { collectLegs, hasLanded, measureLeg } from "./benchmark-legs.js";
import { renderBenchmark } from "./benchmark-report-text.js";
import { compareBytes } from "./byte-order.js";
import type { Prices } from "./prices.js";
import { legRecords, type ReplacementInput } from "./replacement-records.js";

/** Which legs (swaps) are measured. `landed`: only legs that succeeded with both routes. `all`: all legs. */
export type BenchmarkPopulation = "landed" | "all";

/** A comparison of the new routes with the original routes. */
export interface BenchmarkReport {
  /** The figures of all measured legs. */
  readonly figures: Readonly<BenchmarkFigures>;
  /** Number of transactions that were dropped because they contain several legs (swaps). */
  readonly droppedMultiRow: number;
  /** The mean gain of the new routes in basis points, weighted by value. */
  readonly vwBps: number;
  /** Combines two reports. Counts and sums are added. @throws SimulatorError `invalidParams` if `other` is not a benchmark report */
  merge(other: BenchmarkReport): BenchmarkReport;
  /** Formats the report as Markdown. */
  render(title: string): string;
}

/**
 * Compares the new routes of re-quoted swaps with their original routes. Replacements of other kinds than `requote` are ignored.
 *
 * @param options.prices the prices of the session, from `pricesOf`
 * @param options.population `landed`: only legs (swaps) that succeeded with both routes; `all`: all legs
 * @throws SimulatorError `invalidParams` for an item that is not a replacement, or for an invalid option
 * @example
 * const prices = pricesOf(replacements);
 * if (prices) console.log(benchmarkReport(replacements, { prices, population: "landed" }).render("benchmark"));
 */
export function benchmarkReport(
  replacements: Iterable<ReplacementInput>,
  options: { prices: Prices; population: BenchmarkPopulation },
): BenchmarkReport {
  const { prices, population } = options ?? {};
  if (typeof prices?.usd !== "function") {
    throw invalidParams("prices", "expected the result of pricesOf(): without the price of SOL, nothing can be measured");
  }
  if (population !== "landed" && population !== "all") throw invalidParams("population", 'expected "landed" or "all"');
  const legs = legRecords(replacements);
  const { kept, droppedMultiRow } = collectLegs(population === "landed" ? legs.filter(hasLanded) : legs);
  const figures = emptyFigures();
  for (const leg of kept) {
    const measured = measureLeg(leg, prices);
    if (measured !== undefined) addLeg(figures, measured);
  }
  return toReport(figures, droppedMultiRow);
}

function toReport(unsorted: BenchmarkFigures, droppedMultiRow: number): BenchmarkReport {
  const venues = Object.entries(unsorted.venues).sort(([a], [b]) => compareBytes(a, b));
  const figures = { ...unsorted, venues: Object.fromEntries(venues) };
  const vwBps = meanBps(figures);
  return {
    figures,
    droppedMultiRow,
    vwBps,
    merge: (other) => mergeReports(figures, droppedMultiRow, other),
    render: (title) => renderBenchmark(title, figures),
  };
}

function mergeReports(ours: BenchmarkFigures, droppedMultiRow: number, other: BenchmarkReport): BenchmarkReport {
  if (!Array.isArray(other?.figures?.bps)) throw invalidParams("other", "expected a report from benchmarkReport()");
  return toReport(addFigures(ours, other.figures), droppedMultiRow + (other.droppedMultiRow ?? 0));
}
