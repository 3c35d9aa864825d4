// Tests the page lifecycle during a run: hidden, frozen, back/forward cache, offline, sleep. The run must complete with the totals
// of the server.
import type { CDPSession } from "playwright";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { type DashboardPage, dashboardSuite, queryFor, recordedSums } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";
import { launchUnmodifiedChromium, type UnmodifiedChromium } from "./support/unmodified-chromium.js";

const START = 300_000_000n;
const SLOTS = 300;
const RESUMED = /^resumed after (?:slot|event) \d+, no events lost$/;
const ALL_CONNECTED = ["connected", "connected", "connected"];
const WAIT = { timeout: 120_000 };

let chromium: UnmodifiedChromium;
const suite = dashboardSuite(async () => {
  chromium = await launchUnmodifiedChromium();
  return chromium.browser;
});
let simulator: LocalSimulator;
let dashboard: DashboardPage;
let cdp: CDPSession;

afterAll(() => chromium?.close());

/**
 * Before each test, starts a run and waits for slot 20 of 300. The rest of the run takes 10 s, so the run is still open during
 * the first steps of the test.
 */
beforeEach(async () => {
  simulator = await startLocalSimulator({ slotDelayMs: 40, skipRate: 0.1 });
  // One `continue` request executes the whole run. So the server proceeds even if the page is hidden or disconnected.
  const query = queryFor(simulator, { slotCount: `${SLOTS}`, step: "1000" });
  dashboard = await suite.openIn(chromium.context, query);
  cdp = await chromium.context.newCDPSession(dashboard.page);
  await dashboard.untilSlot(START + 20n);
});

afterEach(async () => {
  await chromium.context.setOffline(false);
  await Promise.all(chromium.context.pages().map((page) => page.close()));
  await simulator.close();
});

/** The last slot that the server has executed. */
function slotOnServer(): bigint {
  const last = simulator.record.sessions[0]?.control.findLast(({ response }) => response.method === "slotNotification");
  return last?.response.method === "slotNotification" ? last.response.params : 0n;
}

const untilServerIsAt = (slot: bigint) => vi.waitFor(() => expect(slotOnServer()).toBeGreaterThanOrEqual(slot), WAIT);

/** Hides the page behind another tab. */
async function hide(): Promise<void> {
  const other = await chromium.context.newPage();
  await other.bringToFront();
  await eventually(visibility).toBe("hidden");
}

const visibility = () => dashboard.page.evaluate(() => document.visibilityState);

/** Expects the run to complete in one session, with the totals of the record. */
async function expectComplete(): Promise<void> {
  await dashboard.untilPhase("Completed");
  const [session] = simulator.record.sessions;
  await eventually(() => dashboard.result()).toMatchObject(recordedSums(session, simulator.programs[0]));
  await eventually(() => dashboard.counter("Gaps")).toBe("none");
  await eventually(() => dashboard.readout("Processed")).toBe(`${SLOTS} of ${SLOTS}`);
  expect(simulator.record.sessions).toHaveLength(1);
}

it("a run in a hidden tab continues, and the page is up to date when it becomes visible", async () => {
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await hide();
  const painted = await dashboard.slot();
  // A hidden page still updates the saved run, although it paints nothing.
  await eventually(savedSlot).toBeGreaterThan(painted + 50n);
  await eventually(() => dashboard.slot()).toBe(painted);
  const saved = await savedSlot();
  await dashboard.page.bringToFront();
  await dashboard.untilSlot(saved);
  await eventually(() => dashboard.channels()).toEqual(ALL_CONNECTED);
  await expectComplete();
  await eventually(() => dashboard.counter("Reconnects")).toBe("0");
  await eventually(() => dashboard.log()).toEqual(["connected", "connected", "connected"]);
});

it("if a run ends in a hidden tab, the tab shows the result as soon as it is visible", async () => {
  await hide();
  const methods = () => simulator.record.sessions[0]?.control.map(({ response }) => response.method);
  await vi.waitFor(() => expect(methods()).toContain("completed"), WAIT);
  await dashboard.page.bringToFront();
  await expectComplete();
});

it("a frozen tab suspends its connections, and resumes them without losing events", async () => {
  await hide();
  // Chromium sends the event `freeze` to the page, and then stops the page and its worker.
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  await untilServerIsAt(START + BigInt(SLOTS) - 20n);
  await dashboard.page.bringToFront();
  await expectComplete();
  await eventually(async () => (await dashboard.log()).filter((line) => line === "suspended with the page")).toHaveLength(3);
  await eventually(async () => (await dashboard.log()).filter((line) => RESUMED.test(line))).toHaveLength(3);
  expect(simulator.record.sessions[0]?.connections).toEqual({ control: 2, subscription: 4 });
});

