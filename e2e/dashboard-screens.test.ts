// Compares screenshots of the main states with the reviewed screenshots in docs/screenshots.
import type { Page } from "playwright";
import { expect, it } from "vitest";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { compareScreen, loadFonts, type Pose, steadyPages } from "./support/screenshots.js";
import { StreamTable } from "./support/stream-table.js";

const SIZES = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
  wide: { width: 2560, height: 1440 },
};

const suite = dashboardSuite();
let dashboard: DashboardPage;

async function open(query = ""): Promise<Page> {
  const context = await suite.browser.newContext({
    viewport: SIZES.desktop,
    locale: "en-US",
    timezoneId: "UTC",
    colorScheme: "light",
  });
  await steadyPages(context);
  dashboard = await suite.openIn(context, query);
  await loadFonts(dashboard.page);
  return dashboard.page;
}

/** Starts a run that pauses at a slot, so that the received events are the same in every test run. */
async function pauseAt(slot: number): Promise<Page> {
  const page = await open("?delay=1");
  await dashboard.startPaused();
  await page.getByLabel("To slot").fill(String(300_000_000 + slot));
  await dashboard.button("Go").click();
  await dashboard.untilSlot(300_000_000n + BigInt(slot));
  await dashboard.untilPhase("Paused");
  await page.getByLabel("To slot").fill("");
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  return page;
}

const pose = (page: Page, as: Pose) =>
  page.evaluate((wanted) => {
    window.pose = wanted;
  }, as);

async function toTop(page: Page, selector: string): Promise<void> {
  await page.locator(selector).evaluate((element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 12));
}

/**
 * Compares the screenshots of a phone and a desktop, each in the light and in the dark theme.
 *
 * @param aim element to scroll to on a phone
 * @param always `true`: scrolls to `aim` on a desktop, too
 */
async function expectScreens(page: Page, name: string, { aim = "body", always = false } = {}): Promise<void> {
  const wrong: (string | undefined)[] = [];
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    await page.mouse.move(2, 2);
    await toTop(page, size === "phone" || always ? aim : "body");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      wrong.push(await compareWhenStill(page, `${name}-${size}-${colorScheme}`));
    }
  }
  expect(wrong.filter((text) => text !== undefined)).toEqual([]);
}

/** Compares the page when it no longer changes. Repeats a failed comparison, because the page may look finished before its last repaint. */
async function compareWhenStill(page: Page, name: string): Promise<string | undefined> {
  let difference: string | undefined;
  for (let tries = 0; tries < 5; tries++) {
    await untilStill(page);
    difference = await compareScreen(page, name);
    if (difference === undefined) break;
  }
  return difference;
}

/** Waits until no row is pending, and two screenshots are equal. */
async function untilStill(page: Page): Promise<void> {
  let former = "";
  for (let isStill = false; !isStill; ) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const isPending = await page.locator(".grid-row[data-state=pending]:not([hidden])").count();
    const shot = (await page.screenshot({ animations: "disabled", caret: "hide" })).toString("base64");
    isStill = isPending === 0 && shot === former;
    former = shot;
  }
}

it("the page before the first run matches its screenshots", async () => {
  await expectScreens(await open(), "not-started");
});

it("the page with a playing run matches its screenshots", async () => {
  const page = await pauseAt(700);
  await pose(page, "playing");
  await dashboard.untilPhase("Playing");
  await expectScreens(page, "playing");
});

it("the page with lost connections matches its screenshots", async () => {
  const page = await pauseAt(700);
  await dashboard.openConnections();
  await pose(page, "broken");
  await dashboard.injectFault("Overload");
  await page.waitForFunction(() => window.isBroken);
  await page.locator(".channel-state", { hasText: "lost" }).nth(2).waitFor();
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await expectScreens(page, "broken", { aim: ".status-bar" });
});

it("the page with an open detail panel matches its screenshots", async () => {
  const page = await pauseAt(700);
  const diffs = await new StreamTable(page, "Account diffs").open();
  await diffs.row(1).click();
  await page.getByRole("complementary", { name: "Account diff" }).locator(".change-table").waitFor();
  await expectScreens(page, "detail", { aim: "#tables", always: true });
});

it("the page with a slot filter and the detail of a failed transaction matches its screenshots", async () => {
  const page = await pauseAt(700);
  const transactions = new StreamTable(page, "Transactions");
  const { panel } = transactions;
  await panel.getByRole("button", { name: "Failed only" }).click();
  await panel.getByText("Add filter", { exact: true }).first().click();
  await panel.getByLabel("Filter by").selectOption("Slots");
  await panel.getByLabel("Value").fill("300000100 - 300000400");
  await panel.getByRole("button", { name: "Add filter" }).click();
  await page.locator(".zoom").waitFor();
  // Waits until the worker has applied the filters. Before that, the table shows other rows.
  const newest = async () => (await transactions.rows()).get(0);
  await eventually(async () => Number((await newest())?.[0]?.replaceAll(",", ""))).toBeLessThanOrEqual(300_000_400);
  await eventually(async () => (await newest())?.[3]).toMatch(/^✗/);
  await transactions.row(2).click();
  await page.locator(".instruction").first().waitFor();
  await page.locator(".grid-transactions .cell-outcome", { hasText: "Token: insufficient funds" }).nth(3).waitFor();
  await expectScreens(page, "transaction", { aim: "#charts", always: true });
});

it("the page that compares a completed run with an earlier run matches its screenshots", async () => {
  const page = await open("?slotCount=300&delay=0");
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await page.locator("#options > summary").click();
  await page.getByLabel("Seed").fill("2");
  await dashboard.startAnother();
  await dashboard.untilPhase("Completed");
  await page.getByLabel("Compare with").selectOption({ index: 1 });
  await page.getByRole("columnheader", { name: "Earlier" }).waitFor();
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await expectScreens(page, "completed", { aim: "#result" });
});

it("the page with a parallel run matches its screenshots", async () => {
  const page = await open("?slotCount=300&delay=0&parallel=1");
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await pose(page, "parallel");
  // `pose` changes only later snapshots. When the tab Logs opens, the worker sends a new snapshot.
  await new StreamTable(page, "Logs").tab.click();
  const transactions = await new StreamTable(page, "Transactions").open();
  await dashboard.untilPhase("Playing");
  // Shows only rows of one sub-range. The order of rows from different sub-ranges depends on the machine.
  await transactions.filter("30000021");
  await eventually(async () => (await transactions.rows()).get(0)?.[0]).toBe("300,000,219 · sub-range 3");
  await page.locator(".cell-outcome", { hasText: "✗ Token: insufficient funds" }).first().waitFor();
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await expectScreens(page, "parallel", { aim: "#sub-ranges" });
});
