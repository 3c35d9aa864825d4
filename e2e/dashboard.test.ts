// What a newcomer does: opens the page, starts, pauses, steps, breaks the connection, and looks at what came of it.
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DashboardPage, servePages } from "./support/dashboard-page.js";
import { launchChromium } from "./support/launch-chromium.js";

const START = 300_000_000n;

let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let dashboard: DashboardPage;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), servePages()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

afterEach(() => dashboard.close());

/** What a whole run of this ledger brings, whatever happens to its connections. */
const LASTING = [
  "Slots executed",
  "Slots skipped",
  "Transactions",
  "Failed transactions",
  "Account diffs",
  "Compute units",
  "Fees",
  "Gaps",
];
const lasting = (result: Record<string, string>) => LASTING.map((name) => `${name} ${result[name]}`);

describe("one click", () => {
  it("runs a backtest, which is seen to move, in this page", async () => {
    dashboard = await DashboardPage.open(browser, site.url);
    await dashboard.untilPhase("Not started");
    await dashboard.start();
    await dashboard.untilPhase("Playing");
    await dashboard.untilSlot(START + 5n);
    expect(await dashboard.readout("Executed")).toMatch(/^\d+ of 2,001$/);
    await expect.poll(() => dashboard.readout("Slots/s")).toMatch(/^[1-9]/);
    await expect.poll(() => dashboard.readout("Notifications/s")).toMatch(/^[1-9]/);
    await expect
      .poll(() => dashboard.page.getByRole("progressbar", { name: "Slots executed" }).getAttribute("aria-valuetext"))
      .toMatch(/slot 300,000,\d/);
    await expect.poll(() => dashboard.page.locator("#tables [role=row]").count()).toBeGreaterThan(5);
  });
});

describe("the controls", () => {
  it("pause, step, go to a slot, play to the end; and say what they wait for", async () => {
    dashboard = await DashboardPage.open(browser, site.url, "?slotCount=900&delay=5&skip=0");
    await dashboard.start();
    await dashboard.untilSlot(START + 5n);
    expect(await dashboard.button("Step 1").getAttribute("aria-disabled")).toBe("true");
    await dashboard.button("Pause").click();
    await dashboard.untilPhase("Paused");
    let slot = await dashboard.slot();
    for (const slots of [1n, 10n, 100n]) {
      await dashboard.button(`Step ${slots}`).click();
      await dashboard.untilSlot(slot + slots);
      await dashboard.untilPhase("Paused");
      expect(await dashboard.slot()).toBe(slot + slots);
      slot += slots;
    }
    const field = dashboard.page.getByLabel("To slot");
    for (const wrong of ["", "x", "5", "18446744073709551616", "300000901"]) {
      await field.fill(wrong);
      await dashboard.button("Go").click();
      await dashboard.page.getByText(/^Write a slot from 300,000,\d{3} to 300,000,900\.$/).waitFor();
      expect(await field.getAttribute("aria-invalid")).toBe("true");
    }
    // As people write it, and as the page shows it.
    await field.fill((slot + 25n).toLocaleString("en"));
    await field.press("Enter");
    await dashboard.untilSlot(slot + 25n);
    await dashboard.untilPhase("Paused");
    expect(await dashboard.slot()).toBe(slot + 25n);
    await dashboard.button("Play").click();
    await dashboard.untilPhase("Completed");
    expect(await dashboard.readout("Executed")).toBe("901 of 901");
    expect((await dashboard.result())["Slots executed"]).toBe("901");
  });

  it("stop a run after a question, and what was received stays", async () => {
    dashboard = await DashboardPage.open(browser, site.url, "?delay=3");
    await dashboard.start();
    await dashboard.untilSlot(START + 20n);
    await dashboard.button("Stop…").click();
    const question = dashboard.page.getByRole("dialog", { name: "Stop this run?" });
    await question.getByRole("button", { name: "Keep running" }).click();
    await question.waitFor({ state: "hidden" });
    await dashboard.untilPhase("Playing");
    await dashboard.button("Stop…").click();
    await question.getByRole("button", { name: "Stop the run" }).click();
    await dashboard.untilPhase("Stopped");
    expect((await dashboard.result()).Transactions).toMatch(/^\d+$/);
    expect(await dashboard.page.locator("#tables [role=row]").count()).toBeGreaterThan(5);
    await dashboard.button(/^Start/).waitFor();
  });

  it("stop ahead of what a program does next", async () => {
    const token = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    dashboard = await DashboardPage.open(browser, site.url, `?slotCount=400&delay=5&discover=${token}`);
    await dashboard.start();
    await dashboard.button("Pause").click();
    await dashboard.untilPhase("Paused");
    await dashboard.button("To next discovery").click();
    await dashboard.page
      .locator("#stage")
      .getByText(/Next discovery: slot 300,000,\d{3}, batch 0/)
      .waitFor();
    const slot = await dashboard.slot();
    await dashboard.untilPhase("Paused");
    await dashboard.button("To next discovery").click();
    await dashboard.untilSlot(slot + 1n);
    await dashboard.untilPhase("Paused");
    await dashboard.button("Play").click();
    await dashboard.untilPhase("Completed");
  });

  it("work by single keys, which can be turned off, and not while one writes", async () => {
    dashboard = await DashboardPage.open(browser, site.url, "?slotCount=300&delay=5&skip=0");
    await dashboard.start();
    await dashboard.untilSlot(START + 5n);
    await dashboard.page.keyboard.press("k");
    await dashboard.untilPhase("Paused");
    const slot = await dashboard.slot();
    await dashboard.page.keyboard.press("2");
    await dashboard.untilSlot(slot + 10n);
    await dashboard.untilPhase("Paused");
    await dashboard.page.keyboard.press("g");
    await dashboard.page.keyboard.type("2k");
    expect(await dashboard.page.getByLabel("To slot").inputValue()).toBe("2k");
    await dashboard.button("Keyboard").click();
    const help = dashboard.page.getByRole("dialog", { name: "Keyboard" });
    await help.getByLabel("Single keys are on").uncheck();
    await help.getByRole("button", { name: "Close" }).click();
    await help.waitFor({ state: "hidden" });
    await dashboard.page.keyboard.press("2");
    await dashboard.button("Step 1").click();
    await dashboard.untilSlot(slot + 11n);
    await dashboard.untilPhase("Paused");
    expect(await dashboard.slot()).toBe(slot + 11n);
  });
});

