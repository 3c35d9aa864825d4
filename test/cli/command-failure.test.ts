import { describe, expect, it } from "vitest";
import { explain, oneLine } from "../../src/cli/command-failure.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";

describe("an error", () => {
  it("is one line, with what to do about it", () => {
    expect(explain(new SimulatorError("unauthorized", "the key\n  is refused"))).toBe(
      "the key is refused (set SIMULATOR_API_KEY to a key of this service)",
    );
    expect(explain(new Error("no\r\nspace"))).toBe("no space");
    expect(explain("a text")).toBe("a text");
  });

  it("that a server made up steers no terminal", () => {
    expect(oneLine("gone\x1b]0;title\x07\x1b[2J\u009b1m\n")).toBe("gone?]0;title??[2J?1m");
  });
});
