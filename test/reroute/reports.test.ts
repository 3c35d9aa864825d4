import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  benchmarkReport,
  type Prices,
  pricesOf,
  probeReport,
  type Replacement,
  SimulatorError,
  venueReport,
} from "../../src/reroute/index.js";
import { EXOTIC_MINT, fillOf, hopOf, requoteOf } from "./replacement-builders.js";

const PRICES = pricesOf([requoteOf()]) as Prices;

const anyFill = fc
  .record({
    template: fc.constantFrom("a", "B", "~", "🦬", "__proto__", "constructor"),
    outcome: fc.constantFrom("filled", "reverted", "__proto__", "toString", ""),
    changeVsL1Bps: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }),
    l1Fill: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    templateFill: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  })
  .map((shape) => fillOf(shape as Parameters<typeof fillOf>[0]));

const anyRequote = fc
  .record({
    signature: fc.constantFrom("s1", "s2", "s3", "s4", "s5", "s6"),
    ours: fc.integer({ min: 90_000_000, max: 110_000_000 }),
    label: fc.constantFrom("Whirlpool", "SolFi", "__proto__", undefined),
    outputMint: fc.constantFrom(undefined, EXOTIC_MINT),
  })
  .map(({ signature, ours, label, outputMint }) =>
    requoteOf({
      signature,
      ours,
      routePlan: [hopOf(label)],
      originalRoutePlan: [hopOf("Raydium")],
      ...(outputMint !== undefined && { outputMint }),
    }),
  );

/** Rounds to 9 digits. A sum that is 0 except for rounding errors becomes 0. */
function roundedNumber(value: number): number {
  return Math.abs(value) < 1e-6 ? 0 : Number(value.toPrecision(9));
}

