import { describe, expectTypeOf, test } from "vitest";
import type { ReplacementEvent } from "../../src/index.js";
import {
  type BenchmarkReport,
  benchmarkReport,
  type Direction,
  decodeReplacement,
  type Prices,
  type ProbeReport,
  pricesOf,
  probeReport,
  type Replacement,
  type VenueReport,
  venueReport,
} from "../../src/reroute/index.js";

declare const events: ReplacementEvent[];
declare const prices: Prices;

describe("reroute", () => {
  test("decodeReplacement returns the type that the replacement in an event has", () => {
    expectTypeOf(decodeReplacement("{}")).toEqualTypeOf<Replacement>();
    expectTypeOf(decodeReplacement("{}")).toEqualTypeOf<ReplacementEvent["replacement"]>();
  });

  test("the report functions accept events and replacements", () => {
    expectTypeOf(venueReport(events, { label: "Whirlpool" })).toEqualTypeOf<VenueReport>();
    expectTypeOf(probeReport(new Set(events), { prices: pricesOf(events) })).toEqualTypeOf<ProbeReport>();
    expectTypeOf(benchmarkReport([decodeReplacement("{}")], { prices, population: "all" })).toEqualTypeOf<BenchmarkReport>();
    expectTypeOf(venueReport(events).byDirection).toEqualTypeOf<readonly Direction[]>();
  });

  test("benchmarkReport does not accept prices that may be undefined", () => {
    expectTypeOf(pricesOf(events)).toEqualTypeOf<Prices | undefined>();
    // @ts-expect-error: pricesOf may return undefined
    benchmarkReport(events, { prices: pricesOf(events), population: "all" });
    // @ts-expect-error: there is no such population
    benchmarkReport(events, { prices, population: "some" });
  });

  test("reports of the same kind can be merged into a report of that kind", () => {
    expectTypeOf(probeReport(events).merge(probeReport(events))).toEqualTypeOf<ProbeReport>();
    // @ts-expect-error: a benchmark report cannot be merged into a probe report
    probeReport(events).merge(benchmarkReport(events, { prices, population: "all" }));
  });
});
