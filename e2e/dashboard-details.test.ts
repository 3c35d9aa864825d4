// Tests the detail of a row, and exports.
import { parse } from "lossless-json";
import type { Locator } from "playwright";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeAccountData, transactionSignature } from "../dist/index.js";
import { type DashboardPage, dashboardSuite, eventually } from "./support/dashboard-page.js";
import { changedBytes, type Ledger, readLedger } from "./support/sample-ledger.js";
import { StreamTable } from "./support/stream-table.js";

/** Above 2^53, so that rounding is detected. */
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

/** Completes a run on the ledger that is also available to the test. */
async function complete(query = ""): Promise<void> {
  const range = `startSlot=${START}&slotCount=${SLOT_COUNT}`;
  dashboard = await suite.open(`?${range}&programs=${ledger.program}&delay=0${query}`);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
}

describe("a detail", () => {
  it("the detail of a transaction shows balances, account diffs and logs, and copies the signature", async () => {
    await complete();
    const { page } = dashboard;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const transactions = table("Transactions");
    await transactions.untilRows(ledger.transactions.length);
    await transactions.row(0).click();
    const detail = page.getByRole("complementary", { name: "Transaction" });
    await detail.waitFor();
    const transaction = ledger.transactions.at(-1)!;
    const signature = transactionSignature(transaction)!;
    const text = (await detail.textContent()) ?? "";
    expect(text).toContain(signature);
    expect(text).toContain(grouped(transaction.slot));
    expect(text).toContain(`${grouped(transaction.meta!.fee!)} lamports`);
    const { preBalances, postBalances } = transaction.meta!;
    const changed = preBalances.flatMap((before, index) =>
      before === postBalances[index] ? [] : [[before, postBalances[index]!]],
    );
    expect(changed.length).toBeGreaterThan(0);
    for (const [before, after] of changed) expect(text).toContain(`${grouped(before!)} → ${grouped(after!)}`);
    expect(await detail.locator(".log-lines li").allTextContents()).toEqual(transaction.meta!.logMessages);

    await detail.getByRole("button", { name: "Copy signature" }).click();
    await detail.getByText("Copied").first().waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(signature);

    const own = ledger.accountDiffs.filter((diff) => diff.signature === signature);
    const links = detail.locator(".links button");
    expect(await links.count()).toBe(own.length);
    expect(own.length).toBeGreaterThan(0);
    await links.first().click();
    const ofDiff = page.getByRole("complementary", { name: "Account diff" });
    await ofDiff.waitFor();
    await ofDiff.getByText(own[0]!.account!).waitFor();
    await ofDiff.getByRole("button", { name: "← Back" }).click();
    await detail.waitFor();
    await detail.getByRole("button", { name: "Close the detail" }).click();
    await detail.waitFor({ state: "hidden" });
  });

  it("the detail of an account diff shows exact balances, marks changed bytes, and charts the account", async () => {
    await complete();
    const { page } = dashboard;
    const diffs = await table("Account diffs").open();
    const [diff] = ledger.accountDiffs.toReversed();
    await diffs.untilRows(ledger.accountDiffs.length);
    await diffs.row(0).click();
    const detail = page.getByRole("complementary", { name: "Account diff" });
    await detail.waitFor();
    const fact = (name: string) =>
      detail.locator("dt", { hasText: new RegExp(`^${name}$`) }).locator("xpath=following-sibling::dd[1]");
    expect(await fact("Lamports before").textContent()).toContain(`${grouped(diff!.pre!.lamports)} lamports`);
    expect(await fact("Lamports after").textContent()).toContain(`${grouped(diff!.post!.lamports)} lamports`);

    const changes = changedBytes(diff!);
    expect(changes.length).toBeGreaterThan(0);
    await detail.getByText(`${changes.length} bytes changed.`).waitFor();
    const marked = (side: "del" | "ins") => markedBytes(detail, side);
    expect(await marked("del")).toEqual(changes.map(({ before }) => before));
    expect(await marked("ins")).toEqual(changes.map(({ after }) => after));
    await detail.getByRole("button", { name: "Show all bytes" }).click();
    const all = decodeAccountData(diff!.post!).length;
    await eventually(() => detail.locator(".dump-skip").count()).toBe(0);
    const last = Math.floor((all - 1) / 16) * 16;
    await detail
      .locator(".dump-line", { hasText: new RegExp(`^${last.toString(16).padStart(4, "0")} `) })
      .first()
      .waitFor();
    expect(await marked("ins"), "the same bytes are marked").toEqual(changes.map(({ after }) => after));

    await detail.getByRole("button", { name: "Chart this account" }).click();
    await detail.getByText("✓ Added to the chart").first().waitFor();
    const chart = page.getByRole("figure").filter({ hasText: "Account balance" });
    const account = diff!.account!;
    await eventually(() => chart.getByLabel("Account").inputValue()).toBe(account);
    await eventually(() => chart.locator(".chart-value").textContent()).toMatch(/ SOL$/);
    expect(await chart.getByText("Choose an account").isVisible()).toBe(false);
    // The chart rounds slots above 2^53 to doubles, but the balance is exact.
    const lamports = ledger.accountDiffs.findLast((other) => other.account === account)!.post!.lamports;
    expect(await chart.locator(".chart-value").textContent()).toBe(`${Number(lamports) / 1e9} SOL`);
  });

  it("the detail of a log line shows all logs of its transaction, and marks the line", async () => {
    await complete();
    const logs = await table("Logs").open();
    const lines = logsNewestFirst();
    const [line] = lines;
    await logs.untilRows(lines.length);
    await logs.row(0).click();
    const detail = dashboard.page.getByRole("complementary", { name: "Log line" });
    await detail.waitFor();
    expect(await detail.locator(".log-lines li").allTextContents()).toEqual(ledger.transactions.at(-1)!.meta!.logMessages);
    expect(await detail.locator("[aria-current=true]").first().textContent()).toBe(line);
  });
});