/** Rounds sums, because their last bits depend on the order of addition. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member) =>
      typeof member === "bigint" ? `${member}` : typeof member === "number" ? roundedNumber(member) : member,
    ),
  );
}

describe("merged reports", () => {
  it("merging the probe reports of two lists gives the same figures as one report on both lists", () => {
    fc.assert(
      fc.property(fc.array(anyFill), fc.array(anyFill), (a, b) => {
        const merged = probeReport(a, { prices: PRICES }).merge(probeReport(b, { prices: PRICES }));
        const whole = probeReport([...a, ...b], { prices: PRICES });
        expect(rounded(merged.figures)).toEqual(rounded(whole.figures));
        expect(merged.isEmpty).toBe(a.length + b.length === 0);
      }),
    );
  });

  it("if two lists have no common signatures, merging their benchmark reports gives the same figures as one report on both lists", () => {
    fc.assert(
      fc.property(fc.array(anyRequote), fc.array(anyRequote), (a, b) => {
        const others = b.map((replacement) => ({ ...replacement, originalSignature: `${replacement.originalSignature}'` }));
        const options = { prices: PRICES, population: "landed" } as const;
        const merged = benchmarkReport(a, options).merge(benchmarkReport(others, options));
        const whole = benchmarkReport([...a, ...others], options);
        expect(rounded(merged.figures)).toEqual(rounded(whole.figures));
        expect(merged.droppedMultiRow).toBe(whole.droppedMultiRow);
      }),
    );
  });

  it("merging two reports changes neither of them", () => {
    const [a, b] = [probeReport([fillOf({ l1Fill: 1, templateFill: 2 })]), probeReport([fillOf()])];
    const before = rounded([a.figures, b.figures]);
    expect(a.merge(b)).not.toBe(a);
    expect(rounded([a.figures, b.figures])).toEqual(before);

    const options = { prices: PRICES, population: "all" } as const;
    const [c, d] = [benchmarkReport([requoteOf()], options), benchmarkReport([requoteOf({ signature: "t" })], options)];
    const figures = rounded([c.figures, d.figures]);
    expect(c.merge(d).figures.n).toBe(2);
    expect(rounded([c.figures, d.figures])).toEqual(figures);
  });

  it.each([undefined, null, {}, 5])("a report cannot be merged with %j", (other) => {
    const code = expect.objectContaining({ code: "invalidParams", field: "other" }) as Error;
    expect(() => probeReport([]).merge(other as never)).toThrowError(code);
    expect(() => benchmarkReport([], { prices: PRICES, population: "all" }).merge(other as never)).toThrowError(code);
  });
});

describe("the reroute reports", () => {
  it("the reroute reports are empty if the list of replacements is empty", () => {
    expect(pricesOf([])).toBeUndefined();
    expect(probeReport([])).toMatchObject({ figures: {}, isEmpty: true });
    expect(probeReport([fillOf()], { prices: null as never }).isEmpty).toBe(false);
    const benchmark = benchmarkReport([], { prices: PRICES, population: "landed" });
    expect(benchmark.render("none")).toBe("### none: no measurable legs\n");
    expect(benchmark.figures.n).toBe(0);
  });

  it("the reroute reports accept an array of replacements or an iterable of `replacement` events", () => {
    const replacement = requoteOf({ routePlan: [hopOf("Whirlpool")] });
    const events = new Set([{ type: "replacement", subscriptionId: "replacement-1", replacement }]);
    const text = venueReport([replacement], { label: "Whirlpool" }).render();
    expect(venueReport(events, { label: "Whirlpool" }).render()).toBe(text);
  });

  it("venueReport throws nothingMatched if the venue has no swap, and the error lists the venues that have swaps", () => {
    const replacements = [requoteOf({ routePlan: [hopOf("Whirlpool"), hopOf("SolFi"), hopOf("SolFi")] })];
    const error = expect.objectContaining({
      code: "nothingMatched",
      asked: 'label "whirlpool"',
      venues: [
        ["SolFi", 2],
        ["Whirlpool", 1],
      ],
    }) as Error;
    expect(() => venueReport(replacements, { label: "whirlpool" })).toThrowError(error);
    expect(() => venueReport(replacements)).toThrowError(/^that venue never appears/);
    expect(() => venueReport(replacements)).toThrowError(SimulatorError);
  });

  it("the reroute reports write a count of 1000 as `1,000`", () => {
    const fills = Array.from({ length: 1000 }, () => fillOf({ changeVsL1Bps: 1, l1Fill: 1, templateFill: 1 }));
    expect(probeReport(fills).render("R")).toContain(
      "| Tempest | 1,000 | 1,000 (100.0%) | +1.00 (1,000 scored) | — | +0.00 (1,000 pairs) |\nTempest outcomes: filled 1,000\n",
    );
    const requotes = Array.from({ length: 1000 }, (_, index) => requoteOf({ signature: `s${index}` }));
    expect(benchmarkReport(requotes, { prices: PRICES, population: "all" }).render("R")).toContain("b/s/w: 0 / 1,000 / 0 ");
  });

  const replacement = requoteOf();
  const withLeg = (leg: object): unknown => ({
    ...replacement,
    legs: replacement.kind === "requote" ? [{ ...replacement.legs[0], ...leg }] : [],
  });

  it.each([
    ["a missing amount", withLeg({ amount: undefined }), "replacements.0.legs.0.amount"],
    ["a negative amount", withLeg({ amount: -1n }), "replacements.0.legs.0.amount"],
    ["NaN", withLeg({ amount: Number.NaN }), "replacements.0.legs.0.amount"],
    ["a rounded integer", withLeg({ amount: 2 ** 60 }), "replacements.0.legs.0.amount"],
    ["an unknown kind", { kind: "other" }, "replacements.0.kind"],
    ["null", null, "replacements.0"],
    ["a text", "requote", "replacements.0"],
    ["an event without a replacement", { type: "replacement", replacement: undefined }, "replacements.0.replacement"],
  ])(
    "the functions that create reroute reports refuse %s in the list of replacements, and the error names the field",
    (_, item, field) => {
      const error = expect.objectContaining({ name: "SimulatorError", code: "invalidParams", field }) as Error;
      for (const report of [
        () => pricesOf([item as Replacement]),
        () => venueReport([item as Replacement], { label: "x" }),
        () => probeReport([item as Replacement]),
        () => benchmarkReport([item as Replacement], { prices: PRICES, population: "all" }),
      ]) {
        expect(report).toThrowError(error);
      }
    },
  );

  it.each([undefined, null, 5, "text", {}])("pricesOf throws invalidParams if its list of replacements is %j", (list) => {
    const error = expect.objectContaining({ code: "invalidParams", field: "replacements" }) as Error;
    expect(() => pricesOf(list as never)).toThrowError(error);
  });

  it("a reroute report with an invalid option throws an error that names the option", () => {
    const invalid = (field: string): Error => expect.objectContaining({ code: "invalidParams", field }) as Error;
    expect(() => benchmarkReport([], { prices: undefined as never, population: "all" })).toThrowError(invalid("prices"));
    expect(() => benchmarkReport([], undefined as never)).toThrowError(invalid("prices"));
    expect(() => benchmarkReport([], { prices: PRICES, population: "some" as never })).toThrowError(invalid("population"));
    expect(() => venueReport([], { label: 5 as never })).toThrowError(invalid("label"));
    expect(() => venueReport([], null as never)).toThrowError(invalid("target"));
    expect(() => probeReport([], { prices: {} as never })).toThrowError(invalid("prices"));
  });

  it("venueReport computes the dollar value of the largest u128 amount", () => {
    const max = `${2n ** 128n - 1n}`;
    const report = venueReport([requoteOf({ routePlan: [hopOf("V", max)] })], { label: "V" });
    expect(report.total.requoted.usd).toBe((Number(2n ** 128n - 1n) / 1e9) * 100);
    expect(report.total.requoted.withoutAmount).toBe(0);
  });
});
