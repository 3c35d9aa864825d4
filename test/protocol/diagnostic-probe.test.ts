import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { diagnosticProbe, findProbeProblem } from "../../src/protocol/diagnostic-probe.js";

const MINT = "So11111111111111111111111111111111111111112";

const read = (text: string) => v.safeParse(diagnosticProbe, parseJson(text, { integersOnly: true }));
const refusedAt = (text: string) => {
  const parsed = read(text);
  if (parsed.success) throw new Error(`${text} was read`);
  return v.getDotPath(parsed.issues[0]);
};

describe("a diagnostic probe", () => {
  test("the USD values of a diagnostic probe are read as numbers", () => {
    const text = `{"anchor":{"at":"afterSlot","slots":"AAAA"},"markets":["${MINT}"],"usdValues":[100,4294967295]}`;
    expect(read(text).output).toEqual({
      anchor: { at: "afterSlot", slots: "AAAA" },
      markets: [MINT],
      usdValues: [100, 4294967295],
    });
  });

  test("a diagnostic probe requires `markets` and a list of 32-bit integers as `usdValues`", () => {
    expect(refusedAt('{"anchor":{"at":"afterSlot"},"usdValues":[1]}')).toBe("markets");
    expect(refusedAt(`{"anchor":{"at":"afterSlot"},"markets":["${MINT}"]}`)).toBe("usdValues");
    expect(refusedAt(`{"anchor":{"at":"afterSlot"},"markets":["${MINT}"],"usdValues":[4294967296]}`)).toBe("usdValues.0");
  });

  const probe = { anchor: { at: "afterSlot" }, markets: [MINT], usdValues: [1] };

  test("findProbeProblem accepts up to 64 markets and 16 sizes", () => {
    const markets = Array.from({ length: 64 }, (_, index) => `market ${index}`);
    expect(findProbeProblem({ ...probe, markets, usdValues: new Array(16).fill(4_294_967_295) })).toBeUndefined();
  });

  test.each([
    [{ anchor: { at: "beforeSlot" } }, "expected the anchor afterSlot or afterEverySlot"],
    [{ markets: [] }, "expected 1 to 64 markets, got 0"],
    [{ markets: Array.from({ length: 65 }, (_, index) => `market ${index}`) }, "expected 1 to 64 markets, got 65"],
    [{ markets: [MINT, MINT] }, "expected each market once"],
    [{ usdValues: [] }, "expected 1 to 16 usdValues, got 0"],
    [{ usdValues: new Array(17).fill(1) }, "expected 1 to 16 usdValues, got 17"],
    [{ usdValues: [5, 0] }, "expected usdValues above 0"],
  ])("findProbeProblem refuses a probe with %j", (change, problem) => {
    expect(findProbeProblem({ ...probe, ...change })).toBe(problem);
  });
});
