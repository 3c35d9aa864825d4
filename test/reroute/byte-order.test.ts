import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../src/reroute/byte-order.js";

describe("compareBytes", () => {
  it("compareBytes sorts strings by their UTF-8 bytes", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it("compareBytes sorts an emoji after a full-width character", () => {
    expect(["🦬", "～", "", "a"].sort(compareBytes)).toEqual(["", "a", "～", "🦬"]);
  });
});