it("a page that was in the back/forward cache continues its run when the user goes back", async () => {
  await dashboard.page.evaluate(() => {
    document.body.dataset.isCached = "yes";
  });
  await dashboard.page.goto(`${suite.url}icon.svg`);
  await untilServerIsAt(START + BigInt(SLOTS) - 20n);
  // A cached page does not load again, so there is no load event to wait for.
  await dashboard.page.goBack({ waitUntil: "commit" });
  // Chromium restored the page from the cache. A reloaded page would not have this attribute.
  await eventually(() => dashboard.page.evaluate(() => document.body.dataset.isCached)).toBe("yes");
  await expectComplete();
  await eventually(async () => (await dashboard.log()).filter((line) => line === "suspended with the page")).toHaveLength(3);
  await eventually(() => dashboard.page.locator("#saved-run").isVisible()).toBe(false);
});

it("without a back/forward cache, the page offers to resume its run when the user goes back", async () => {
  // This test needs a browser without a back/forward cache. Playwright launches Chromium without this cache.
  const browser = await launchChromium();
  try {
    await Promise.all(chromium.context.pages().map((page) => page.close()));
    const record = () => simulator.record.sessions.at(-1);
    dashboard = await suite.openIn(await browser.newContext(), queryFor(simulator, { slotCount: `${SLOTS}`, step: "1000" }));
    await eventually(savedSlot).toBeGreaterThanOrEqual(START + 20n);
    await dashboard.page.goto(`${suite.url}icon.svg`);
    await dashboard.page.goBack();
    await dashboard.untilPhase("Not started");
    await dashboard.button("Resume").click();
    await dashboard.untilPhase("Completed");
    await eventually(() => dashboard.result()).toMatchObject(recordedSums(record(), simulator.programs[0]));
  } finally {
    await browser.close();
  }
});

it("the page reports that the browser is offline, and reconnects when it is online", async () => {
  await dashboard.openConnections();
  const shown = await dashboard.observeTexts("#connection .channels");
  const announced = await dashboard.observeTexts("#announcer");
  await chromium.context.setOffline(true);
  const offline = dashboard.page.getByText("This browser is offline.");
  await offline.waitFor();
  await eventually(announced).toContainEqual(expect.stringContaining("Connection lost. Reconnecting."));
  await dashboard.untilPhase("Offline");
  // When Chromium goes offline, its sockets stay open, but receive nothing.
  await eventually(shown).toContainEqual(expect.stringMatching(/nothing was received for \d s/));
  await chromium.context.setOffline(false);
  await offline.waitFor({ state: "hidden" });
  await eventually(() => dashboard.channels()).not.toContain("lost");
  await expectComplete();
});

it("the page detects dead connections after a long sleep, and loses no events", async () => {
  await hide();
  const renderers = await findRenderers();
  signal(renderers, "SIGSTOP");
  try {
    let isAwake = false;
    void visibility().then(() => {
      isAwake = true;
    });
    // Simulates a router that drops the connections: both ends stay open, but no data arrives.
    simulator.faults.halfOpen();
    await untilServerIsAt(START + BigInt(SLOTS) - 20n);
    expect(isAwake).toBe(false);
  } finally {
    signal(renderers, "SIGCONT");
  }
  // Moves the worker's clock forward, because the client detects a sleep from a jump of the clock.
  await dashboard.page.workers()[0]?.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 60_000;
  });
  await dashboard.page.bringToFront();
  await eventually(() => dashboard.log()).toContainEqual(expect.stringMatching(/^nothing was received for \d+ s; attempt 1/));
  await expectComplete();
});

/** The last slot of the saved run. */
async function savedSlot(): Promise<bigint> {
  const saved = await dashboard.page.evaluate(() => sessionStorage.getItem("dashboard-run"));
  return BigInt((JSON.parse(saved ?? "{}") as { totals?: { slot?: { $bigint: string } } }).totals?.slot?.$bigint ?? 0);
}

/** The renderer processes, which run pages and their workers. */
async function findRenderers(): Promise<number[]> {
  const session = await chromium.browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

function signal(processes: readonly number[], name: NodeJS.Signals): void {
  for (const id of processes) process.kill(id, name);
}
