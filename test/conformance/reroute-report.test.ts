import { describe, expect, test } from "vitest";
import { stringifyJson } from "../../src/codec/json.js";
import { collectLegs, hasLanded, measureLeg } from "../../src/reroute/benchmark-legs.js";
import {
  benchmarkReport,
  type Direction,
  decodeReplacement,
  type NothingMatchedError,
  type Prices,
  type ProbeReport,
  pricesOf,
  probeReport,
  venueReport,
} from "../../src/reroute/index.js";
import { isMajor, PRICED_MAJORS, SOL_MINT, STABLES, shortMint } from "../../src/reroute/mint-table.js";
import { type Hop, legRecords, probeRecords } from "../../src/reroute/replacement-records.js";
import { claimsFill, claimsQuoted } from "../../src/reroute/venue-flow.js";
import { readVectors } from "./vectors.js";

// The vectors are outputs of the published Rust crates simulator-api 0.28.0 and simulator-client 0.28.0.

interface ReportOptions {
  label: string | null;
  program: string | null;
  subtitle: string | null;
}

interface RerouteCase {
  name: string;
  events: unknown[];
  options: {
    full: boolean;
    reports: ReportOptions[];
    priceOf: [mint: string, raw: number][];
    probes?: { title: string; cut: number | null };
    benchmark?: { title: string; cut: number | null; population: "landed" | "all" };
    sameTextAs?: string;
    helpers?: { mints: string[]; claims: [ReportOptions, Partial<Hop>][] };
  };
  expected: Expected;
}

interface Rendered {
  render: string;
}

interface Expected {
  prices: { solUsd: number; usd: (number | null)[] } | null;
  reports: (Rendered & {
    error?: { asked: string; message: string; venues: [string, number][] };
    json?: unknown;
    solUsd: number | null;
    total: unknown;
    byDirection: unknown[];
  })[];
  probes?: Rendered & { byTemplate: unknown; isEmpty: boolean } & Partial<
      Record<"priced" | "merged", Rendered & { byTemplate: unknown }>
    >;
  benchmark?:
    | (Rendered & {
        droppedMultiRow: number;
        figures: unknown;
        vwBps: number | null;
        kept: number[];
        measured: unknown[];
        merged?: Rendered & { figures: unknown };
      })
    | null;
  records?: Record<string, unknown>[];
  probeRecords?: Record<string, unknown>[];
  helpers?: { mints: Record<string, unknown>[]; claims: { fill: boolean; quoted: boolean }[] };
}

const cases = readVectors("reroute-report.json") as RerouteCase[];

/** Converts a result to the form in the test vectors: a small `bigint` becomes a number, and NaN becomes `null`. */
function comparable(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, comparable(member)]));
}

/** Converts a `Direction` to the form in the test vectors. The vectors omit flags that are `false`. */
function compactDirection({ pair, l1, requoted, share, present, unpriced, fullyUnpriced }: Direction): unknown {
  const flow = (side: Direction["l1"]) => [side.legs, side.usd, side.withoutAmount, side.withoutPrice];
  return {
    ...(pair && { pair: [...pair] }),
    l1: flow(l1),
    requoted: flow(requoted),
    ...(share && { share: [...share] }),
    ...(present && { present }),
    ...(unpriced && { unpriced }),
    ...(fullyUnpriced && { fullyUnpriced }),
  };
}

const nullsOmitted = (value: Record<string, unknown>): unknown =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined && member !== false));

function thrownBy(call: () => unknown): NothingMatchedError {
  try {
    call();
  } catch (error) {
    return error as NothingMatchedError;
  }
  throw new Error("nothing was thrown");
}

