import type { MeasuredLeg } from "./benchmark-legs.js";
import { isMajor } from "./mint-table.js";
import type { RoutePlan } from "./replacement-records.js";

/** The figures of a benchmark, in dollars and basis points. Their names are the same as in the Rust crate. */
export interface BenchmarkFigures {
  /** Number of measured legs. A leg is one swap of a transaction. */
  n: number;
  /** Number of legs for which the new route is better than the original route. */
  better: number;
  /** Number of legs for which both routes are equally good. */
  same: number;
  /** Number of legs for which the new route is worse than the original route. */
  worse: number;
  /** The value of all legs on the original routes, in dollars. */
  vol: number;
  /** The part of `vol` for which the new routes are better, in dollars. */
  vol_better: number;
  /** The part of `vol` for which both routes are equally good, in dollars. */
  vol_same: number;
  /** The part of `vol` for which the new routes are worse, in dollars. */
  vol_worse: number;
  /** How much more value the new routes yield than the original routes, in dollars. */
  net: number;
  /** The change of each leg in basis points, in order. */
  bps: number[];
  /** `vol` and `net` of the legs between two majors: SOL, stablecoins, and other well-known mints such as WBTC and jitoSOL. */
  majors: { vol: number; net: number };
  /** `vol` and `net` of all legs that are not in `majors`. */
  exotic: { vol: number; net: number };
  /**
   * For each venue label: the value on the new routes (`us`), the value on the original routes (`l1`), and the gain, in dollars.
   */
  venues: Record<string, { us: number; l1: number; net: number }>;
}

export function emptyFigures(): BenchmarkFigures {
  const sums = { n: 0, better: 0, same: 0, worse: 0, vol: 0, vol_better: 0, vol_same: 0, vol_worse: 0, net: 0 };
  return { ...sums, bps: [], majors: { vol: 0, net: 0 }, exotic: { vol: 0, net: 0 }, venues: {} };
}

/** Adds a leg to the figures. Changes the given object. */
export function addLeg(figures: BenchmarkFigures, { leg, l1Usd, ourUsd, outcome }: MeasuredLeg): void {
  const delta = ourUsd - l1Usd;
  const name = outcome > 0 ? "better" : outcome < 0 ? "worse" : "same";
  figures.n++;
  figures[name]++;
  figures[`vol_${name}`] += l1Usd;
  figures.vol += l1Usd;
  figures.net += delta;
  figures.bps.push((delta / l1Usd) * 1e4);
  const side = isMajor(leg.inputMint) && isMajor(leg.outputMint) ? figures.majors : figures.exotic;
  side.vol += l1Usd;
  side.net += delta;
  for (const [label, weight] of weights(leg.routePlan)) {
    const venue = venueOf(figures, label);
    venue.us += l1Usd * weight;
    venue.net += delta * weight;
  }
  for (const [label, weight] of weights(leg.originalRoutePlan)) venueOf(figures, label).l1 += l1Usd * weight;
}

/** Returns the label of each hop, and its share of the route. */
function weights(plan: RoutePlan = []): [label: string, weight: number][] {
  const parts = plan.map(({ percent }) => Number(percent) / 100);
  const sum = parts.reduce((total, part) => total + part, 0) || 1;
  return plan.map(({ swapInfo }, index) => [swapInfo.label ?? "(unlabeled)", (parts[index] ?? 0) / sum]);
}

/** Returns the figures of a venue. Uses `defineProperty`, so that a venue named `__proto__` becomes an ordinary member. */
function venueOf({ venues }: BenchmarkFigures, label: string): { us: number; l1: number; net: number } {
  const known = Object.hasOwn(venues, label) ? venues[label] : undefined;
  if (known !== undefined) return known;
  const venue = { us: 0, l1: 0, net: 0 };
  Object.defineProperty(venues, label, { value: venue, enumerable: true, configurable: true, writable: true });
  return venue;
}

/** Adds two sets of figures. The list `bps` contains the entries of `a`, then the entries of `b`. */
export function addFigures(a: Readonly<BenchmarkFigures>, b: Readonly<BenchmarkFigures>): BenchmarkFigures {
  const sum = emptyFigures();
  for (const figures of [a, b]) {
    for (const name of ["n", "better", "same", "worse", "vol", "vol_better", "vol_same", "vol_worse", "net"] as const) {
      sum[name] += figures[name];
    }
    sum.bps = sum.bps.concat(figures.bps);
    for (const side of ["majors", "exotic"] as const) {
      sum[side].vol += figures[side].vol;
      sum[side].net += figures[side].net;
    }
    for (const [label, { us, l1, net }] of Object.entries(figures.venues)) {
      const venue = venueOf(sum, label);
      venue.us += us;
      venue.l1 += l1;
      venue.net += net;
    }
  }
  return sum;
}

/** Returns the mean gain: `net` relative to `vol`, in basis points. */
export function meanBps({ net, vol }: { net: number; vol: number }): number {
  return vol === 0 ? 0 : (net / vol) * 1e4;
}
