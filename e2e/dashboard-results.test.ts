// Tests the charts, the sub-ranges, the totals of a run, and the comparison with an earlier run.
import { describe, expect, it } from "vitest";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { readLedger } from "./support/sample-ledger.js";
import { StreamTable } from "./support/stream-table.js";

const START = 300_000_000n;

const suite = dashboardSuite();
let dashboard: DashboardPage;

const figure = (title: string) =>
  dashboard.page.getByRole("figure").filter({ has: dashboard.page.getByRole("heading", { name: title }) });
const values = (title: string) => figure(title).locator(".chart-value").allTextContents();
const position = (title: string) => figure(title).locator(".chart-position").textContent();
const grouped = (value: bigint | number) => value.toLocaleString("en-US");

async function complete(query: string): Promise<void> {
  dashboard = await suite.open(query);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
}

async function completeAnother(seed?: string): Promise<void> {
  const { page } = dashboard;
  if (seed !== undefined) {
    await page.locator("#options > summary").click();
    await page.getByLabel("Seed").fill(seed);
  }
  await dashboard.startAnother();
  await dashboard.untilPhase("Completed");
}

describe("charts", () => {
  it("if the pointer moves over a chart, the captions change from the newest values to the values at the pointer", async () => {
    const ledger = await readLedger({ startSlot: START, slotCount: 40n, skipRate: 0 });
    await complete(`?slotCount=40&skip=0&delay=0&programs=${ledger.program}`);
    const last = START + 39n;
    const of = (slot: bigint) => ledger.transactions.filter((transaction) => transaction.slot === slot);
    const failed = (slot: bigint) => of(slot).filter(({ meta }) => meta?.err !== null).length;
    const expected = (slot: bigint) => [`${failed(slot)}`, `${of(slot).length - failed(slot)}`];
    await eventually(() => position("Transactions per slot")).toBe(`Slot ${grouped(last)}`);
    await eventually(() => values("Transactions per slot")).toEqual(expected(last));
    const units = of(last).reduce((sum, { meta }) => sum + (meta?.computeUnitsConsumed ?? 0n), 0n);
    await eventually(() => values("Compute units per slot")).toEqual([grouped(units)]);

    const plot = figure("Transactions per slot").locator(".u-over");
    await plot.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await plot.boundingBox())!;
    await dashboard.page.mouse.move(x + width / 2, y + height / 2);
    await eventually(() => position("Transactions per slot")).toMatch(/^Slot 300,000,0(?:19|20|21)$/);
    const slot = BigInt((await position("Transactions per slot"))?.replace(/\D/g, "") ?? "0");
    await eventually(() => values("Transactions per slot")).toEqual(expected(slot));
    await eventually(() => position("Compute units per slot"), "charts over slots share one pointer").toBe(
      `Slot ${grouped(slot)}`,
    );
    await dashboard.page.mouse.move(2, 2);
    await eventually(() => position("Transactions per slot")).toBe(`Slot ${grouped(last)}`);
  });

  it("the charts are updated while the run plays", async () => {
    dashboard = await suite.open("?slotCount=20000&delay=4");
    await dashboard.start();
    await eventually(() => values("Notifications per second").then(([text]) => text)).toMatch(/^[1-9]/);
    const before = await position("Compute units per slot");
    await eventually(() => position("Compute units per slot")).not.toBe(before);
  });

  it("the chart of balances shows up to four accounts with their units, and their profit and loss", async () => {
    await complete("?slotCount=60&delay=0");
    const { page } = dashboard;
    const chart = figure("Balances");
    const select = chart.getByLabel("Account");
    const offered = () => select.locator("option").evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
    const shown = () => chart.locator(".chart-item:visible .chart-value").allTextContents();
    await eventually(async () => (await offered()).length).toBeGreaterThan(6);
    await eventually(async () => (await shown()).length).toBe(1);
    for (const count of [2, 3, 4, 4]) {
      await eventually(async () => (await offered()).length).toBeGreaterThan(2);
      const account = (await offered())[2]!;
      await select.selectOption(account);
      await select.blur();
      await eventually(async () => (await offered()).includes(account)).toBe(false);
      await eventually(async () => (await shown()).length).toBe(count);
    }
    // Each balance has a unit: SOL, or the shortened address of an unknown mint.
    const areShown = (pattern: RegExp) => eventually(async () => (await shown()).every((text) => pattern.test(text))).toBe(true);
    await areShown(/^[\d,.]+ (?:SOL|\w{4}…\w{4})$/);
    await chart.getByRole("button", { name: "P&L" }).click();
    await areShown(/^(?:[+−][\d,.]+|0) (?:SOL|\w{4}…\w{4})$/);
    for (let left = 3; left >= 0; left--) {
      await chart
        .getByRole("button", { name: /^Remove .* from the chart$/ })
        .first()
        .click();
      if (left > 0) await eventually(async () => (await shown()).length).toBe(left);
    }
    await page.getByText("Choose an account to chart its balance.").waitFor();
    await eventually(shown).toEqual(["–"]);
  });

  it("a drag over a chart selects slots in the charts and the tables, and Escape clears the selection", async () => {
    await complete("?slotCount=400&delay=0");
    const { page } = dashboard;
    const transactions = new StreamTable(page, "Transactions");
    // Waits for the result before the drag, because the charts move down when the result appears.
    const all = Number((await dashboard.result()).Transactions?.replaceAll(",", ""));
    expect(all).toBeGreaterThan(500);
    await transactions.untilRows(all);
    await eventually(() => position("Compute units per slot"), "the chart is complete").toMatch(/300,000,39\d$/);
    await page.locator("#chart-compute-units").scrollIntoViewIfNeeded();
    const plot = (await page.locator("#chart-compute-units .u-over").boundingBox())!;
    await page.mouse.move(plot.x + plot.width / 4, plot.y + 20);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width / 2, plot.y + 30, { steps: 5 });
    await page.mouse.up();
    const zoom = page.locator(".zoom");
    await eventually(() => zoom.textContent()).toMatch(/slots [\d,]+ to [\d,]+\./);
    const [, first = "", last = ""] =
      /slots ([\d,]+) to ([\d,]+)\.$/.exec((await zoom.locator("span").textContent()) ?? "") ?? [];
    const [from, to] = [first, last].map((text) => Number(text.replaceAll(",", "")) - 300_000_000);
    // The drag covers about slots 100 to 200. Each bar of the chart has 8 slots, so the selected range is not exact.
    expect(from).toBeGreaterThan(90);
    expect(from).toBeLessThan(110);
    expect(to).toBeGreaterThan(190);
    expect(to).toBeLessThan(215);
    await eventually(async () => (await transactions.counts()).rows).toBeLessThan(all / 2);
    const newest = async () => {
      const slots = [...(await transactions.rows()).values()].map(([slot = ""]) => Number(slot.replaceAll(",", "")));
      return Math.max(...slots) - 300_000_000;
    };
    await eventually(newest).toBeLessThanOrEqual(to!);
    await transactions.panel.getByRole("button", { name: `Remove the filter Slots ${first} to ${last}` }).waitFor();
    await (await new StreamTable(page, "Logs").open()).panel.getByRole("button", { name: /^Remove the filter Slots / }).waitFor();
    await page.locator("body").click({ position: { x: 2, y: 2 } });
    await page.keyboard.press("Escape");
    await zoom.waitFor({ state: "hidden" });
    await transactions.open();
    await eventually(async () => (await transactions.counts()).rows).toBe(all);
  });

  it("the charts are repainted when the theme changes", async () => {
    await complete("?slotCount=60&delay=0");
    const { page } = dashboard;
    const colors = () =>
      figure("Transactions per slot")
        .locator("canvas")
        .evaluate((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const pixels = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
          const counts = new Map<string, number>();
          for (let at = 0; at < pixels.length; at += 4) {
            const color = [0, 1, 2].map((channel) => (pixels[at + channel] ?? 0).toString(16).padStart(2, "0")).join("");
            if (pixels[at + 3] === 255) counts.set(`#${color}`, (counts.get(`#${color}`) ?? 0) + 1);
          }
          return [...counts].sort(([, a], [, b]) => b - a).map(([color]) => color)[0];
        });
    const first = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--chart-1").trim());
    const light = await first();
    await eventually(colors).toBe(light);
    await page.getByLabel("Theme").selectOption("Dark");
    const dark = await first();
    expect(dark).not.toBe(light);
    await eventually(colors).toBe(dark);
  });
});