describe.each(cases)("$name", ({ events, options, expected }) => {
  const replacements = events.map((event) => decodeReplacement(stringifyJson(event)));
  const prices = pricesOf(replacements);

  test("the reroute module derives the same prices as the Rust crate", () => {
    const seen = prices && { solUsd: prices.solUsd, usd: options.priceOf.map(([mint, raw]) => prices.usd(mint, raw) ?? null) };
    expect(seen ?? null).toEqual(expected.prices);
  });

  for (const [index, { label, program, subtitle }] of options.reports.entries()) {
    const target = { ...(label !== null && { label }), ...(program !== null && { program }) };
    const wanted = expected.reports[index]!;
    test(`the reroute module writes the same venue report ${index} as the Rust crate`, () => {
      if (wanted.error !== undefined) {
        const error = thrownBy(() => venueReport(replacements, target));
        expect(error.code).toBe("nothingMatched");
        expect({ asked: error.asked, message: error.message, venues: error.venues }).toEqual(wanted.error);
        return;
      }
      const report = venueReport(replacements, target);
      expect(report.render(subtitle ?? undefined)).toBe(wanted.render);
      expect(report.solUsd ?? null).toBe(wanted.solUsd ?? null);
      expect(compactDirection(report.total)).toEqual(wanted.total);
      expect(report.byDirection.map(compactDirection)).toEqual(wanted.byDirection);
      if (wanted.json !== undefined) expect(JSON.parse(JSON.stringify(report))).toEqual(wanted.json);
    });
  }

  // A test is defined only if the case has an expected result for it.
  if (options.probes)
    test("the reroute module writes the same probe report as the Rust crate", () => {
      const { title, cut } = options.probes!;
      const { priced, merged, ...plain } = expected.probes!;
      const seen = (report: ProbeReport) => ({
        byTemplate: comparable(report.figures),
        isEmpty: report.isEmpty,
        render: report.render(title),
      });
      expect(seen(probeReport(replacements))).toEqual(plain);
      if (priced !== undefined) expect(seen(probeReport(replacements, { prices }))).toEqual(priced);
      if (merged === undefined || cut === null) return;
      const fills = replacements.filter(({ kind }) => kind === "directFill");
      const parts = [fills.slice(0, cut), fills.slice(cut)].map((part) => probeReport(part, { prices }));
      expect(seen(parts[0]!.merge(parts[1]!))).toEqual(merged);
    });

  if (options.benchmark)
    test("the reroute module writes the same benchmark report as the Rust crate", () => {
      const { title, population, cut } = options.benchmark!;
      if (expected.benchmark === null) return expect(prices).toBeUndefined();
      const { kept, measured, merged, ...wanted } = expected.benchmark!;
      const some = prices as Prices;
      const report = benchmarkReport(replacements, { prices: some, population });
      const { figures, droppedMultiRow, vwBps } = report;
      expect(comparable({ figures, droppedMultiRow, vwBps, render: report.render(title) })).toEqual(wanted);

      const legs = legRecords(replacements);
      const collected = collectLegs(population === "landed" ? legs.filter(hasLanded) : legs).kept;
      expect(collected.map((leg) => legs.indexOf(leg))).toEqual(kept);
      const outcomes = collected.map((leg) => measureLeg(leg, some)).map((found) => found && { ...found, leg: undefined });
      expect(comparable(outcomes.map((found) => (found === undefined ? null : nullsOmitted(found))))).toEqual(measured);

      if (merged === undefined || cut === null) return;
      const parts = [replacements.slice(0, cut), replacements.slice(cut)].map((part) =>
        benchmarkReport(part, { prices: some, population }),
      );
      const sum = parts[0]!.merge(parts[1]!);
      expect(comparable({ figures: sum.figures, vwBps: sum.vwBps, render: sum.render(title) })).toEqual(merged);
    });

  if (options.full)
    test("the reroute module reads the same records as the Rust crate", () => {
      const planned = legRecords(replacements).map((leg) => ({
        inputMint: leg.inputMint,
        outputMint: leg.outputMint,
        amount: leg.amount,
        swapMode: leg.swapMode,
        failed: leg.failed,
        originalFailed: leg.originalFailed,
        realizedOutputAmount: leg.realizedOutput,
        originalRealizedOutputAmount: leg.originalOutput,
        routePlan: leg.routePlan?.length,
        originalRoutePlan: leg.originalRoutePlan?.length,
        realizedRoutePlan: leg.realizedRoutePlan?.length,
      }));
      expect(planned.map(nullsOmitted).map(comparable)).toEqual(expected.records!.map((read) => omit(read, "event", "leg")));
      const probes = probeRecords(replacements).map((probe) => ({
        template: probe.template,
        inputMint: probe.inputMint,
        outputMint: probe.outputMint,
        amount: probe.amount,
        swapMode: probe.swapMode,
        errorCategory: probe.outcome === "filled" ? undefined : probe.outcome,
        quotedOutputAmount: probe.l1Fill,
        newOutputAmount: probe.templateFill,
        outputBps: probe.changeBps,
      }));
      const wanted = expected.probeRecords!.map((read) => omit(read, "event", "originalFailed"));
      expect(probes.map(nullsOmitted).map(comparable)).toEqual(wanted);
    });

  if (options.helpers)
    test("the reroute module classifies mints and hops in the same way as the Rust crate", () => {
      const { mints, claims } = options.helpers!;
      for (const [index, mint] of mints.entries()) {
        const { short, symbol, isMajor: major, pricedDecimals, stableDecimals } = expected.helpers!.mints[index]!;
        expect(shortMint(mint)).toBe(short);
        expect(isMajor(mint)).toBe(major ?? false);
        expect(STABLES.get(mint)?.decimals ?? null).toBe(stableDecimals);
        expect(PRICED_MAJORS.get(mint)?.decimals ?? null).toBe(pricedDecimals);
        const known = STABLES.get(mint) ?? PRICED_MAJORS.get(mint);
        expect(mint === SOL_MINT ? "SOL" : (known?.symbol ?? null)).toBe(symbol);
      }
      for (const [index, [{ label, program }, hop]] of claims.entries()) {
        const target = { label: label ?? undefined, program: program ?? undefined };
        const { fill, quoted } = expected.helpers!.claims[index]!;
        expect({ fill: claimsFill(target, hop as Hop), quoted: claimsQuoted(target, hop as Hop) }).toEqual({ fill, quoted });
      }
    });
});

function omit(value: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
