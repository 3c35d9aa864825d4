import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./support/chromium.js";
import { installTarball, type PackageFolder } from "./support/package-folder.js";
import { serveStatic } from "./support/static-server.js";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** A code block whose first line is a comment with a file's name is that file. */
const FILES = new Map(
  [...README.matchAll(/^```(?:js|html)\n(?:\/\/|<!--) (\S+)(?: -->)?\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => [
    name,
    text,
  ]),
);

let folder: PackageFolder;

beforeAll(() => {
  folder = installTarball();
  for (const [name, text] of FILES) folder.write(name, text);
});

afterAll(() => {
  folder?.remove();
});

/** Runs a recipe to its end, then an expression over the record of its simulator's only session. */
async function runRecipe(name: string, expression: string) {
  folder.write(
    "with-record.mjs",
    `await import("./${name}");
const { simulator } = await import("./connect.mjs");
const [record] = simulator.record.sessions;
const [program] = simulator.programs;
console.log(JSON.stringify(${expression}));`,
  );
  const { code, stdout, stderr } = await folder.node("with-record.mjs");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const lines = stdout.trim().split("\n");
  return { lines: lines.slice(0, -1), recorded: JSON.parse(lines.at(-1) ?? "") as Record<string, unknown> };
}

describe("the README's recipes", () => {
  it("are all run here", () => {
    expect([...FILES.keys()]).toEqual([
      "connect.mjs",
      "count.mjs",
      "watch.mjs",
      "step.mjs",
      "reconnects.mjs",
      "page.html",
      "page.js",
    ]);
    expect(README.match(/^```(?:js|html)$/gm)).toHaveLength(FILES.size);
  });

  it("run a backtest and count", async () => {
    const { lines, recorded } = await runRecipe(
      "count.mjs",
      `({ correct: record.control.at(-1).response.params.summary.correctSimulation, requests: record.requests.map(({ method }) => method) })`,
    );
    expect(lines).toEqual([`201 slots, ${recorded.correct} transactions as recorded`]);
    expect(recorded.correct).toBeGreaterThan(201);
    expect(recorded.requests).toEqual(expect.arrayContaining(["createBacktestSession", "continue"]));
  });

  it("watch transactions and account changes, each once", async () => {
    const { lines, recorded } = await runRecipe(
      "watch.mjs",
      `({
        transactions: record.notifications("transaction", program).length,
        diffs: record.notifications("accountDiff", program).length,
        accounts: new Set(record.notifications("accountDiff", program).map(({ key }) => key.split("|")[0])).size,
      })`,
    );
    const { transactions, diffs, accounts } = recorded;
    expect(lines).toEqual([`${transactions} transactions, ${diffs} changes of ${accounts} accounts`]);
    expect(transactions).toBeGreaterThanOrEqual(101);
    expect(diffs).toBeGreaterThan(accounts as number);
  });

  it("step by hand", async () => {
    const { lines, recorded } = await runRecipe(
      "step.mjs",
      `({
        requests: record.requests.map(({ method }) => method),
        slots: record.control.filter(({ response }) => response.method === "slotNotification").map(({ response }) => Number(response.params)),
      })`,
    );
    expect(lines).toEqual(["paused after slot 300000050"]);
    expect(recorded.requests).toEqual(["createBacktestSession", "continue", "continueTo", "closeBacktestSession"]);
    expect(recorded.slots).toEqual(Array.from({ length: 51 }, (_, index) => 300_000_000 + index));
  });

  it("see what happens to the connections", async () => {
    const { lines, recorded } = await runRecipe(
      "reconnects.mjs",
      "({ struck: simulator.faults.counts.drop, ...record.connections })",
    );
    expect(recorded).toEqual({ struck: 2, control: 2, subscription: 2 });
    expect(lines).toContain("control: backingOff, attempt 1 1006 connection cut without a close frame");
    expect(lines.filter((line) => line.startsWith("control goes on after "))).toHaveLength(1);
    expect(lines).toContain("transaction goes on after 300000050");
    expect(lines.at(-1)).toBe("completed, some repetitions dropped");
  });

  it("run in a page, without a bundler and without an account", async () => {
    const site = await serveStatic(folder.path);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      await page.goto(`${site.url}page.html`);
      await page.waitForFunction(() => document.getElementById("progress")?.textContent === "completed");
      // No icon is in the folder, and browsers ask for one.
      expect(problems.filter((problem) => !problem.includes("404"))).toEqual([]);
    } finally {
      await browser.close();
      await site.close();
    }
  });
});

describe("the README", () => {
  it("names commands that are there", () => {
    const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = [...README.matchAll(/npm (?:run ([\w:]+)|(test))/g)].map(([, script, test]) => script ?? test ?? "");
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
    expect(Object.keys(scripts).filter((name) => !named.includes(name))).toEqual([]);
  });

  it("links to files that are there", () => {
    const links = [...README.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) expect(existsSync(new URL(`../${link}`, import.meta.url)), link).toBe(true);
  });
});
