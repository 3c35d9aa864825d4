import { describe, expect, it } from "vitest";
import { styler } from "../../../src/cli/terminal/style.js";
import { toTerminal } from "../../../src/cli/terminal/terminal-text.js";

const styled = (isTerminal: boolean, env: Record<string, string>, text = "text") =>
  toTerminal(styler(isTerminal, env)("green", text));

describe("styler", () => {
  it("styler uses colours only if the output is a terminal", () => {
    expect(styled(true, {})).toBe("\x1b[32mtext\x1b[0m");
    expect(styled(false, {})).toBe("text");
  });

  it("styler uses no colours if NO_COLOR contains a text", () => {
    expect(styled(true, { NO_COLOR: "1" })).toBe("text");
    expect(styled(true, { NO_COLOR: "" })).toContain("\x1b[32m");
  });

  it("styler uses no colours if TERM is dumb", () => {
    expect(styled(true, { TERM: "dumb" })).toBe("text");
  });

  it("styler uses colours on any output if FORCE_COLOR is set, even if NO_COLOR is also set", () => {
    expect(styled(false, { FORCE_COLOR: "1" })).toContain("\x1b[32m");
    expect(styled(false, { FORCE_COLOR: "true", NO_COLOR: "1", TERM: "dumb" })).toContain("\x1b[32m");
    expect(styled(false, { FORCE_COLOR: "" })).toBe("text");
  });

  it.each(["0", "false"])("styler uses no colours if FORCE_COLOR is %s", (value) => {
    expect(styled(true, { FORCE_COLOR: value })).toBe("text");
  });

  it("styler adds nothing to an empty text", () => {
    expect(styled(true, {}, "")).toBe("");
  });
});
