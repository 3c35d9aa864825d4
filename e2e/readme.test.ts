import { copyFileSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeBrokenProgram } from "./support/changed-program.js";
import { runCli, startCli, startServe } from "./support/cli.js";
import { launchChromium } from "./support/launch-chromium.js";
import { installTarball, type PackageFolder } from "./support/package-folder.js";
import { serveStatic } from "./support/static-server.js";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const GETTING_STARTED = readFileSync(new URL("../docs/getting-started.md", import.meta.url), "utf8");
const GUIDE = readFileSync(new URL("../docs/guide.md", import.meta.url), "utf8");

/** Returns the files in a page: its code blocks whose first line is a comment with a file name. */
function filesOf(page: string): Map<string, string> {
  const blocks = page.matchAll(/^```(?:js|html)\n(?:\/\/|<!--) (\S+)(?: -->)?\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = "", text = ""]) => [name, text]));
}

const FILES = filesOf(README);
const GUIDE_FILES = filesOf(GUIDE);

let folder: PackageFolder;

beforeAll(() => {
  folder = installTarball();
  for (const [name, text] of [...FILES, ...GUIDE_FILES]) folder.write(name, text);
});

afterAll(() => {
  folder?.remove();
});

/** Runs a recipe, and then evaluates an expression. In the expression, `record` is the simulator's record of the session. */
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

describe("the recipes in the README", () => {
  it("this file runs all recipes in the README", () => {
    expect([...FILES.keys()]).toEqual([
      "connect.mjs",
      "count.mjs",
      "watch.mjs",
      "step.mjs",
      "ab.mjs",
      "fleet.mjs",
      "reconnects.mjs",
      "page.html",
      "page.js",
    ]);
    expect(README.match(/^```(?:js|html)$/gm)).toHaveLength(FILES.size);
  });

  it("a recipe in the README runs a backtest and counts its slots", async () => {
    const { lines, recorded } = await runRecipe(
      "count.mjs",
      `({ correct: record.control.at(-1).response.params.summary.correctSimulation, requests: record.requests.map(({ method }) => method) })`,
    );
    expect(lines).toEqual([`200 slots, ${recorded.correct} transactions with the original outcome`]);
    expect(recorded.correct).toBeGreaterThan(200);
    expect(recorded.requests).toEqual(expect.arrayContaining(["createBacktestSession", "continue"]));
  });

  it("a recipe in the README receives each transaction and account change exactly once", async () => {
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

  it("a recipe in the README steps through the slots with continue() and continueTo()", async () => {
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

  it("a recipe in the README reports each reconnect, and receives no duplicates", async () => {
    const { lines, recorded } = await runRecipe(
      "reconnects.mjs",
      "({ drops: simulator.faults.counts.drop, ...record.connections })",
    );
    expect(recorded).toEqual({ drops: 2, control: 2, subscription: 2 });
    expect(lines).toContain("control: backingOff, attempt 1 1006 connection cut without a close frame");
    expect(lines.filter((line) => line.startsWith("control resumed after "))).toHaveLength(1);
    expect(lines).toContain("transaction resumed after 300000050");
    expect(lines.at(-1)).toBe("completed, some duplicates dropped");
  });

  it("a recipe in the README runs a simulator and a client in a page without a bundler", async () => {
    await runPage("page.html", /^completed$/);
  });
});

/** Opens the page of a recipe and waits until its progress matches. */
async function runPage(name: string, end: RegExp): Promise<void> {
  const site = await serveStatic(folder.path);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(site.url + name);
    await page.locator("#progress").getByText(end).waitFor();
    // Ignores the 404 of the icon that every browser requests.
    expect(problems.filter((problem) => !problem.includes("404"))).toEqual([]);
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Runs a recipe, and returns the lines of its output. */
async function linesOf(name: string): Promise<string[]> {
  const { code, stdout, stderr } = await folder.node(name);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout.trim().split("\n");
}

describe("the recipes in the guide", () => {
  it("the list of tested recipes contains all recipes in the guide", () => {
    expect(GUIDE_FILES.get("connect.mjs")).toBe(FILES.get("connect.mjs"));
    expect([...GUIDE_FILES.keys()].slice(1)).toEqual([
      "parallel.mjs",
      "checkpoint.mjs",
      "discoveries.mjs",
      "service.mjs",
      "observe.mjs",
      "worker.html",
      "worker-page.js",
      "worker.js",
    ]);
    expect(GUIDE.match(/^```(?:js|html)$/gm)).toHaveLength(GUIDE_FILES.size);
  });

  it("a recipe in the guide runs a client in a worker of a page", () =>
    runPage("worker.html", /^completed, [1-9]\d* transactions$/));

  it("a recipe in the guide splits a long range into sub-sessions", async () => {
    const lines = await linesOf("parallel.mjs");
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^3000\d{5} to 3000\d{5}: [1-9]\d* transactions$/);
    expect(lines.at(-1)).toBe("400 of 400 slots, completed");
  });

  it("a recipe in the guide resumes after a crash without missing a slot", async () => {
    expect(await linesOf("checkpoint.mjs")).toEqual(["resumed with slot 300000041, ended with slot 300000099"]);
  });

  it("a recipe in the guide stops before a transaction of a program", async () => {
    const [stopped, stepped] = await linesOf("discoveries.mjs");
    expect(stopped).toMatch(/^stopped at slot 3000000\d\d, before batch \d+$/);
    expect(stepped).toBe("ready after 5 slots");
  });

  it("a recipe in the guide lists the available slot ranges, and splits a range", async () => {
    const lines = await linesOf("service.mjs");
    expect(lines.slice(0, 2)).toEqual(["ready", expect.stringMatching(/^\d+ ranges, the first from slot 300000000$/)]);
    expect(lines[2]).toMatch(/^split into [1-9]\d*$/);
  });

  it("a recipe in the guide writes log lines and reads the counters of a session", async () => {
    const lines = await linesOf("observe.mjs");
    expect(lines[0]).toMatch(/^session \S+: created$/);
    expect(lines.slice(1)).toEqual(["true true 0 0", "seen up to 300000049, completed", "over: completed"]);
  });
});

/** The command lines of the README, split into words. */
const COMMANDS = [...README.matchAll(/^(?:SIMULATOR_API_KEY=\S+ )?npx simulator-client (.+)$/gm)].map(([, line = ""]) =>
  line.split(" "),
);

/** Makes litesvm available to the installed package, like `npm install litesvm`, but without a download. */
function linkLitesvm(): void {
  const link = join(folder.path, "node_modules", "litesvm");
  if (!existsSync(link)) symlinkSync(fileURLToPath(new URL("../node_modules/litesvm", import.meta.url)), link);
}

describe("the commands in the README", () => {
  const args = (name: string): string[] => (COMMANDS.find(([first]) => first === name) ?? []).slice(1);
  /** Returns the options to start the command of the installed package. */
  const installed = (env: Record<string, string> = {}) => ({
    cwd: folder.path,
    cli: join(folder.path, "node_modules", "simulator-client", "dist", "cli.js"),
    env,
  });

  it("the tests run all commands in the README", () => {
    // The last command is not run here, but in dashboard-command.test.ts.
    expect(COMMANDS.map(([name]) => name)).toEqual(["serve", "run", "compare", "ab", "fleet", "proxy", "dashboard"]);
  });

  it("two runs on the same ledger, recorded with the commands of the README, have no differences", async () => {
    linkLitesvm();
    const serving = await startServe(args("serve"), installed());
    expect(serving.engine).toBe("litesvm");
    const run = args("run").map((word) => (word === "ws://127.0.0.1:4100" ? serving.url : word));
    for (const name of ["before.ndjson", "after.ndjson"]) {
      const { code, text } = await runCli(["run", ...run.map((word) => (word === "before.ndjson" ? name : word))], installed());
      expect(code, text).toBe(0);
    }
    await serving.stop();
    const { code, stdout } = await runCli(["compare", ...args("compare")], installed());
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^ +same +[1-9]\d*$/m);
    expect(stdout).toMatch(/^ +regressions +0 /m);
  });

  it("the README command `ab` and the recipe ab.mjs report the broken instruction, the changed transactions and the balances", async () => {
    linkLitesvm();
    const serving = await startServe(args("serve"), installed());
    await writeBrokenProgram(serving.url, join(folder.path, "changed.so"));
    const words = args("ab").map((word) => (word === "ws://127.0.0.1:4100" ? serving.url : word));
    const { code, stdout } = await runCli(["ab", ...words], installed());
    expect(code, stdout).toBe(3);
    const [, regressions = ""] = /^ +regressions +([1-9]\d*) /m.exec(stdout) ?? [];
    expect(stdout).toMatch(/^ {4}B: Token-2022: .*\btransferChecked\b/im);
    expect(stdout).toMatch(/^ {4}\w{32,44} of \w{32,44} +\d+ → \d+ \([+-]\d+\) of mint \w{32,44}$/m);
    expect(stdout).toContain("profit and loss");
    const recipe = await folder.node("ab.mjs", { SIMULATOR_URL: serving.url });
    expect(recipe.stderr).toBe("");
    expect(recipe.code).toBe(3);
    const lines = recipe.stdout.trim().split("\n");
    expect(lines.at(-1)).toMatch(
      new RegExp(`^${regressions} new failures, [1-9]\\d* changed balances, [1-9]\\d* transactions are the same$`),
    );
    expect(lines[0]).toMatch(/^3000000\d\d \w{60,90}: Token-2022: .*transferChecked/i);
    expect(
      lines.filter((line) => /^3000000\d\d \w{32,44}: \d+ → \d+ of (?:\w{32,44}|SOL, in lamports)$/.test(line)).length,
    ).toBeGreaterThan(1);
    // The recipe must have at most 15 lines of code.
    const ofRecipe = (FILES.get("ab.mjs") ?? "").split("\n").filter((line) => line.trim() !== "" && !line.startsWith("//"));
    expect(ofRecipe.length).toBeLessThanOrEqual(15);
    await serving.stop();
  });

  it("the README recipe fleet.mjs and the command `fleet` sweep three versions of a program over four ranges", async () => {
    linkLitesvm();
    const serving = await startServe(args("serve"), installed());
    await writeBrokenProgram(serving.url, join(folder.path, "v2.so"));
    copyFileSync(join(folder.path, "v2.so"), join(folder.path, "v3.so"));
    const recipe = await folder.node("fleet.mjs", { SIMULATOR_URL: serving.url });
    expect(recipe.stderr).toBe("");
    const [v2 = "", v3 = "", ...others] = recipe.stdout.trim().split("\n");
    expect(v2).toMatch(/^v2: [1-9]\d* regressions, [1-9]\d* the same$/);
    expect(v3).toBe(v2.replace("v2", "v3"));
    expect(others).toEqual([]);
    const plan = {
      url: serving.url,
      ranges: [{ startSlot: 300_000_000, endSlot: 300_000_009 }],
      variants: [{ name: "v1" }],
    };
    folder.write("plan.json", JSON.stringify(plan));
    const words = args("fleet").map((word) => (word === "records" ? "records-of-plan" : word));
    const { code, stdout } = await runCli(["fleet", ...words], installed());
    expect(code, stdout).toBe(0);
    expect(stdout).toContain("1 job: 1 completed");
    await serving.stop();
  });

  it("the README command `proxy` lets only pages from the named origin reach a service that requires an API key", async () => {
    const SIMULATOR_API_KEY = "a-key-of-the-recipe";
    const serving = await startServe(["--engine", "synthetic"], installed({ SIMULATOR_API_KEY }));
    const asked = args("proxy").map((word) => (word === "wss://HOST" ? serving.url : word));
    const proxy = startCli(["proxy", ...asked, "--port", "0", "--json"], installed({ SIMULATOR_API_KEY }));
    const [line] = await proxy.until(/^\{.*\}\r?\n/m);
    const { httpUrl } = JSON.parse(line) as { httpUrl: string };
    const statusFor = async (origin: string) => (await fetch(`${httpUrl}/usage`, { headers: { origin } })).status;
    expect(await statusFor("http://localhost:5173")).toBe(200);
    expect(await statusFor("http://localhost:5174")).toBe(403);
    proxy.interrupt();
    expect((await proxy.done).text).not.toContain(SIMULATOR_API_KEY);
    await serving.stop();
  });
});

describe("the three ways of docs/getting-started.md", () => {
  const words = (name: string): string[] =>
    (new RegExp(`^npx simulator-client ${name} (.+)$`, "m").exec(GETTING_STARTED)?.[1] ?? "").split(" ");
  const installed = () => ({
    cwd: folder.path,
    cli: join(folder.path, "node_modules", "simulator-client", "dist", "cli.js"),
  });

  it("the commands of docs/getting-started.md record a run and summarize it", async () => {
    const serving = await startServe(words("serve"), installed());
    const run = words("run").map((word) => (word === "ws://127.0.0.1:4100" ? serving.url : word));
    const recorded = await runCli(["run", ...run], installed());
    expect(recorded.code, recorded.text).toBe(0);
    await serving.stop();
    const { code, stdout } = await runCli(["summarize", ...words("summarize")], installed());
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/[1-9]\d* transactions|transactions +[1-9]/);
  });

  it("the script of docs/getting-started.md prints each slot", async () => {
    const [[name = "", text = ""] = []] = filesOf(GETTING_STARTED);
    folder.write(name, text);
    const lines = await linesOf(name);
    expect(lines).toEqual(Array.from({ length: 100 }, (_, index) => String(300_000_000 + index)).map((slot) => `${slot}n`));
  });
});

describe("README.md", () => {
  it("README.md lists every npm script, and every listed script exists", () => {
    const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = [...README.matchAll(/npm (?:run ([\w:]+)|(test))/g)].map(([, script, test]) => script ?? test ?? "");
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
    // npm runs the script `prepack` automatically, so the README does not list this script.
    expect(Object.keys(scripts).filter((name) => name !== "prepack" && !named.includes(name))).toEqual([]);
  });

  it("README.md and the guide link only to existing files", () => {
    const links = (page: string) => [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links(README).length).toBeGreaterThan(2);
    for (const link of links(README)) expect(existsSync(new URL(`../${link}`, import.meta.url)), link).toBe(true);
    for (const link of links(GUIDE)) expect(existsSync(new URL(`../docs/${link}`, import.meta.url)), link).toBe(true);
  });
});
