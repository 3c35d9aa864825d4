// What a page goes through while a run is open: it is hidden, frozen, left and come back to, offline, put to sleep. What its user
// sees is right in each, and what the run brings is the server's record.
import type { CDPSession } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { DashboardPage, queryFor, recordedSums, servePages } from "./support/dashboard-page.js";
import { launchChromium } from "./support/launch-chromium.js";
import { launchUnmodifiedChromium, type UnmodifiedChromium } from "./support/unmodified-chromium.js";

const START = 300_000_000n;
const SLOTS = 300;
const ALL_UP = ["up", "up", "up"];
const WAIT = { timeout: 20_000 };

let chromium: UnmodifiedChromium;
let site: Awaited<ReturnType<typeof servePages>>;
let simulator: LocalSimulator;
let dashboard: DashboardPage;
let cdp: CDPSession;

beforeAll(async () => {
  [chromium, site] = await Promise.all([launchUnmodifiedChromium(), servePages()]);
});

afterAll(async () => {
  await Promise.all([chromium?.close(), site?.close()]);
});

/** Each test has a run under way, of which a fourteenth or so has been executed. */
beforeEach(async () => {
  simulator = await startLocalSimulator({ slotDelayMs: 12, skipRate: 0.1 });
  // One continue is all that the run needs: it goes on while nobody looks, and while nobody is connected.
  const query = queryFor(simulator, { slotCount: `${SLOTS}`, step: "1000" });
  dashboard = await DashboardPage.openIn(chromium.context, site.url, query);
  cdp = await chromium.context.newCDPSession(dashboard.page);
  await dashboard.untilSlot(START + 20n);
});

afterEach(async () => {
  await chromium.context.setOffline(false);
  await Promise.all(chromium.context.pages().map((page) => page.close()));
  await simulator.close();
  expect(dashboard.problems).toEqual([]);
});

/** The last slot that the server has executed. */
function slotOnServer(): bigint {
  const last = simulator.record.sessions[0]?.control.findLast(({ response }) => response.method === "slotNotification");
  return last?.response.method === "slotNotification" ? last.response.params : 0n;
}

const untilServerIsAt = (slot: bigint) => vi.waitFor(() => expect(slotOnServer()).toBeGreaterThanOrEqual(slot), WAIT);

/** By a tab of its own in front of it. */
async function hide(): Promise<void> {
  const other = await chromium.context.newPage();
  await other.bringToFront();
  await expect.poll(visibility, WAIT).toBe("hidden");
}

const visibility = () => dashboard.page.evaluate(() => document.visibilityState);

/** Completed, and its sums are the record's: each notification once, none missing; of the one session that there was. */
async function expectWhole(): Promise<void> {
  await dashboard.untilPhase("Completed");
  const [session] = simulator.record.sessions;
  expect(await dashboard.result()).toMatchObject(recordedSums(session, simulator.programs[0]));
  expect(await dashboard.counter("Gaps")).toBe("none: nothing was lost");
  expect(await dashboard.readout("Executed")).toBe(`${SLOTS + 1} of ${SLOTS + 1}`);
  expect(simulator.record.sessions).toHaveLength(1);
}

it("a hidden tab goes on working, and is right as soon as it is shown again", async () => {
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await hide();
  const painted = await dashboard.slot();
  // What is kept for a reload is no older for it, though nothing is painted.
  await expect.poll(keptSlot, WAIT).toBeGreaterThan(painted + 50n);
  expect(await dashboard.slot()).toBe(painted);
  const kept = await keptSlot();
  await dashboard.page.bringToFront();
  await dashboard.untilSlot(kept);
  expect(await dashboard.channels()).toEqual(ALL_UP);
  await expectWhole();
  expect(await dashboard.counter("Reconnects")).toBe("0");
  expect(await dashboard.log()).toEqual(["connected", "connected", "connected"]);
});

it("a hidden tab whose run ends meanwhile shows its end when it is shown", async () => {
  await hide();
  const said = () => simulator.record.sessions[0]?.control.map(({ response }) => response.method);
  await vi.waitFor(() => expect(said()).toContain("completed"), WAIT);
  await dashboard.page.bringToFront();
  await expectWhole();
});

