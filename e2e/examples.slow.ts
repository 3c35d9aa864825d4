import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BacktestClient } from "../dist/index.js";
import { startLocalSimulator } from "../dist/local.js";
import { breakInstruction } from "../test/support/broken-program.js";
import { installExample } from "./support/example-folder.js";
import { launchChromium } from "./support/launch-chromium.js";
import { installTarball } from "./support/package-folder.js";
import { runNode, runProgram } from "./support/run-node.js";
import { serveStatic } from "./support/static-server.js";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const NOTEBOOK_RUNNER = fileURLToPath(new URL("support/run-notebook.py", import.meta.url));
const LIMIT_MS = 240_000;
/** The examples with a test in this file. */
const TESTED = ["github-action", "jest-test", "node-script", "notebook", "plain-page", "service-worker", "vite-app"];

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

/** Opens a page, and waits for a text. @returns the problems on its console */
async function openAndWait(url: string, text: RegExp, prepare: (page: Page) => Promise<unknown> = async () => {}) {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) problems.push(message.text());
  });
  await prepare(page);
  await page.goto(url);
  await page.getByRole("status").filter({ hasText: text }).waitFor({ timeout: 60_000 });
  return { page, problems };
}

describe("the examples, installed from the packed tarball", () => {
  it("each folder of examples/ has a test, and a row in the table of examples/README.md", () => {
    const folders = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
    expect(folders.sort()).toEqual(TESTED);
    const readme = readFileSync(join(EXAMPLES, "README.md"), "utf8");
    for (const folder of folders) expect(readme).toContain(`[${folder}](${folder})`);
  });

  it("the example node-script prints the balance changes of a backtest", async () => {
    using example = installExample("node-script");
    const { code, stdout, stderr } = await runNode(example.path, ["backtest.mjs"], { limitMs: LIMIT_MS });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^[1-9]\d* transactions had the recorded outcome$/m);
    expect(stdout).toContain("lamports");
  });

  it("the tests of the example jest-test pass", async () => {
    using example = installExample("jest-test");
    const { code, stderr } = await runNode(example.path, ["node_modules/jest/bin/jest.js", "--ci"], { limitMs: LIMIT_MS });
    expect(stderr).toMatch(/^Tests: +2 passed, 2 total$/m);
    expect(code).toBe(0);
  });

  it("the example vite-app compiles, builds and runs in a page", async () => {
    using example = installExample("vite-app");
    for (const args of [["node_modules/typescript/bin/tsc"], ["node_modules/vite/bin/vite.js", "build"]]) {
      const { code, stdout, stderr } = await runNode(example.path, args, { limitMs: LIMIT_MS });
      expect(code, stdout + stderr).toBe(0);
    }
    const site = await serveStatic(join(example.path, "dist"));
    const { page, problems } = await openAndWait(site.url, /^completed$/);
    expect(await page.getByRole("listitem").count()).toBe(10);
    expect(problems).toEqual([]);
    await page.close();
    await site.close();
  });

  it("the example plain-page imports the client from a CDN, and runs without a bundler", async () => {
    const folder = installTarball();
    // The test answers requests to the CDN with the files of the package, because a test cannot reach the CDN.
    const [, origin = "", range = ""] =
      /import .* from "(https:\/\/[^/]+)\/simulator-client@([\d.]+)\//.exec(
        readFileSync(join(EXAMPLES, "plain-page", "index.html"), "utf8"),
      ) ?? [];
    expect(String(folder.manifest.version)).toMatch(new RegExp(`^${range.replaceAll(".", "\\.")}\\.`));
    const site = await serveStatic(join(EXAMPLES, "plain-page"), "");
    const { page, problems } = await openAndWait(site.url, /^100 slots, [1-9]\d* transactions$/, (opened) =>
      opened.route(`${origin}/**`, (route) =>
        route.fulfill({
          path: join(folder.path, "node_modules", new URL(route.request().url()).pathname.replace(`@${range}`, "")),
          headers: { "access-control-allow-origin": "*", "content-type": "text/javascript" },
        }),
      ),
    );
    expect(problems).toEqual([]);
    await page.close();
    await site.close();
    folder.remove();
  });

  it("the example service-worker runs one session for two tabs", async () => {
    using example = installExample("service-worker");
    const site = await serveStatic(example.path);
    const context = await browser.newContext();
    const pages = [await context.newPage(), await context.newPage()];
    for (const page of pages) await page.goto(site.url);
    for (const page of pages) {
      await page.getByRole("status").filter({ hasText: "completed: 100 slots" }).waitFor({ timeout: 60_000 });
    }
    await context.close();
    await site.close();
  });

  it("the example github-action passes for a program without a regression, and fails with a report for a program with a regression", async () => {
    using example = installExample("github-action");
    const workflow = readFileSync(join(example.path, ".github", "workflows", "backtest.yml"), "utf8");
    expect(workflow).toContain("run: npm run backtest\n");
    const env = Object.fromEntries(
      [...workflow.matchAll(/^ {6}([A-Z_]+): ([\w/.]+)$/gm)].map(([, name, value]) => [name, value]),
    );
    expect(Object.keys(env).sort()).toEqual(["PROGRAM", "PROGRAM_FILE", "SLOTS", "START_SLOT"]);
    const program = join(example.path, String(env.PROGRAM_FILE));
    mkdirSync(dirname(program), { recursive: true });
    const backtest = () =>
      runProgram("bash", example.path, ["backtest.sh"], {
        limitMs: LIMIT_MS,
        env: { ...env, GITHUB_STEP_SUMMARY: "summary.md" },
      });

    // Breaks an instruction that no transaction of the range calls. The comparison must find no difference.
    writeFileSync(program, await changedProgram("ApproveChecked"));
    const same = await backtest();
    expect(same.code, same.stdout + same.stderr).toBe(0);

    writeFileSync(program, await changedProgram("TransferChecked"));
    const worse = await backtest();
    expect(worse.code, worse.stdout + worse.stderr).toBe(3);
    expect(readFileSync(join(example.path, "summary.md"), "utf8")).toMatch(/## Backtest comparison[\s\S]*TransferChecked/i);
  });

  it("the example notebook reads a recorded run with DuckDB and pandas", async () => {
    using example = installExample("notebook");
    const recorded = await runNode(example.path, ["record.mjs"], { limitMs: LIMIT_MS });
    expect(recorded.code, recorded.stderr).toBe(0);
    const prepared = await runProgram("python3", example.path, ["-m", "venv", "python"], { limitMs: LIMIT_MS });
    expect(prepared.code, prepared.stderr).toBe(0);
    const python = join(example.path, "python", "bin", "python");
    const installed = await runProgram(python, example.path, ["-m", "pip", "install", "--quiet", "duckdb", "pandas"], {
      limitMs: LIMIT_MS,
    });
    expect(installed.code, installed.stderr).toBe(0);
    const { code, stdout, stderr } = await runProgram(python, example.path, [NOTEBOOK_RUNNER, "backtest.ipynb"], {
      limitMs: LIMIT_MS,
    });
    expect(code, stderr).toBe(0);
    const [types = [], programs = [], balances = []] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>[]);
    expect(types.map(({ type }) => type).sort()).toEqual(["accountDiff", "transaction"]);
    expect(
      types.every(({ first_slot, last_slot }) => Number(first_slot) >= 300_000_000 && Number(last_slot) <= 300_000_199),
    ).toBe(true);
    expect(programs.reduce((sum, { transactions }) => sum + Number(transactions), 0)).toBeGreaterThan(200);
    expect(balances).toHaveLength(5);
  });
});

/** Returns the code of the program Token-2022 with a fault in one instruction. */
async function changedProgram(instruction: string): Promise<Uint8Array> {
  const simulator = await startLocalSimulator({ engine: "litesvm", startSlot: 300_000_000, slots: 10 });
  const client = new BacktestClient({ url: simulator.url, logger: false });
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 2 });
  try {
    for await (const { type } of session) if (type === "readyForContinue") break;
    return await breakInstruction(session.info.rpcEndpoint, instruction);
  } finally {
    await client.close();
    await simulator.close();
  }
}
