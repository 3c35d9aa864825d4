// Tests the tables of transactions, account diffs and logs: tabs, filters, scrolling while rows arrive, keyboard.
import { beforeAll, describe, expect, it } from "vitest";
import { transactionSignature } from "../dist/index.js";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { changedBytes, type Ledger, readLedger } from "./support/sample-ledger.js";
import { StreamTable } from "./support/stream-table.js";

/** The first slot, above 2^53, so that the tests detect rounded slots. */
const START = 18_446_744_073_709_550_000n;
const SLOT_COUNT = 60n;

const suite = dashboardSuite();
let ledger: Ledger;
let dashboard: DashboardPage;

beforeAll(async () => {
  ledger = await readLedger({ startSlot: START, slotCount: SLOT_COUNT });
});

const table = (label: "Transactions" | "Account diffs" | "Logs") => new StreamTable(dashboard.page, label);
const grouped = (value: bigint | number) => value.toLocaleString("en-US");

/** Opens the dashboard and completes a run. The simulator in the page generates the same data as `ledger`. */
async function complete(query = ""): Promise<void> {
  const range = `startSlot=${START}&slotCount=${SLOT_COUNT}`;
  dashboard = await suite.open(`?${range}&programs=${ledger.program}&delay=0${query}`);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
}

/** Plays a run that does not end during the test. Each table keeps only 100 rows, and drops older rows. */
async function play(): Promise<void> {
  dashboard = await suite.open("?slotCount=100000&delay=2&rows=100");
  await dashboard.start();
}

describe("tabs", () => {
  it("each tab shows one table, and the arrow keys, Home and End switch between the tabs", async () => {
    await complete();
    const counts = { Transactions: ledger.transactions, "Account diffs": ledger.accountDiffs, Logs: ledger.logs };
    await table("Transactions").tab.focus();
    for (const [key, label] of [
      ["ArrowRight", "Account diffs"],
      ["ArrowRight", "Logs"],
      ["ArrowRight", "Transactions"],
      ["ArrowLeft", "Logs"],
      ["Home", "Transactions"],
      ["End", "Logs"],
    ] as const) {
      await dashboard.page.keyboard.press(key);
      const { tab, grid, panel } = table(label);
      await panel.waitFor();
      await eventually(() => tab.getAttribute("aria-selected"), label).toBe("true");
      await eventually(() => tab.evaluate((element) => element === document.activeElement), label).toBe(true);
      await grid.waitFor();
      await eventually(() => dashboard.page.getByRole("grid").count(), "only one table is visible").toBe(1);
      await eventually(() => table(label).counts(), label).toEqual({
        rows: counts[label].length,
        available: counts[label].length,
        dropped: 0,
      });
    }
  });
});

describe("rows", () => {
  it("the rows of a table show the newest events first, with exact integers", async () => {
    await complete();
    const transactions = table("Transactions");
    await transactions.untilRows(ledger.transactions.length);
    for (const [place, transaction] of ledger.transactions.toReversed().slice(0, 10).entries()) {
      const { slot, transactionIndex, meta } = transaction;
      const signature = transactionSignature(transaction) ?? "";
      await eventually(async () => (await transactions.rows()).get(place)).toEqual([
        grouped(slot),
        grouped(transactionIndex ?? Number.NaN),
        `${signature.slice(0, 8)}…${signature.slice(-8)}`,
        meta?.err === null ? "✓ succeeded" : "✗ Token: insufficient funds",
        grouped(meta?.fee ?? -1n),
        grouped(meta?.computeUnitsConsumed ?? -1n),
        expect.stringMatching(/Token/),
      ]);
    }
    const diffs = await table("Account diffs").open();
    await diffs.untilRows(ledger.accountDiffs.length);
    const [newest] = ledger.accountDiffs.toReversed();
    const cells = (await diffs.rows()).get(0);
    expect(cells?.[0]).toBe(grouped(newest!.context.slot));
    expect(cells?.[1]).toBe(`${newest!.account?.slice(0, 6)}…${newest!.account?.slice(-6)}`);
    expect(cells?.[6]).toBe(grouped(changedBytes(newest!).length));
    const logs = await table("Logs").open();
    await logs.untilRows(logsNewestFirst().length);
    const texts = [...(await logs.rows()).values()].map((row) => row[2]);
    expect(texts.slice(0, 10)).toEqual(logsNewestFirst().slice(0, 10));
  });

  it("each table keeps a limited number of rows, and counts the older rows that it has dropped", async () => {
    await complete("&rows=100");
    for (const [label, all, available] of [
      ["Transactions", ledger.transactions, 100],
      ["Account diffs", ledger.accountDiffs, 100],
      ["Logs", ledger.logs, 400],
    ] as const) {
      const opened = await table(label).open();
      expect(all.length, label).toBeGreaterThan(available);
      await eventually(() => opened.counts(), label).toEqual({ rows: all.length, available, dropped: all.length - available });
      await eventually(() => opened.rowCount(), label).toBe(available);
    }
  });
});

