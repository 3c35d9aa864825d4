import { describe, expect, it } from "vitest";
import { stringifyJson } from "../../src/codec/json.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { decodeReplacement } from "../../src/reroute/index.js";
import { fillOf, requoteOf } from "./replacement-builders.js";

describe("decodeReplacement", () => {
  it("decodeReplacement reads integers exactly", () => {
    const text = stringifyJson(requoteOf()).replace('"amount":1000000000', '"amount":18446744073709551615');
    const decoded = decodeReplacement(text);
    expect(decoded.kind === "requote" && decoded.legs[0]?.amount).toBe(2n ** 64n - 1n);
  });

  it("decodeReplacement(stringifyJson(replacement)) returns an equal replacement", () => {
    for (const replacement of [requoteOf(), fillOf({ l1Fill: 1 })]) {
      expect(decodeReplacement(stringifyJson(replacement))).toEqual(replacement);
    }
  });

  it.each([
    ["", "protocol", /not valid JSON/],
    ["null", "protocol", /Expected Object but received null/],
    ['{"kind":"other"}', "protocol", /kind: expected one of requote, directFill, original/],
    ['{"kind":"original"}', "protocol", /context/],
    [undefined, "invalidParams", /text: expected the JSON of a replacement/],
    [{ kind: "requote" }, "invalidParams", /got object/],
  ])("decodeReplacement refuses %j with the error %s", (text, code, message) => {
    expect(() => decodeReplacement(text as string)).toThrowError(message);
    expect(() => decodeReplacement(text as string)).toThrowError(expect.objectContaining({ code }) as SimulatorError);
    expect(() => decodeReplacement(text as string)).toThrowError(SimulatorError);
  });
});
