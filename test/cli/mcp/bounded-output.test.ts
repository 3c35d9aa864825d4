import { describe, expect, it } from "vitest";
import { boundedJson, MAX_RESULT_CHARACTERS } from "../../../src/cli/mcp/bounded-output.js";

describe("boundedJson", () => {
  it("boundedJson writes u64 values as decimal strings, and escapes unsafe characters without changing the value", () => {
    const text = boundedJson({ lamports: 18_446_744_073_709_551_615n, log: "\u001b[31m\u202ered" });
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(text)).toEqual({ lamports: "18446744073709551615", log: "\u001b[31m\u202ered" });
  });

  it("boundedJson shortens long lists and texts, and its result lists what was cut and how to get the rest", () => {
    const result = JSON.parse(
      boundedJson({ logs: Array(30).fill("line"), note: "x".repeat(1_500) }, { rows: 5, hint: "Call again." }),
    );
    expect(result.logs).toHaveLength(5);
    expect(result.cut).toEqual(["logs: 5 of 30 items", "note: 1000 of 1500 characters"]);
    expect(result.hint).toBe("Call again.");
  });

  it.each([
    ["long texts in long lists", { items: Array(500).fill("\u202e".repeat(5_000)) }],
    ["an object with many members", Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`name${index}`, "x"]))],
    [
      "long names of members",
      { map: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}`.repeat(9_000), 1])) },
    ],
    ["wide and deep lists", nested(4, 200)],
    ["deep nesting", nested(5_000, 1)],
  ])("boundedJson returns valid JSON of at most 20,000 characters for a value with %s", (_, value) => {
    const text = boundedJson(value, { rows: 200 });
    expect(text.length).toBeLessThanOrEqual(MAX_RESULT_CHARACTERS);
    expect(JSON.parse(text).cut.length).toBeGreaterThan(0);
  });

  it("boundedJson removes secrets before it shortens long texts and member names", () => {
    const redact = (text: string) => text.replaceAll("secret", "[redacted]");
    const text = boundedJson({ note: `${"x".repeat(997)}secret`, [`${"y".repeat(97)}secret`]: 1 }, { redact });
    expect(text).not.toContain("sec");
  });
});

function nested(depth: number, width: number): object {
  let value: object = {};
  for (let level = 0; level < depth; level++) value = { list: Array(width).fill(value) };
  return value;
}
