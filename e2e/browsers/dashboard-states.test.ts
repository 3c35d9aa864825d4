import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { type LocalServerOptions, type LocalSimulator, startLocalSimulator } from "../../dist/local.js";
import { recordRun, TOKEN } from "../support/recorded-run.js";
import { type StaticServer, serveStatic } from "../support/static-server.js";
import { DashboardTab } from "./dashboard-tab.js";
import { launchBrowser } from "./launch-browser.js";
import type { SmokeBrowser } from "./smoke-tab.js";

const TRANSACTIONS = "#panel-transactions";
const COUNTS = `${TRANSACTIONS} .table-counts`;
const NEWEST = `${TRANSACTIONS} [aria-rowindex="2"]:not([hidden])`;
/** A token account in the ledger that the simulator generates from the seed 1. */
const TOKEN_ACCOUNT = "2AurUUNVjXbQsyvJTkouYjY1KoBsiRgt5tQu9ifLK7pJ";

let browser: SmokeBrowser;
let site: StaticServer;
let page: DashboardTab | undefined;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveStatic(fileURLToPath(new URL("../..", import.meta.url)))]);
});

afterEach(async () => {
  const problems = page?.tab.problems() ?? [];
  await page?.tab.close();
  page = undefined;
  expect(problems).toEqual([]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

async function open(query: Record<string, string>): Promise<DashboardTab> {
  page = await DashboardTab.open(browser, `${site.url}demo/dashboard/index.html?${new URLSearchParams(query)}`);
  return page;
}

async function startServer(options: LocalServerOptions = {}): Promise<LocalSimulator> {
  const simulator = await startLocalSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** Completes a run in the page, and waits until the table has all transactions of the result. */
async function complete(query: Record<string, string> = {}): Promise<{ dashboard: DashboardTab; all: string }> {
  const dashboard = await open({ slotCount: "60", delay: "0", programs: TOKEN, ...query });
  await dashboard.click("#start-button");
  await dashboard.untilPhase("Completed");
  await dashboard.until("#result th", "Transactions");
  const transactions = await dashboard.tab.ask(
    () =>
      [...document.querySelectorAll("#result tr")].find((row) => row.textContent?.startsWith("Transactions"))?.children[1]
        ?.textContent,
  );
  const all = `${transactions} rows, `;
  await dashboard.until(COUNTS, all);
  await dashboard.until(NEWEST, "300,000,");
  return { dashboard, all };
}

it("the page header shows that connections are lost, and the run completes after the reconnect", async () => {
  const simulator = await startServer({ slotDelayMs: 25 });
  const query = { url: simulator.url, programs: TOKEN, startSlot: "300000000", slotCount: "200", step: "1000", autostart: "1" };
  const dashboard = await open(query);
  await dashboard.untilPhase("Playing");
  simulator.faults.refuseUpgrade(503, 6);
  simulator.faults.drop();
  await dashboard.untilPhase("Reconnecting");
  await dashboard.until(".readout-pace[data-stale]");
  await dashboard.untilPhase("Completed");
  await dashboard.until("#result tr", "Gaps0");
  expect(simulator.record.sessions).toHaveLength(1);
});

it("the page header shows that the server cannot be reached", async () => {
  const simulator = await startLocalSimulator();
  await simulator.close();
  const dashboard = await open({ url: simulator.url, programs: TOKEN, autostart: "1" });
  await dashboard.untilPhase("Server unreachable (attempt ");
  await dashboard.until("#progress", "Start-up");
});

it("the detail panel explains why a transaction failed, and its buttons open the next and the previous row", async () => {
  const { dashboard } = await complete();
  await dashboard.click(`${TRANSACTIONS} .chip`, "Failed only");
  await dashboard.until(NEWEST, "✗");
  await dashboard.click(NEWEST);
  await dashboard.until("#detail", "✗ Token: insufficient funds (instruction #2, transfer)");
  await dashboard.until("#detail .instruction[data-outcome=failed]", "✗ insufficient funds");
  await dashboard.until(NEWEST, "✗ Token: insufficient funds");
  await dashboard.until(`${NEWEST}[aria-selected=true]`);
  await dashboard.click("#detail [aria-label='Next row, older']");
  await dashboard.until(`${TRANSACTIONS} [aria-rowindex="3"][aria-selected=true]:not([hidden])`);
  await dashboard.click("#detail [aria-label='Previous row, newer']");
  await dashboard.until(`${NEWEST}[aria-selected=true]`);
});

it("a filter is shown as a chip, and a click on the chip removes the filter", async () => {
  const { dashboard, all } = await complete();
  await dashboard.click(`${TRANSACTIONS} .filter-menu > summary`);
  await dashboard.fill(`${TRANSACTIONS} .filter-form select`, "slots");
  await dashboard.fill(`${TRANSACTIONS} .filter-form input`, "300000010 - 300000019");
  await dashboard.click(`${TRANSACTIONS} .filter-form button`, "Add filter");
  await dashboard.until(`${TRANSACTIONS} .chip-set`, "Slots 300,000,010 to 300,000,019");
  await dashboard.until(NEWEST, "300,000,019");
  await dashboard.untilGone(COUNTS, all);
  await dashboard.click(`${TRANSACTIONS} .chip-set`);
  await dashboard.until(COUNTS, all);
});

it("a page opened by a link to a transaction shows this transaction as soon as it arrives", async () => {
  const { dashboard } = await complete();
  await dashboard.click(NEWEST);
  await dashboard.until("#detail .instruction");
  await dashboard.tab.until(() => location.hash.startsWith("#tx="));
  const signature = (await dashboard.tab.ask(() => location.hash)).slice("#tx=".length);
  await dashboard.reload();
  await dashboard.until("#linked", "is not in memory. Start its run again");
  await dashboard.click("#start-button");
  await dashboard.until("#detail", signature);
  await dashboard.untilGone("#linked");
});

it("a drag over a chart selects slots in the charts and the tables", async () => {
  const { dashboard, all } = await complete({ slotCount: "400" });
  // Scrolls to the chart, because a chart is painted only while it is visible.
  await dashboard.tab.ask(() => document.querySelector("#chart-compute-units")?.scrollIntoView());
  await dashboard.tab.until(
    () => document.querySelector("#chart-compute-units .chart-position")?.textContent?.includes("300,000,39") === true,
  );
  await dashboard.tab.ask(() => {
    const plot = document.querySelector("#chart-compute-units .u-over") as HTMLElement;
    const { left, top, width } = plot.getBoundingClientRect();
    const send = (type: string, share: number) => {
      // uPlot ignores a mouse event without movement, so `movementX` is not 0.
      const init = { bubbles: true, clientX: left + width * share, clientY: top + 20, movementX: 10, buttons: 1 };
      plot.dispatchEvent(new MouseEvent(type, init));
    };
    for (const type of ["mouseenter", "mousemove", "mousedown"]) send(type, 0.25);
    for (const share of [0.3, 0.4, 0.5]) send("mousemove", share);
    send("mouseup", 0.5);
  });
  await dashboard.until(".zoom", "Charts and tables show slots 300,000,");
  await dashboard.until(`${TRANSACTIONS} .chip-set`, "Slots 300,000,");
  await dashboard.untilGone(COUNTS, all);
  await dashboard.click(".zoom button");
  await dashboard.until(COUNTS, all);
});

it("the user can choose one of the server's ranges, and can change the selected slots with the keyboard", async () => {
  const { url } = await startServer({ startSlot: 1_000, slots: 200, bundleSlots: 100, record: false });
  const dashboard = await open({ url, programs: TOKEN, startSlot: "1000", slotCount: "30" });
  await dashboard.click("#options > summary");
  await dashboard.click("#range-picker > summary");
  await dashboard.until(".range-choice", "1,100 to 1,199");
  await dashboard.click(".range-choice", "1,100 to 1,199");
  await dashboard.until(".range-part", "Selected: slots 1,100 to 1,129, 30 slots.");
  await dashboard.pressKey("[role=slider][aria-label^=First]", "ArrowRight");
  await dashboard.until(".range-part", "Selected: slots 1,101 to 1,129, 29 slots.");
  await dashboard.until("#start-summary", "29 slots from 1,101");
});

it("after an A/B run and a reload, the user can compare the stored baseline with a record file", async () => {
  const slots = 20;
  const dashboard = await open({ slotCount: `${slots}`, programs: TOKEN });
  await dashboard.click("#ab-button");
  await dashboard.until("#ab h3", "Changes of the candidate");
  const states = {
    [TOKEN_ACCOUNT]: { lamports: 5, owner: "11111111111111111111111111111111", data: ["", "base64"], executable: false },
  };
  await dashboard.drop(".drop-zone", { name: "accounts.json", text: JSON.stringify(states) });
  await dashboard.until(".change-text", "accounts.json, 1 account");
  await dashboard.click("#ab button", "Run baseline and candidate");
  await dashboard.until(".ab-verdict", "became worse");
  await dashboard.click("#ab button[aria-label$='show both sides']");
  await dashboard.until("dialog", "Difference 1 of");
  await dashboard.until("dialog", "✗ Failed: ");

  // After the reload, the page restores the stored runs from IndexedDB.
  await dashboard.reload();
  await dashboard.until(".stored-runs tbody", "Candidate");
  await dashboard.drop(".drop-zone", { name: "cli.ndjson", text: await recordRun(slots, "1") });
  await dashboard.until(".stored-runs tbody", "cli.ndjson");
  await dashboard.click(".stored-runs [aria-label^='Baseline as A']");
  await dashboard.click(".stored-runs [aria-label^='cli.ndjson as B']");
  await dashboard.click(".stored-runs button", "Compare A with B");
  await dashboard.until(".ab-verdict", "No transaction differs");
});
