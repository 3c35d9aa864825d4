// Tests the basic use of the dashboard: start, pause, step, inject faults, read the result.
import { describe, expect, it } from "vitest";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";

const START = 300_000_000n;

const suite = dashboardSuite();
let dashboard: DashboardPage;

/** The figures of the result that do not depend on reconnects. */
const STABLE = [
  "Slots executed",
  "Slots skipped",
  "Transactions",
  "Failed transactions",
  "Account diffs",
  "Compute units",
  "Fees",
  "Gaps",
];
const stableResults = (result: Record<string, string>) => STABLE.map((name) => `${name} ${result[name]}`);

describe("Start", () => {
  it("the Start button runs a backtest in the page, and the page shows the progress", async () => {
    dashboard = await suite.open();
    await dashboard.untilPhase("Not started");
    await dashboard.start();
    await dashboard.untilPhase("Playing");
    await dashboard.untilSlot(START + 5n);
    await eventually(() => dashboard.readout("Processed")).toMatch(/^\d+ of 2,000$/);
    await eventually(() => dashboard.readout("Slots/s")).toMatch(/^[1-9]/);
    await eventually(() => dashboard.readout("Notifications/s")).toMatch(/^[1-9]/);
    const bar = dashboard.page.getByRole("progressbar", { name: "Slots processed" });
    await eventually(() => bar.getAttribute("aria-valuetext")).toMatch(/slot 300,000,\d/);
    await eventually(() => dashboard.page.locator("#tables [role=row]").count()).toBeGreaterThan(5);
  });
});

describe("the controls", () => {
  it("the controls can pause, step, continue to a slot, and play to the end", async () => {
    dashboard = await suite.open("?slotCount=900&delay=10&skip=0");
    await dashboard.start();
    await dashboard.untilSlot(START + 5n);
    await eventually(() => dashboard.button("Step 1").getAttribute("aria-disabled")).toBe("true");
    await dashboard.button("Pause").click();
    await dashboard.untilPhase("Paused");
    let slot = await dashboard.slot();
    for (const slots of [1n, 10n, 100n]) {
      await dashboard.button(`Step ${slots}`).click();
      await dashboard.untilSlot(slot + slots);
      await dashboard.untilPhase("Paused");
      await eventually(() => dashboard.slot()).toBe(slot + slots);
      slot += slots;
    }
    const field = dashboard.page.getByLabel("To slot");
    for (const wrong of ["", "x", "5", "18446744073709551616", "300000900"]) {
      await field.fill(wrong);
      await dashboard.button("Go").click();
      await dashboard.page.getByText(/^Enter a slot from 300,000,\d{3} to 300,000,899\.$/).waitFor();
      await eventually(() => field.getAttribute("aria-invalid")).toBe("true");
    }
    // Enters the slot with grouped digits, because the page shows slots in this format.
    await field.fill((slot + 25n).toLocaleString("en"));
    await field.press("Enter");
    await dashboard.untilSlot(slot + 25n);
    await dashboard.untilPhase("Paused");
    await eventually(() => dashboard.slot()).toBe(slot + 25n);
    await dashboard.button("Play").click();
    await dashboard.untilPhase("Completed");
    await eventually(() => dashboard.readout("Processed")).toBe("900 of 900");
    await eventually(async () => (await dashboard.result())["Slots executed"]).toBe("900");
  });

  it("the Stop button ends a run after confirmation, and the received data stays", async () => {
    dashboard = await suite.open("?slotCount=20000&delay=3");
    await dashboard.start();
    await dashboard.untilSlot(START + 20n);
    await dashboard.button("Stop…").click();
    const dialog = dashboard.page.getByRole("dialog", { name: "Stop this run?" });
    await dialog.getByRole("button", { name: "Keep running" }).click();
    await dialog.waitFor({ state: "hidden" });
    await dashboard.untilPhase("Playing");
    await dashboard.button("Stop…").click();
    await dialog.getByRole("button", { name: "Stop the run" }).click();
    await dashboard.untilPhase("Stopped");
    await eventually(async () => (await dashboard.result()).Transactions).toMatch(/^[\d,]+$/);
    await eventually(() => dashboard.page.locator("#tables [role=row]").count()).toBeGreaterThan(5);
    await dashboard.button(/^Start/).waitFor();
  });

  it("the button Next discovery continues the run to a slot with a discovery, and pauses there", async () => {
    const token = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    dashboard = await suite.open(`?slotCount=400&delay=5&discover=${token}`);
    await dashboard.startPaused();
    await dashboard.button("Next discovery").click();
    await dashboard.page
      .locator("#stage")
      .getByText(/Next discovery: slot 300,000,\d{3}, batch 0/)
      .waitFor();
    const slot = await dashboard.slot();
    await dashboard.untilPhase("Paused");
    // A slot can have several discoveries. The loop ends at a discovery in a later slot.
    while ((await dashboard.slot()) <= slot) {
      await dashboard.button("Next discovery").click();
      await dashboard.untilPhase("Paused");
    }
    await dashboard.button("Play").click();
    await dashboard.untilPhase("Completed");
  });

  it("single-key shortcuts operate the controls, can be disabled, and do nothing in text fields", async () => {
    dashboard = await suite.open("?slotCount=20000&delay=5&skip=0");
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
    await eventually(() => dashboard.page.getByLabel("To slot").inputValue()).toBe("2k");
    await dashboard.button("Keyboard").click();
    const help = dashboard.page.getByRole("dialog", { name: "Keyboard" });
    await help.getByLabel("Enable single-key shortcuts").uncheck();
    await help.getByRole("button", { name: "Close" }).click();
    await help.waitFor({ state: "hidden" });
    await dashboard.page.keyboard.press("2");
    await dashboard.button("Step 1").click();
    await dashboard.untilSlot(slot + 11n);
    await dashboard.untilPhase("Paused");
    await eventually(() => dashboard.slot()).toBe(slot + 11n);
  });
});

