import { parseU128 } from "./amount-text.js";
import { compareBytes } from "./byte-order.js";
import type { Prices } from "./prices.js";
import type { Hop, LegRecord, RoutePlan } from "./replacement-records.js";

/** The venue that a report is about: a label of the router, or a program. */
export interface VenueTarget {
  /** The label of the venue in the quotes, such as `Whirlpool`. @default none: no quote is matched */
  readonly label?: string | undefined;
  /**
   * The address of the program. If it is set, fills are matched only by the program, not by the label.
   *
   * @default none: fills are matched by the label
   */
  readonly program?: string | undefined;
}

/** The swaps of one kind through a venue: those on the original routes, or those on the new routes. */
export interface Flow {
  /** Number of swaps. */
  readonly legs: number;
  /** The volume of the swaps in dollars. */
  readonly usd: number;
  /** Number of swaps whose amount is unknown. */
  readonly withoutAmount: number;
  /** Number of swaps whose input mint has no price. */
  readonly withoutPrice: number;
}

/** The swaps through a venue from one mint to another, on the original routes and on the new routes. */
export interface Direction {
  /** The input mint and the output mint. Absent in the total of a report. */
  readonly pair?: readonly [input: string, output: string];
  /** The swaps on the original routes. */
  readonly l1: Flow;
  /** The swaps on the new routes. */
  readonly requoted: Flow;
  /**
   * The venue's share of all swaps in percent: first on the original routes, then on the new routes. Absent if either share
   * cannot be computed.
   */
  readonly share?: readonly [l1: number, requoted: number];
  /** Whether the venue has any swap in this direction. */
  readonly present: boolean;
  /** Whether some swaps have no price. */
  readonly unpriced: boolean;
  /** Whether the volume is 0 because the swaps have no price. */
  readonly fullyUnpriced: boolean;
}

/** The values from which the venue's share is computed, in dollars. The share is `claimed` divided by `all`. */
interface Claim {
  /** The value of the swaps through the venue of the report. */
  readonly claimed: number;
  /** The value of the swaps through all venues. */
  readonly all: number;
}

/**
 * The swaps of one pair of mints, or the total of several pairs. `l1` has the sums of the original routes, and `requoted` has the
 * sums of the new routes.
 */
export interface DirectionSum {
  readonly pair: readonly [input: string, output: string] | undefined;
  readonly l1: Flow & Claim;
  readonly requoted: Flow & Claim;
}

/** The sums of one pair of mints, on the original routes or on the new routes. The amounts are not converted to dollars yet. */
interface SideTally {
  legs: number;
  withoutAmount: number;
  /** The total amount that is swapped through the venue, in the input mint of the pair. */
  amount: bigint;
  /** For each input mint of a route: the amount that is swapped through the venue, in units of this mint. */
  claimed: Map<string, number>;
  /** For each input mint of a route: the amount that is swapped through all venues, in units of this mint. */
  all: Map<string, number>;
}

interface DirectionTally {
  readonly pair: readonly [input: string, output: string];
  readonly l1: SideTally;
  readonly requoted: SideTally;
}

export function claimsQuoted({ label }: VenueTarget, hop: Hop): boolean {
  return label !== undefined && hop.swapInfo.label === label;
}

export function claimsFill(target: VenueTarget, hop: Hop): boolean {
  return target.program === undefined ? claimsQuoted(target, hop) : hop.program === target.program;
}

/** Whether a leg is counted. A leg is counted if neither the replacement nor the original transaction failed. */
export function hasFlow({ failed, originalFailed }: LegRecord): boolean {
  return !failed && !originalFailed;
}

/** Returns the swaps through a venue for each pair of mints, sorted by input and output mint. */
export function venueFlow(legs: readonly LegRecord[], target: VenueTarget, prices: Prices | undefined): DirectionSum[] {
  const tallies = new Map<string, DirectionTally>();
  for (const leg of legs.filter(hasFlow)) {
    const { realizedRoutePlan, routePlan, originalRoutePlan } = leg;
    if (realizedRoutePlan !== undefined) addPlan(tallies, "requoted", leg, realizedRoutePlan, (hop) => claimsFill(target, hop));
    else if (routePlan !== undefined) addPlan(tallies, "requoted", leg, routePlan, (hop) => claimsQuoted(target, hop));
    if (originalRoutePlan !== undefined) addPlan(tallies, "l1", leg, originalRoutePlan, (hop) => claimsFill(target, hop));
  }
  return [...tallies.values()]
    .map(({ pair, l1, requoted }) => ({
      pair,
      l1: priceSide(l1, pair[0], prices),
      requoted: priceSide(requoted, pair[0], prices),
    }))
    .filter(({ l1, requoted }) => l1.legs > 0 || requoted.legs > 0 || l1.all > 0 || requoted.all > 0)
    .sort((a, b) => compareBytes(a.pair[0], b.pair[0]) || compareBytes(a.pair[1], b.pair[1]));
}