describe("a parallel run", () => {
  it("a parallel run completes all sub-ranges, and its totals equal the totals of a single run", async () => {
    await complete("?slotCount=200&delay=0");
    const single = await dashboard.result();

    dashboard = await suite.open("?slotCount=200&delay=50&parallel=1");
    const shown = await dashboard.observeTexts("#sub-ranges");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    const atOnce = (await shown()).map((text) => text.split("▶ running").length - 1);
    expect(Math.max(...atOnce), "all sub-ranges run at the same time").toBe(4);
    const subRanges = dashboard.page.locator("#sub-ranges li");
    const isComplete = (text: string) => text.includes("100.0 %") && text.includes("✓ completed");
    await eventually(async () => (await subRanges.allTextContents()).map(isComplete)).toEqual([true, true, true, true]);
    const ranges = () => subRanges.locator(".sub-range-range").allTextContents();
    await eventually(async () => (await ranges())[0]).toMatch(/^300,000,000 to /);
    await eventually(async () => (await ranges()).at(-1)).toMatch(/ to 300,000,199$/);
    const result = await dashboard.result();
    for (const name of [
      "Slots executed",
      "Slots skipped",
      "Transactions",
      "Failed transactions",
      "Account diffs",
      "Fees",
      "Gaps",
    ])
      expect(result[name], name).toBe(single[name]);
    await eventually(() => dashboard.channels(), "one control connection, and two subscriptions per sub-range").toHaveLength(9);
  });
});

