import { describe, expect, it } from "vitest";
import { codeOf, explain, Failure, oneLine, UsageError } from "../../src/cli/command-failure.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";

describe("explain()", () => {
  it("explain() formats an error and its remedy as one line", () => {
    expect(explain(new SimulatorError("unauthorized", "the key\n  was refused"))).toBe(
      "the key was refused (set SIMULATOR_API_KEY to a key of this service)",
    );
    expect(explain(new Error("no\r\nspace"))).toBe("no space");
    expect(explain("a text")).toBe("a text");
  });

  it("explain() suggests ws:// if the server answers a TLS handshake without TLS", () => {
    const refused =
      "could not connect: write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:x.c:350:";
    expect(explain(new SimulatorError("unreachable", refused))).toBe(
      `${refused} (the server does not use TLS: write ws:// before its address)`,
    );
    expect(explain(new SimulatorError("unreachable", "no route"))).toBe("no route (`simulator-client doctor` shows the reason)");
  });
});

describe("oneLine", () => {
  it("oneLine escapes control characters in a text from a server", () => {
    expect(oneLine("gone\x1b]0;title\x07\x1b[2J\u009b1m\u202e\n")).toBe("gone\\u001b]0;title\\u0007\\u001b[2J\\u009b1m\\u202e");
  });

  it("oneLine shortens a long text", () => {
    expect(oneLine("x".repeat(1_000_000)).length).toBeLessThan(2_100);
  });
});

describe("codeOf", () => {
  it("codeOf returns the code of an error, or the code of its cause if the error has none", () => {
    const refused = new SimulatorError("unauthorized", "refused");
    expect(codeOf(refused)).toBe("unauthorized");
    expect(codeOf(new Failure("failed", { cause: refused }))).toBe("unauthorized");
    expect(codeOf(new Failure("exists", { code: "fileExists", cause: refused }))).toBe("fileExists");
    expect(codeOf(new UsageError("wrong"))).toBe("usage");
    expect(codeOf(new TypeError("other"))).toBe("failed");
  });
});