function addPlan(
  tallies: Map<string, DirectionTally>,
  side: "l1" | "requoted",
  leg: LegRecord,
  plan: RoutePlan,
  claims: (hop: Hop) => boolean,
): void {
  const percents = Number(plan.reduce((sum, { percent }) => sum + percent, 0n));
  for (const hop of plan) {
    const { inputMint, outputMint, inAmount } = hop.swapInfo;
    if (inputMint === undefined || outputMint === undefined) continue;
    const tally = tallyOf(tallies, [inputMint, outputMint])[side];
    const isClaimed = claims(hop);
    if (isClaimed) {
      tally.legs++;
      const amount = inAmount === undefined ? undefined : parseU128(inAmount);
      if (amount === undefined) tally.withoutAmount++;
      else tally.amount += amount;
    }
    if (percents === 0) continue;
    const part = (Number(leg.amount) * Number(hop.percent)) / percents;
    addAmount(tally.all, leg.inputMint, part);
    if (isClaimed) addAmount(tally.claimed, leg.inputMint, part);
  }
}

function tallyOf(tallies: Map<string, DirectionTally>, pair: readonly [string, string]): DirectionTally {
  const key = JSON.stringify(pair);
  const known = tallies.get(key);
  if (known !== undefined) return known;
  const tally = { pair, l1: emptySide(), requoted: emptySide() };
  tallies.set(key, tally);
  return tally;
}

function emptySide(): SideTally {
  return { legs: 0, withoutAmount: 0, amount: 0n, claimed: new Map(), all: new Map() };
}

function addAmount(amounts: Map<string, number>, mint: string, amount: number): void {
  amounts.set(mint, (amounts.get(mint) ?? 0) + amount);
}

function priceSide(side: SideTally, inputMint: string, prices: Prices | undefined): Flow & Claim {
  const { legs, withoutAmount, amount } = side;
  const usd = prices?.usd(inputMint, Number(amount));
  return {
    legs,
    usd: usd ?? 0,
    withoutAmount,
    withoutPrice: usd === undefined ? legs - withoutAmount : 0,
    claimed: sumUsd(side.claimed, prices),
    all: sumUsd(side.all, prices),
  };
}

function sumUsd(amounts: ReadonlyMap<string, number>, prices: Prices | undefined): number {
  let sum = 0;
  for (const [mint, amount] of amounts) sum += prices?.usd(mint, amount) ?? 0;
  return sum;
}

/** Adds up directions in the given order, because the sum of floats depends on the order. */
export function addDirections(directions: readonly DirectionSum[]): DirectionSum {
  const sum = { pair: undefined, l1: emptyFlow(), requoted: emptyFlow() };
  return directions.reduce<DirectionSum>(
    (total, { l1, requoted }) => ({ pair: undefined, l1: addFlow(total.l1, l1), requoted: addFlow(total.requoted, requoted) }),
    sum,
  );
}

function emptyFlow(): Flow & Claim {
  return { legs: 0, usd: 0, withoutAmount: 0, withoutPrice: 0, claimed: 0, all: 0 };
}

function addFlow(a: Flow & Claim, b: Flow & Claim): Flow & Claim {
  return {
    legs: a.legs + b.legs,
    usd: a.usd + b.usd,
    withoutAmount: a.withoutAmount + b.withoutAmount,
    withoutPrice: a.withoutPrice + b.withoutPrice,
    claimed: a.claimed + b.claimed,
    all: a.all + b.all,
  };
}

/** Converts a direction to its public form. */
export function toDirection({ pair, l1, requoted }: DirectionSum): Direction {
  const unpriced = l1.withoutPrice > 0 || requoted.withoutPrice > 0;
  const hasShare = l1.all > 0 && requoted.all > 0;
  return {
    ...(pair !== undefined && { pair }),
    l1: toFlow(l1),
    requoted: toFlow(requoted),
    ...(hasShare && { share: [(l1.claimed / l1.all) * 100, (requoted.claimed / requoted.all) * 100] as const }),
    present: l1.legs > 0 || requoted.legs > 0,
    unpriced,
    fullyUnpriced: unpriced && l1.usd === 0 && requoted.usd === 0,
  };
}

function toFlow({ legs, usd, withoutAmount, withoutPrice }: Flow): Flow {
  return { legs, usd, withoutAmount, withoutPrice };
}