describe("the summary", () => {
  it("the result of a run agrees with the summary that the server sends", async () => {
    await complete("?slotCount=100&delay=0");
    const result = await dashboard.result();
    expect(result["Slots executed"]).toMatch(/^\d+$/);
    expect(Number(result["Slots executed"]) + Number(result["Slots skipped"])).toBe(100);
    await dashboard.page.getByText("✓ Matches the transactions received by this page.").waitFor();
    await eventually(() => dashboard.page.locator("#readout-skipped").textContent()).toBe(result["Slots skipped"]);
  });

  it("the comparison of runs shows equal totals for the same ledger, and different totals for another ledger", async () => {
    await complete("?slotCount=100&delay=0");
    const { page } = dashboard;
    const earlier = page.getByLabel("Compare with");
    await eventually(() => earlier.isDisabled(), "no earlier run").toBe(true);
    const compared = async () =>
      Object.fromEntries(
        (
          await page
            .locator("#result table.is-compared tbody tr")
            .evaluateAll((rows) => rows.map((row) => [...row.children].map(({ textContent }) => textContent ?? "")))
        ).map(([name = "", ...cells]) => [name, cells]),
      );
    await completeAnother();
    await earlier.selectOption({ index: 1 });
    await page.getByRole("columnheader", { name: "Difference" }).waitFor();
    const same = await compared();
    for (const name of [
      "Slots executed",
      "Slots skipped",
      "Transactions",
      "Failed transactions",
      "Account diffs",
      "Compute units",
      "Fees",
    ]) {
      expect(same[name]?.[2], name).toBe("= same");
      expect(same[name]?.[0], name).toBe(same[name]?.[1]);
    }

    await completeAnother("2");
    await earlier.selectOption({ index: 1 });
    await page.getByRole("columnheader", { name: "Difference" }).waitFor();
    const other = await compared();
    expect(other["Compute units"]?.[2]).toMatch(/^[+−][\d,]+ \([+−][\d.,]+\s%\) ≠ different$/);
    await page.getByText("≠ The runs differ in their ledger, slots or programs, so their differences are not rated.").waitFor();
    const digits = (text = "") => Number(text.replace(/[^\d]/g, ""));
    const difference = digits(other["Compute units"]?.[0]) - digits(other["Compute units"]?.[1]);
    expect(digits(other["Compute units"]?.[2]?.split(" ")[0])).toBe(Math.abs(difference));
  });

  it("the summary of a run is stored across reloads until it is deleted", async () => {
    await complete("?slotCount=30&delay=0");
    const { page } = dashboard;
    await completeAnother();
    await page.reload();
    await dashboard.untilPhase("Not started");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    const earlier = page.getByLabel("Compare with");
    const offered = () => earlier.locator("option").count();
    await eventually(offered, "two runs and the placeholder").toBe(3);
    await earlier.selectOption({ index: 2 });
    await dashboard.button("Delete").click();
    await eventually(offered).toBe(2);
    await eventually(
      () => page.evaluate(() => document.activeElement?.tagName),
      "the focus is not lost when the button is hidden",
    ).toBe("SELECT");
    await earlier.selectOption({ index: 1 });
    await dashboard.button("Delete").click();
    await eventually(() => earlier.isDisabled()).toBe(true);
    await page.reload();
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    await eventually(offered, "only the run that was shown during the deletion remains").toBe(2);
  });
});