describe("the status bar", () => {
  it("the connection panel stays open after a reload, and the Escape key closes the menu of faults", async () => {
    dashboard = await suite.open();
    const { page } = dashboard;
    const panel = page.getByRole("heading", { name: "Connection log" });
    await eventually(() => panel.isVisible()).toBe(false);
    await dashboard.openConnections();
    await panel.waitFor();
    await eventually(() => page.evaluate(() => localStorage.getItem("dashboard-open-connection"))).toBe("1");
    await page.reload();
    await panel.waitFor();
    const redeploy = dashboard.button("Redeploy");
    await page.locator("#faults summary").click();
    await redeploy.waitFor();
    await redeploy.focus();
    await page.keyboard.press("Escape");
    await redeploy.waitFor({ state: "hidden" });
    await eventually(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Break it");
    await page.locator("#faults summary").click();
    await redeploy.waitFor();
    await page.locator("h1").click();
    await redeploy.waitFor({ state: "hidden" });
  });
});

describe("injected faults", () => {
  it("a run with injected faults loses no events, and has the result of an undisturbed run", async () => {
    dashboard = await suite.open("?slotCount=3000&delay=0");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    const undisturbed = stableResults(await dashboard.result());

    dashboard = await suite.open("?slotCount=3000&delay=8&step=5");
    await dashboard.start();
    await dashboard.untilSlot(START + 5n);
    await dashboard.openConnections();
    const log = dashboard.page.locator("#connection");
    const reconnects = async () => Number(await dashboard.counter("Reconnects"));
    for (const title of [
      "Redeploy",
      "Drop connections",
      "Half-open connections",
      "Half-open streams",
      "Truncated frame",
      "Corrupt frame",
      "Session busy",
      "Overload",
    ]) {
      const before = await reconnects();
      await dashboard.injectFault(title);
      await eventually(reconnects, title).toBeGreaterThan(before);
      // Pauses the run until all channels are connected again. Without the pause, the run could end before the last fault.
      await dashboard.button("Pause").click();
      await eventually(() => dashboard.channels()).toEqual(["connected", "connected", "connected"]);
      await dashboard.untilPhase("Paused");
      await dashboard.button("Play").click();
      await dashboard.untilPhase("Playing");
    }
    await dashboard.injectFault("Corrupt frame");
    await log
      .getByText(/skipped a frame/)
      .first()
      .waitFor();
    for (const title of ["Throttle", "Latency"]) {
      await dashboard.injectFault(title);
      await dashboard.injectFault(new RegExp(`^Undo: ${title}$`, "i"));
      await dashboard.button(title).waitFor();
    }
    await log
      .getByText(/no events lost/)
      .first()
      .waitFor();
    await dashboard.untilPhase("Completed");
    expect(stableResults(await dashboard.result())).toEqual(undisturbed);
    await eventually(() => dashboard.counter("Gaps")).toBe("none");
  });
});