describe("a filter", () => {
  it("the text filter matches the outcome, program, slot or signature, and a message appears if no row matches", async () => {
    await complete();
    const { page } = dashboard;
    const transactions = table("Transactions");
    const failed = ledger.transactions.filter(({ meta }) => meta?.err !== null);
    const [, , third] = ledger.transactions;
    const count = async () => (await transactions.counts()).rows;
    for (const [text, expected] of [
      ["failed", failed.length],
      ["succeeded", ledger.transactions.length - failed.length],
      ["Custom 1", failed.length],
      [ledger.program, ledger.transactions.length],
      [`${third!.slot}`, ledger.transactions.filter(({ slot }) => slot === third!.slot).length],
      // The slot in the notation of the table, with grouped digits.
      [grouped(third!.slot), ledger.transactions.filter(({ slot }) => slot === third!.slot).length],
      [transactionSignature(third!)!.slice(0, 12), 1],
    ] as const) {
      await transactions.filter(text);
      await eventually(count, text).toBe(expected);
      await eventually(() => transactions.rowCount()).toBe(await count());
    }
    await eventually(async () => (await transactions.rows()).get(0)?.[0]).toBe(grouped(third!.slot));

    await transactions.filter("no such thing");
    await page.getByText("No row matches “no such thing”.").waitFor();
    await dashboard.button("Clear the filters").click();
    await eventually(count).toBe(ledger.transactions.length);
    await eventually(
      () => transactions.panel.getByRole("searchbox").evaluate((element) => element === document.activeElement),
      "the focus is not lost when the button is hidden",
    ).toBe(true);
  });

  it("a filter of a table applies only to this table", async () => {
    await complete();
    const logs = await table("Logs").open();
    await logs.filter("CUSTOM PROGRAM ERROR");
    const expected = logsNewestFirst().filter((text) => text.includes("custom program error"));
    await eventually(async () => (await logs.counts()).rows).toBe(expected.length);
    await eventually(async () => [...(await logs.rows()).values()].map((row) => row[2])).toEqual(expected.slice(0, 40));
    const transactions = await table("Transactions").open();
    await eventually(async () => (await transactions.counts()).rows).toBe(ledger.transactions.length);
    await logs.open();
    await eventually(() => logs.panel.getByRole("searchbox").inputValue()).toBe("CUSTOM PROGRAM ERROR");
  });

  it("a filter applies to new rows, and to the next run", async () => {
    await play();
    const transactions = table("Transactions");
    await transactions.filter("failed");
    const outcomes = async () => [...(await transactions.rows()).values()].map((row) => row[3]?.[0]);
    const failures = Array.from({ length: 5 }, () => "✗");
    await eventually(async () => (await outcomes()).slice(0, failures.length)).toEqual(failures);
    const { rows } = await transactions.counts();
    await eventually(async () => (await transactions.counts()).rows).toBeGreaterThan(rows);
    await eventually(async () => new Set(await outcomes())).toEqual(new Set(failures));
    await dashboard.button("Stop…").click();
    await dashboard.button("Stop the run").click();
    await dashboard.untilPhase("Stopped");
    await dashboard.startAnother();
    await dashboard.untilPhase("Playing");
    await eventually(async () => (await outcomes()).slice(0, failures.length)).toEqual(failures);
    await eventually(async () => new Set(await outcomes())).toEqual(new Set(failures));
  });
});

