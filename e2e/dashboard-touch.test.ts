// Tests the charts on a phone: a finger can select slots, and can scroll the page.
import type { CDPSession, Page } from "playwright";
import { expect, it } from "vitest";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";

const suite = dashboardSuite();
let dashboard: DashboardPage;

const PLOT = "#chart-transactions .u-over";

/** Opens the page on an emulated phone, completes a run, and scrolls to the charts. */
async function complete(): Promise<{ page: Page; finger: Finger }> {
  dashboard = await suite.open("?slotCount=400&delay=0", {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = dashboard;
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await dashboard.result();
  await page.locator(PLOT).waitFor();
  await page.locator("#chart-transactions").scrollIntoViewIfNeeded();
  // Waits until the chart is painted. The page paints only visible charts.
  await eventually(() => page.locator("#chart-transactions .chart-position").textContent()).toMatch(/300,000,39\d$/);
  return { page, finger: new Finger(page, await page.context().newCDPSession(page)) };
}

/** A finger on the emulated touchscreen. */
class Finger {
  readonly #page: Page;
  readonly #session: CDPSession;

  constructor(page: Page, session: CDPSession) {
    this.#page = page;
    this.#session = session;
  }

  /**
   * Touches the plot, moves the finger in steps, holds it still, and lifts it. Positions are shares of the width and height of the plot.
   *
   * The events have timestamps. A finger that is lifted while it moves starts a fling in Chromium, and the next tap only stops the fling.
   */
  async drag([fromX, fromY]: readonly [number, number], [toX, toY]: readonly [number, number]): Promise<void> {
    const box = (await this.#page.locator(PLOT).boundingBox())!;
    const start = Date.now() / 1000 - 1;
    const send = (type: "touchStart" | "touchMove" | "touchEnd", share = 0, seconds = 0) => {
      const x = box.x + box.width * (fromX + (toX - fromX) * share);
      const y = box.y + box.height * (fromY + (toY - fromY) * share);
      const touchPoints = type === "touchEnd" ? [] : [{ x, y }];
      return this.#session.send("Input.dispatchTouchEvent", { type, touchPoints, timestamp: start + seconds });
    };
    await send("touchStart");
    for (let step = 1; step <= 10; step++) await send("touchMove", step / 10, step * 0.02);
    await send("touchEnd", 1, 1);
  }
}

it("a finger that moves sideways over a chart selects slots", async () => {
  const { page, finger } = await complete();
  await finger.drag([0.25, 0.5], [0.5, 0.6]);
  const zoom = page.locator(".zoom");
  await zoom.filter({ hasText: "Charts and tables show slots" }).waitFor();
  const [, first = "", last = ""] = /slots ([\d,]+) to ([\d,]+)\./.exec((await zoom.textContent()) ?? "") ?? [];
  const [from = 0, to = 0] = [first, last].map((text) => Number(text.replaceAll(",", "")) - 300_000_000);
  // The drag covers the second quarter of 400 slots. A bar has several slots, so the limits have a tolerance.
  expect(from).toBeGreaterThan(85);
  expect(from).toBeLessThan(115);
  expect(to).toBeGreaterThan(185);
  expect(to).toBeLessThan(220);
  await page.getByRole("button", { name: "Show all slots" }).tap();
  await zoom.waitFor({ state: "hidden" });
});

it("a finger that moves up over a chart scrolls the page, and selects nothing", async () => {
  const { page, finger } = await complete();
  const before = await page.evaluate(() => scrollY);
  await finger.drag([0.5, 0.9], [0.52, -1.5]);
  await eventually(() => page.evaluate(() => scrollY)).toBeGreaterThan(before + 50);
  expect(await page.locator(".zoom").isVisible()).toBe(false);
  expect(await page.locator(`${PLOT} .u-select`).evaluate((element) => element.clientWidth)).toBe(0);
});

it("a tap on a chart shows the values at the tapped slot until the next touch elsewhere", async () => {
  const { page } = await complete();
  const position = page.locator("#chart-transactions .chart-position");
  const newest = (await position.textContent()) ?? "";
  const box = (await page.locator(PLOT).boundingBox())!;
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  // Some browsers send this event after a tap, so the test sends it, too.
  await page.locator(PLOT).dispatchEvent("mouseleave");
  await eventually(() => position.textContent()).toMatch(/300,000,(?:19|20)\d/);
  await page.locator("#chart-transactions h3").tap();
  await eventually(() => position.textContent()).toBe(newest);
});