describe("every way to break the connection", () => {
  it("is seen, and loses nothing: the run brings what an undisturbed one brings", async () => {
    dashboard = await DashboardPage.open(browser, site.url, "?slotCount=1200&delay=0");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    const undisturbed = lasting(await dashboard.result());
    await dashboard.page.context().close();

    dashboard = await DashboardPage.open(browser, site.url, "?slotCount=1200&delay=8&step=5");
    await dashboard.start();
    await dashboard.untilSlot(START + 5n);
    const log = dashboard.page.locator("#connection");
    const reconnects = async () => Number(await dashboard.counter("Reconnects"));
    for (const title of [
      "Redeploy",
      "Cut link",
      "Dead link",
      "Dead stream",
      "Cut frame",
      "Damaged frame",
      "Busy owner",
      "Overload",
    ]) {
      const before = await reconnects();
      await dashboard.button(title).click();
      await expect.poll(reconnects, { timeout: 40_000, message: title }).toBeGreaterThan(before);
      // All channels are back before the next blow, and the slots that are left are for that.
      await dashboard.button("Pause").click();
      await expect.poll(() => dashboard.channels(), { timeout: 40_000 }).toEqual(["up", "up", "up"]);
      await dashboard.untilPhase("Paused");
      await dashboard.button("Play").click();
      await dashboard.untilPhase("Playing");
    }
    await dashboard.button("Damaged frame").click();
    await log
      .getByText(/a frame was skipped/)
      .first()
      .waitFor();
    for (const title of ["Slow reader", "Long way"]) {
      await dashboard.button(title).click();
      await dashboard.button(new RegExp(`^Undo: ${title}$`, "i")).click();
      await dashboard.button(title).waitFor();
    }
    await log
      .getByText(/nothing was lost/)
      .first()
      .waitFor();
    await dashboard.untilPhase("Completed");
    expect(lasting(await dashboard.result())).toEqual(undisturbed);
    expect(await dashboard.counter("Gaps")).toBe("none: nothing was lost");
  }, 180_000);
});