it("a frozen tab leaves its connections and takes them up again, with all that it missed", async () => {
  await hide();
  // The browser's own: the page is told `freeze`, and then neither it nor its worker runs.
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  await untilServerIsAt(START + BigInt(SLOTS) - 20n);
  await dashboard.page.bringToFront();
  await expectWhole();
  const log = await dashboard.log();
  expect(log.filter((line) => line === "suspended with the page")).toHaveLength(3);
  expect(log.filter((line) => /^resumed after (?:slot|event) \d+: nothing was lost$/.test(line))).toHaveLength(3);
  expect(simulator.record.sessions[0]?.connections).toEqual({ control: 2, subscription: 4 });
});

it("a page that is left and come back to is kept by the browser, and goes on", async () => {
  await dashboard.page.evaluate(() => {
    document.body.dataset.isKept = "yes";
  });
  await dashboard.page.goto(`${site.url}icon.svg`);
  await untilServerIsAt(START + BigInt(SLOTS) - 20n);
  // A page out of the cache doesn't load again, so there is no load to wait for.
  await dashboard.page.goBack({ waitUntil: "commit" });
  // It is the same page, and no new one: that is what Chromium does with sockets in a worker.
  expect(await dashboard.page.evaluate(() => document.body.dataset.isKept)).toBe("yes");
  await expectWhole();
  expect((await dashboard.log()).filter((line) => line === "suspended with the page")).toHaveLength(3);
  expect(await dashboard.page.locator("#saved-run").isVisible()).toBe(false);
});

it("a page that is left and was not kept offers to go on", async () => {
  // As Playwright starts it, Chromium keeps none; neither does one that is short of memory, nor Firefox one with sockets.
  const browser = await launchChromium();
  try {
    await Promise.all(chromium.context.pages().map((page) => page.close()));
    const record = () => simulator.record.sessions.at(-1);
    dashboard = await DashboardPage.open(browser, site.url, queryFor(simulator, { slotCount: `${SLOTS}`, step: "1000" }));
    await expect.poll(keptSlot, WAIT).toBeGreaterThanOrEqual(START + 20n);
    await dashboard.page.goto(`${site.url}icon.svg`);
    await dashboard.page.goBack();
    await dashboard.untilPhase("Not started");
    await dashboard.button("Resume").click();
    await dashboard.untilPhase("Completed");
    expect(await dashboard.result()).toMatchObject(recordedSums(record(), simulator.programs[0]));
  } finally {
    await browser.close();
  }
});

it("offline is told in words; online again it is back", async () => {
  await chromium.context.setOffline(true);
  const offline = dashboard.page.getByText("This browser is offline.");
  await offline.waitFor();
  // Chromium lets nothing through and closes nothing: as where the network is gone without a word.
  await dashboard.page
    .locator("[data-channel=transaction]")
    .getByText(/nothing was received for \d s/)
    .waitFor();
  await dashboard.page.locator("#announcer").getByText("The connection is lost, and is being brought back.").waitFor();
  await dashboard.untilPhase("Playing");
  await chromium.context.setOffline(false);
  await offline.waitFor({ state: "hidden" });
  await expect.poll(() => dashboard.channels(), { ...WAIT, interval: 20 }).not.toContain("lost");
  await expectWhole();
});

it("asleep for longer than a connection may be silent: it finds its connections dead, and loses nothing", async () => {
  await hide();
  const renderers = await findRenderers();
  signal(renderers, "SIGSTOP");
  try {
    let isAwake = false;
    void visibility().then(() => {
      isAwake = true;
    });
    // A router forgets who was silent for long: the sockets are open on both ends, and nothing passes.
    simulator.faults.halfOpen();
    await untilServerIsAt(START + BigInt(SLOTS) - 20n);
    expect(isAwake).toBe(false);
  } finally {
    signal(renderers, "SIGCONT");
  }
  // So long that nobody waits for it: the clock is what tells how long it was.
  await dashboard.page.workers()[0]?.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 60_000;
  });
  await dashboard.page.bringToFront();
  await expect.poll(() => dashboard.log(), WAIT).toContainEqual(expect.stringMatching(/^nothing was received for \d+ s; attempt 1/));
  await expectWhole();
});

/** The last slot of what the page keeps for a reload. */
async function keptSlot(): Promise<bigint> {
  const kept = await dashboard.page.evaluate(() => sessionStorage.getItem("dashboard-run"));
  return BigInt((JSON.parse(kept ?? "{}") as { totals?: { slot?: { $bigint: string } } }).totals?.slot?.$bigint ?? 0);
}

/** The processes that pages and their workers run in. */
async function findRenderers(): Promise<number[]> {
  const session = await chromium.browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

function signal(processes: readonly number[], name: NodeJS.Signals): void {
  for (const id of processes) process.kill(id, name);
}
