import { marked } from "marked";
import { describe, expect, it } from "vitest";
import { compareRuns } from "../../src/compare/compare-runs.js";
import { comparisonMarkdown } from "../../src/compare/comparison-markdown.js";
import { recordOf, type Sample, signatureOf, sourceOf } from "./sample-records.js";

const HOSTILE =
  "Program log: | `code` <img src=x onerror=alert(1)> @octocat #1 **bold** [link](https://x.example) \\| \u202e \n## x";
const before: Sample[] = Array.from({ length: 60 }, (_, byte) => ({ byte, slot: 7n, index: byte }));

/** Compares two records, and renders the report as GitHub-flavoured Markdown. */
async function render(after: readonly Sample[], options: Parameters<typeof comparisonMarkdown>[1] = {}, first = before) {
  const comparison = await compareRuns(sourceOf(recordOf(first)), sourceOf(recordOf(after)), {
    names: { a: "a.ndjson", b: "b|b.ndjson" },
  });
  const markdown = comparisonMarkdown(comparison, options);
  return { markdown, html: await marked.parse(markdown, { gfm: true }) };
}

/** Returns the cells of the table below a heading, as text. */
function tableAfter(html: string, heading: string): string[][] {
  const [, table = ""] = html.slice(html.indexOf(heading)).match(/<table>([\s\S]*?)<\/table>/) ?? [];
  return [...table.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = ""]) =>
    [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = ""]) => textOf(cell)),
  );
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]+>/g, "")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

describe("comparisonMarkdown", () => {
  it("comparisonMarkdown writes tables of the counts, the balances, and the failures with their reasons", async () => {
    const err = { InstructionError: [0, { Custom: 1 }] };
    const failed = { ...before[5]!, meta: { err, postBalances: [9n] } };
    const { html } = await render([...before.slice(0, 5), failed, ...before.slice(6, 59)]);
    expect(html).toContain("<h2>Backtest comparison</h2>");
    expect(html).toContain("<code>a.ndjson</code>, 60 transactions, 0 failed");
    expect(tableAfter(html, "<h2>")).toEqual([
      ["", "transactions"],
      ["same", "58"],
      ["different", "2"],
      ["regressions: succeeded in A, failed in B", "1"],
      ["missing: only in A", "1"],
    ]);
    expect(tableAfter(html, "<h3>Regressions (1)</h3>")).toEqual([
      ["slot", "transaction", "why it fails in B"],
      ["7", signatureOf(5), "instruction 1 of an unknown program: custom program error: 0x1"],
    ]);
    expect(tableAfter(html, "<h3>Balances after the transactions (1)</h3>")[1]).toEqual([
      ...["7", signatureOf(5), "account 0", "", "lamports", "5", "9", "+4"],
    ]);
    expect(tableAfter(html, "<h3>Profit and loss by account (1)</h3>")[1]).toEqual([
      ...["account 0", "", "lamports", "-300", "-291", "+9"],
    ]);
    expect(tableAfter(html, "<h3>Missing in B (1)</h3>")[1]?.[1]).toBe(signatureOf(59));
  });

  it("comparisonMarkdown escapes text from the records, so that GitHub shows no markup, links or mentions", async () => {
    const { html } = await render([{ ...before[0]!, meta: { logMessages: [HOSTILE] } }, ...before.slice(1)], {
      title: "PR <b>#1</b> | *x*",
      explain: () => HOSTILE,
    });
    expect(html.replaceAll(/<strong>[AB]<\/strong>/g, "")).not.toMatch(/<img|<a |<strong>|<em>|<b>/);
    const [, row] = tableAfter(html, "<h3>Logs (1)</h3>");
    expect(row?.[3]).toBe("Program log: hi");
    expect(row?.[4]?.replace(/\s+/g, " ")).toBe(HOSTILE.replace("\u202e", "").replace(/\s+/g, " "));
    expect(html).toContain("<h2>PR &lt;b&gt;#1&lt;/b&gt; | *x*</h2>");
    expect(textOf(html)).toContain("b|b.ndjson, 60 transactions");
    // Outside of code, GitHub would turn `@octocat` into a mention.
    expect(html.replace(/<code>[\s\S]*?<\/code>/g, "")).not.toContain("@octocat");
  });

  it("comparisonMarkdown shortens tables until the report fits a GitHub comment", async () => {
    const long = { meta: { err: "x".repeat(2_000), logMessages: ["y".repeat(2_000)] } };
    const many = Array.from({ length: 100 }, (_, byte): Sample => ({ byte, slot: 7n, index: byte }));
    const { markdown, html } = await render(
      many.map((one) => ({ ...one, ...long })),
      { rows: 1_000 },
      many,
    );
    expect(markdown.length).toBeLessThan(65_536);
    const rows = tableAfter(html, "<h3>Regressions (100)</h3>");
    expect(rows.length).toBeLessThan(101);
    expect(html).toContain(`… and ${100 - (rows.length - 1)} more.`);
    expect((await render([], { rows: 2 }).catch((error) => error)).code).toBe("nothingMatched");
  });
});
