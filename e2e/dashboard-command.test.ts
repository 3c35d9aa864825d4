// Tests the dashboard that the built commands serve to users of the package.
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startLocalSimulator } from "../dist/local.js";
import { type RunningCli, startCli } from "./support/cli.js";
import { DashboardPage } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";

let browser: Browser;
let cli: RunningCli | undefined;
const pages: Page[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  cli?.interrupt();
  expect((await cli?.done)?.code).toBe(0);
  cli = undefined;
});

afterAll(() => browser.close());

async function open(url: string): Promise<DashboardPage> {
  const page = await browser.newPage();
  pages.push(page);
  const dashboard = new DashboardPage(page);
  await page.goto(url);
  return dashboard;
}

/** Starts a command, and resolves with the JSON line that it prints. */
async function startJson(args: readonly string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  cli = startCli([...args, "--port", "0", "--json"], { env, limitMs: 300_000 });
  const [line] = await cli.until(/^\{.*\}$/m);
  return JSON.parse(line) as Record<string, unknown>;
}

it("the dashboard of the command `serve` uses the URL, slots and programs of the served simulator by default", async () => {
  const { httpUrl } = await startJson(["serve", "--engine", "synthetic", "--slots", "50"]);
  const dashboard = await open(`${httpUrl}`);
  await eventually(() => dashboard.page.url()).toContain(`${httpUrl}/dashboard/?url=`);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await eventually(() => dashboard.readout("Processed")).toBe("50 of 50");
  expect(dashboard.problems).toEqual([]);
});

it("the command `dashboard` serves the page, which runs a backtest on the simulator in the page", async () => {
  const { dashboardUrl } = await startJson(["dashboard"]);
  const dashboard = await open(`${dashboardUrl}?slotCount=30&delay=0`);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  expect(dashboard.problems).toEqual([]);
});

it("`dashboard --url` connects the page to a service that requires an API key, without sending the key to the page", async () => {
  const key = "key-of-the-service";
  const simulator = await startLocalSimulator({ apiKey: key, startSlot: 300_000_000, slots: 40 });
  try {
    const { dashboardUrl } = await startJson(["dashboard", "--url", simulator.url], { SIMULATOR_API_KEY: key });
    const query = new URLSearchParams({ programs: simulator.programs[0] ?? "", slotCount: "40", autostart: "1" });
    const dashboard = await open(`${dashboardUrl}&${query}`);
    await dashboard.untilPhase("Completed");
    await eventually(() => dashboard.page.content()).not.toContain(key);
    expect(dashboard.problems).toEqual([]);
  } finally {
    await simulator.close();
  }
});
