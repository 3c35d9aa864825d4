import { describe, expect, it } from "vitest";
import { styler } from "../../src/cli/style.js";

describe("colours", () => {
  it("are for terminals", () => {
    expect(styler(true, {})("green", "good")).toBe("\x1b[32mgood\x1b[0m");
    expect(styler(false, {})("green", "good")).toBe("good");
  });

  it("are off with NO_COLOR, unless it is empty, and on a terminal that has none", () => {
    expect(styler(true, { NO_COLOR: "1" })("red", "bad")).toBe("bad");
    expect(styler(true, { NO_COLOR: "" })("red", "bad")).toContain("\x1b[31m");
    expect(styler(true, { TERM: "dumb" })("red", "bad")).toBe("bad");
  });

  it("leave nothing where there is nothing", () => {
    expect(styler(true, {})("dim", "")).toBe("");
  });
});