describe("a table while rows arrive", () => {
  it("a scrolled table does not move while rows arrive, counts the new rows, and can follow the newest row again", async () => {
    await play();
    const transactions = table("Transactions");
    await eventually(() => transactions.rowCount()).toBe(100);
    await eventually(() => transactions.newRows.isVisible(), "it follows the stream").toBe(false);
    await transactions.grid.hover();
    await dashboard.page.mouse.wheel(0, 300);
    await transactions.newRows.waitFor();
    const place = 12;
    await eventually(async () => (await transactions.rows()).get(place)?.[0]).toMatch(/\d/);
    const before = (await transactions.rows()).get(place);
    const scrollTop = () => transactions.grid.evaluate((grid) => grid.scrollTop);
    const top = 300;
    await eventually(scrollTop).toBe(top);
    const newer = async () => Number.parseInt((await transactions.newRows.textContent())?.replaceAll(",", "") ?? "", 10);
    await eventually(newer).toBeGreaterThan(20);
    await eventually(async () => (await transactions.rows()).get(place)).toEqual(before);
    await eventually(scrollTop).toBe(top);

    await transactions.newRows.click();
    await transactions.newRows.waitFor({ state: "hidden" });
    await eventually(scrollTop).toBe(0);
    const slotAt = async (position: number) => BigInt((await transactions.rows()).get(position)?.[0]?.replaceAll(",", "") || "0");
    await eventually(() => slotAt(0)).toBeGreaterThan(BigInt(before?.[0]?.replaceAll(",", "") ?? "0"));
  });

  it("visible rows that the table drops from memory keep their positions, and are marked as dropped", async () => {
    await play();
    const transactions = table("Transactions");
    await eventually(() => transactions.rowCount()).toBe(100);
    await transactions.row(0).focus();
    await dashboard.page.keyboard.press("End");
    const last = transactions.row(99);
    await last.waitFor();
    await last.getByText("dropped").waitFor();
    await transactions.panel.getByText(/^\d+ older rows? dropped$/).waitFor();
    await eventually(() => last.evaluate((element) => element === document.activeElement), "the focus does not move").toBe(true);
    await dashboard.page.keyboard.press("Enter");
    await transactions.panel.getByText("This row was dropped from memory.").waitFor();
    await eventually(() => dashboard.page.locator("#detail").isVisible()).toBe(false);
  });
});

describe("the keyboard", () => {
  it("the arrow keys navigate the rows, Enter opens a row, and Escape returns to the table", async () => {
    await complete();
    const { page } = dashboard;
    const transactions = table("Transactions");
    await transactions.untilRows(ledger.transactions.length);
    await transactions.panel.getByRole("button", { name: "Export CSV" }).focus();
    const focused = () => page.evaluate(() => Number(document.activeElement?.getAttribute("aria-rowindex")) - 2);
    const press = async (key: string, expected: number, message?: string) => {
      await page.keyboard.press(key);
      await eventually(focused, message).toBe(expected);
    };
    await press("Tab", 0, "the table is one tab stop");
    await press("ArrowUp", 0);
    await press("ArrowDown", 1);
    await press("ArrowDown", 2);
    await page.keyboard.press("PageDown");
    await eventually(focused).toBeGreaterThan(5);
    await press("PageUp", 2);
    const last = ledger.transactions.length - 1;
    await press("End", last);
    await eventually(async () => (await transactions.rows()).get(last)?.[0]).toBe(grouped(ledger.transactions[0]!.slot));
    await press("ArrowDown", last, "the last row is the end");
    await press("Home", 0);
    await press("ArrowDown", 1);

    await page.keyboard.press("Enter");
    const detail = page.getByRole("complementary", { name: "Transaction" });
    await detail.waitFor();
    await eventually(() => page.evaluate(() => document.activeElement?.textContent), "the detail has the focus").toBe(
      "Transaction",
    );
    await eventually(() => transactions.row(1).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    await eventually(focused).toBe(1);
    await eventually(() => transactions.row(1).getAttribute("aria-selected")).toBe("false");
  });
});

describe("a table without a subscription", () => {
  it("the table of account diffs shows a message if the run has no subscription to account diffs", async () => {
    await complete("&accountDiffs=0");
    const diffs = await table("Account diffs").open();
    await diffs.panel.getByText("This run has no such subscription.").waitFor();
    await eventually(async () => (await dashboard.result())["Account diffs"]).toBe("0");
  });
});

/** Returns the log lines of the ledger, newest first. */
function logsNewestFirst(): string[] {
  return ledger.logs.toReversed();
}
