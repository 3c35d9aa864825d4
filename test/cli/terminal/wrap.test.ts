import { describe, expect, it } from "vitest";
import { wrapHelp } from "../../../src/cli/terminal/wrap.js";

describe("wrapHelp", () => {
  it("wrapHelp joins the lines of a paragraph and wraps them at the width", () => {
    expect(wrapHelp("\none two\nthree four\n\nfive\n", 14)).toBe("\none two three\nfour\n\nfive\n");
  });

  it("wrapHelp starts a new line for a label such as `Examples:`", () => {
    expect(wrapHelp("One sentence.\nExit codes: 0 done.", 60)).toBe("One sentence.\nExit codes: 0 done.");
  });

  it("wrapHelp keeps the two columns of a list aligned", () => {
    expect(wrapHelp("  drop     resets the connections", 22)).toBe("  drop     resets the\n           connections");
  });

  it("wrapHelp ends each line of a long shell command with a backslash, so that users can copy the command", () => {
    expect(wrapHelp("  KEY=1 simulator-client run --out run.ndjson", 32)).toBe(
      "  KEY=1 simulator-client run \\\n    --out run.ndjson",
    );
  });

  it("wrapHelp does not change lines that fit the width", () => {
    const text = "Usage: x [options]\n\nOptions:\n  -a, --all  everything\n";
    expect(wrapHelp(text, 40)).toBe(text);
  });
});