describe("an export", () => {
  it("an NDJSON export contains all rows, oldest first, with exact 64-bit integers", async () => {
    await complete();
    const { name, text, status } = await table("Transactions").export("NDJSON");
    expect(name).toBe("transactions.ndjson");
    expect(status).toBe(`transactions.ndjson: ${ledger.transactions.length} rows saved. No rows are missing.`);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => parse(line) as Record<string, { toString(): string }>);
    expect(lines.map(({ slot }) => String(slot))).toEqual(ledger.transactions.map(({ slot }) => String(slot)));
    expect(lines.map(({ signature }) => signature)).toEqual(ledger.transactions.map(transactionSignature));
    expect(lines.map(({ fee }) => String(fee))).toEqual(ledger.transactions.map(({ meta }) => String(meta?.fee)));

    const diffs = await (await table("Account diffs").open()).export("NDJSON");
    const rows = diffs.text
      .trimEnd()
      .split("\n")
      .map((line) => parse(line) as Record<string, { toString(): string }>);
    expect(rows.map(({ account, before, after }) => `${account} ${before} ${after}`)).toEqual(
      ledger.accountDiffs.map(({ account, pre, post }) => `${account} ${pre?.lamports} ${post?.lamports}`),
    );
  });

  it("a CSV export reports the number of dropped rows", async () => {
    await complete("&rows=100");
    const logs = await table("Logs").open();
    const dropped = ledger.logs.length - 400;
    const { name, text, status } = await logs.export("CSV");
    expect(name).toBe("logs.csv");
    expect(status).toBe(`logs.csv: 400 rows saved. ${grouped(dropped)} older rows were dropped before the export.`);
    const [head, ...lines] = text.trimEnd().split("\r\n");
    expect(head).toBe("slot,signature,text,isFailure,subRange");
    const expected = ledger.transactions
      .flatMap((transaction) =>
        transaction.meta!.logMessages!.map((line) => [String(transaction.slot), transactionSignature(transaction), line]),
      )
      .slice(-400);
    expect(lines.map((line) => line.split(",").slice(0, 3))).toEqual(expected);
  });
});

/** Log lines, newest first. */
function logsNewestFirst(): string[] {
  return ledger.logs.toReversed();
}

/** The marked bytes in the hex part of a dump. The text part marks the same bytes, so it is not read. */
async function markedBytes(detail: Locator, side: "del" | "ins"): Promise<string[]> {
  const texts = await detail.locator(`.dump-line ${side}`).allTextContents();
  return texts.filter((text) => /^[\da-f]{2}(?: [\da-f]{2})*$/.test(text)).flatMap((text) => text.split(" "));
}
