// What a run comes to: charts that can be read without being seen, subRanges, sums, and an earlier run beside it.
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DashboardPage, servePages } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";
import { readLedger } from "./support/sample-ledger.js";

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

const figure = (title: string) =>
  dashboard.page.getByRole("figure").filter({ has: dashboard.page.getByRole("heading", { name: title }) });
const values = (title: string) => figure(title).locator(".chart-value").allTextContents();
const place = (title: string) => figure(title).locator(".chart-position").textContent();
const grouped = (value: bigint | number) => value.toLocaleString("en-US");

async function complete(query: string): Promise<void> {
  dashboard = await DashboardPage.open(browser, site.url, query);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
}

async function completeAnother(seed?: string): Promise<void> {
  const { page } = dashboard;
  if (seed !== undefined) {
    await page.locator("#options summary").click();
    await page.getByLabel("Seed").fill(seed);
  }
  await dashboard.startAnother();
  await dashboard.untilPhase("Completed");
}

describe("charts", () => {
  it("say in their captions what they show: at their end, and at the pointer", async () => {
    const ledger = await readLedger({ startSlot: START, slotCount: 40n, skipRate: 0 });
    await complete(`?slotCount=40&skip=0&delay=0&programs=${ledger.program}`);
    const last = START + 40n;
    const of = (slot: bigint) => ledger.transactions.filter((transaction) => transaction.slot === slot);
    const failed = (slot: bigint) => of(slot).filter(({ meta }) => meta?.err !== null).length;
    const expected = (slot: bigint) => [`${failed(slot)}`, `${of(slot).length - failed(slot)}`];
    await eventually(() => place("Transactions a slot")).toBe(`Slot ${grouped(last)}`);
    expect(await values("Transactions a slot")).toEqual(expected(last));
    const units = of(last).reduce((sum, { meta }) => sum + (meta?.computeUnitsConsumed ?? 0n), 0n);
    expect(await values("Compute units a slot")).toEqual([grouped(units)]);

    const { x, y, width, height } = (await figure("Transactions a slot").locator(".u-over").boundingBox())!;
    await dashboard.page.mouse.move(x + width / 2, y + height / 2);
    await eventually(() => place("Transactions a slot")).toMatch(/^Slot 300,000,0(?:19|20|21)$/);
    const slot = BigInt((await place("Transactions a slot"))?.replace(/\D/g, "") ?? "0");
    expect(await values("Transactions a slot")).toEqual(expected(slot));
    expect(await place("Compute units a slot"), "charts over slots have one pointer").toBe(`Slot ${grouped(slot)}`);
    await dashboard.page.mouse.move(2, 2);
    await eventually(() => place("Transactions a slot")).toBe(`Slot ${grouped(last)}`);
  });

  it("go on while it plays", async () => {
    dashboard = await DashboardPage.open(browser, site.url, "?slotCount=20000&delay=4");
    await dashboard.start();
    await eventually(() => values("Notifications a second").then(([text]) => text)).toMatch(/^[1-9]/);
    const before = await place("Compute units a slot");
    await eventually(() => place("Compute units a slot")).not.toBe(before);
  });

  it("show the lamports of the account that is chosen, and none at all", async () => {
    await complete("?slotCount=60&delay=0");
    const { page } = dashboard;
    const select = figure("Lamports of an account").getByLabel("Account");
    const accounts = () =>
      select.locator("option").evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
    await eventually(async () => (await accounts()).length).toBeGreaterThan(3);
    const account = (await accounts()).at(-1)!;
    await select.selectOption(account);
    await eventually(() => values("Lamports of an account").then(([text]) => text)).toMatch(/^[\d,.]+ SOL$/);
    expect(await select.inputValue()).toBe(account);
    await select.selectOption("");
    await page.getByText("Choose an account: its balance is drawn from its first change on.").waitFor();
    expect(await values("Lamports of an account")).toEqual(["–"]);
  });

  it("are painted anew in another theme", async () => {
    await complete("?slotCount=60&delay=0");
    const { page } = dashboard;
    const colors = () =>
      figure("Transactions a slot")
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
  it("has a subRange for each session, which come to their ends and together to what one run brings", async () => {
    await complete("?slotCount=200&delay=0");
    const single = await dashboard.result();
    await dashboard.page.context().close();

    dashboard = await DashboardPage.open(browser, site.url, "?slotCount=200&delay=5&parallel=1");
    await dashboard.start();
    const subRanges = dashboard.page.locator("#sub-ranges li");
    await eventually(() => subRanges.count()).toBe(4);
    await subRanges.filter({ hasText: "▶ running" }).nth(3).waitFor();
    await dashboard.untilPhase("Completed");
    const told = await subRanges.allTextContents();
    expect(told.every((text) => text.includes("100.0 %") && text.includes("✓ completed"))).toBe(true);
    const ranges = await subRanges.locator(".sub-range-range").allTextContents();
    expect(ranges[0]).toMatch(/^300,000,000 to /);
    expect(ranges.at(-1)).toMatch(/ to 300,000,200$/);
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
    expect(await dashboard.channels(), "the control connection and two of each subRange").toHaveLength(9);
  });
});

describe("the summary", () => {
  it("agrees with what the server has counted", async () => {
    await complete("?slotCount=100&delay=0");
    const result = await dashboard.result();
    expect(result["Slots executed"]).toMatch(/^\d+$/);
    expect(Number(result["Slots executed"]) + Number(result["Slots skipped"])).toBe(101);
    await dashboard.page.getByText("✓ As many transactions as this page has received.").waitFor();
    expect(await dashboard.page.locator("#readout-skipped").textContent()).toBe(result["Slots skipped"]);
  });

  it("stands beside an earlier one: the same ledger has the same sums, another one has others", async () => {
    await complete("?slotCount=100&delay=0");
    const { page } = dashboard;
    const earlier = page.getByLabel("Compare with");
    expect(await earlier.isDisabled(), "there is none yet").toBe(true);
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
    expect(other["Compute units"]?.[2]).toMatch(/^[+−][\d,]+ \([+−][\d.,]+\s%\) (?:▲ better|▼ worse)$/);
    const digits = (text = "") => Number(text.replace(/[^\d]/g, ""));
    const difference = digits(other["Compute units"]?.[0]) - digits(other["Compute units"]?.[1]);
    expect(digits(other["Compute units"]?.[2]?.split(" ")[0])).toBe(Math.abs(difference));
  });

  it("is kept for the next load of the page, until it is deleted", async () => {
    await complete("?slotCount=30&delay=0");
    const { page } = dashboard;
    await completeAnother();
    await page.reload();
    await dashboard.untilPhase("Not started");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    const earlier = page.getByLabel("Compare with");
    const offered = () => earlier.locator("option").count();
    expect(await offered(), "two, and none").toBe(3);
    await earlier.selectOption({ index: 2 });
    await dashboard.button("Delete it").click();
    await eventually(offered).toBe(2);
    expect(await page.evaluate(() => document.activeElement?.tagName), "the focus isn't lost with the button").toBe("SELECT");
    await earlier.selectOption({ index: 1 });
    await dashboard.button("Delete it").click();
    await eventually(() => earlier.isDisabled()).toBe(true);
    await page.reload();
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    expect(await offered(), "but for the one that was shown when they were deleted").toBe(2);
  });
});
