// Tests the detail panel of a row, and the export of tables.
import { parse } from "lossless-json";
import type { Locator } from "playwright";
import { beforeAll, describe, expect, it } from "vitest";
import { explainAccount, explainTransaction } from "../dist/explain.js";
import { decodeAccountData, transactionSignature } from "../dist/index.js";
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
/** Formats an amount in whole units, exactly and with grouped digits. */
const units = (amount: bigint, decimals: number) => {
  const scale = 10n ** BigInt(decimals);
  const fraction = `${amount % scale}`.padStart(decimals, "0").replace(/0+$/, "");
  return `${grouped(amount / scale)}${fraction === "" ? "" : `.${fraction}`}`;
};
const sol = (lamports: bigint) => `${lamports < 0n ? "−" : "+"}${units(lamports < 0n ? -lamports : lamports, 9)} SOL`;

/** Opens the dashboard and completes a run. The simulator in the page generates the same data as `ledger`. */
async function complete(query = ""): Promise<void> {
  const range = `startSlot=${START}&slotCount=${SLOT_COUNT}`;
  dashboard = await suite.open(`?${range}&programs=${ledger.program}&delay=0${query}`);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
}

describe("a detail", () => {
  it("the detail panel of a transaction names its instructions, shows balance changes with units, and copies the signature", async () => {
    await complete();
    const { page } = dashboard;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const transactions = table("Transactions");
    await transactions.untilRows(ledger.transactions.length);
    await transactions.row(0).click();
    const detail = page.getByRole("complementary", { name: "Transaction" });
    const transaction = ledger.transactions.at(-1)!;
    const explained = explainTransaction(transaction);
    await detail.locator(".instruction").first().waitFor();
    const signature = transactionSignature(transaction)!;
    await detail.getByText(signature).first().waitFor();
    const text = (await detail.textContent()) ?? "";
    expect(text).toContain(grouped(transaction.slot));
    expect(text).toContain(`${grouped(transaction.meta!.fee!)} lamports`);
    for (const { change } of explained.solChanges) expect(text).toContain(sol(change));
    for (const { before, after, decimals } of explained.tokenChanges)
      for (const amount of [before, after]) expect(text).toContain(units(amount, decimals));

    const shown = await detail.locator(".instructions > .instruction").evaluateAll((items) =>
      items.map((item) => ({
        head: item.querySelector(".instruction-head")?.textContent ?? "",
        uses: [...item.querySelectorAll(":scope > .uses dt")].map(({ textContent }) => textContent),
        logs: [...item.querySelectorAll(":scope > .log-lines li")].map(({ textContent }) => textContent),
      })),
    );
    expect(shown.length).toBe(explained.instructions.flatMap((instruction) => [instruction, ...instruction.inner]).length);
    for (const [index, { program, name, accounts, args, logs, computeUnits }] of explained.instructions.entries()) {
      const item = shown[index]!;
      expect(item.head).toContain(`#${index + 1}${program.name}${name}`);
      if (computeUnits !== undefined) expect(item.head).toContain(`${grouped(computeUnits.consumed)} CU`);
      expect(item.uses).toEqual([...Object.keys(args), ...accounts.map((account) => account.name)]);
      expect(item.logs).toEqual(logs.map((line) => line.replace(/^Program log: /, "")));
    }
    await detail.getByText("All log lines in order").click();
    await eventually(() => detail.locator(".raw-logs .log-lines li").allTextContents()).toEqual(transaction.meta!.logMessages);

    const copyButton = await dashboard.observeTexts("#detail .copy");
    await detail.getByRole("button", { name: "Copy signature" }).click();
    await eventually(copyButton).toContainEqual(expect.stringMatching(/^Copied/));
    await eventually(() => page.evaluate(() => navigator.clipboard.readText())).toBe(signature);

    const own = ledger.accountDiffs.filter((diff) => diff.signature === signature);
    expect(own.length).toBeGreaterThan(0);
    const links = detail.locator(".links button");
    await eventually(() => links.count()).toBe(own.length);
    await links.first().click();
    const ofDiff = page.getByRole("complementary", { name: "Account diff" });
    await ofDiff.waitFor();
    await ofDiff.getByText(own[0]!.account!).waitFor();
    await ofDiff.getByRole("button", { name: "← Back" }).click();
    await detail.waitFor();
    await detail.getByRole("button", { name: "Close the detail" }).click();
    await detail.waitFor({ state: "hidden" });
  });

  it("the error of a failed transaction is shown in words in the detail panel and in the table", async () => {
    await complete();
    const transactions = table("Transactions");
    await dashboard.page.getByRole("button", { name: "Failed only" }).first().click();
    const failed = ledger.transactions.filter(({ meta }) => meta!.err !== null);
    await transactions.untilRows(failed.length);
    // The list shows the error in words before a detail panel is opened.
    await eventually(async () => (await transactions.rows()).get(0)?.[3]).toBe("✗ Token: insufficient funds");
    await transactions.row(0).click();
    const detail = dashboard.page.getByRole("complementary", { name: "Transaction" });
    await detail.getByText("✗ Token: insufficient funds (instruction #2, transfer)").waitFor();
    await detail.locator(".instruction[data-outcome=failed]").getByText("✗ insufficient funds").waitFor();
  });

  it("text from the server cannot become markup in the detail panel", async () => {
    await complete();
    const { page } = dashboard;
    const transactions = table("Transactions");
    await transactions.row(0).click();
    await page.getByRole("complementary", { name: "Transaction" }).locator(".instruction").first().waitFor();
    // The code is a string, because vitest replaces import() in functions.
    await page.evaluate('import("./view/detail/detail-contents.js").then((module) => Object.assign(window, module))');
    const found = await page.evaluate(() => {
      const { detailContents } = window as unknown as { detailContents: (...given: unknown[]) => Node[] };
      const evil = "<img src=x onerror=alert(1)>";
      const row = { id: 1, slot: 1n, signature: evil, error: evil, programs: [evil] };
      const instruction = {
        program: { address: evil, name: evil },
        name: evil,
        accounts: [{ name: evil, address: evil, signer: true, writable: true }],
        args: { [evil]: evil },
        data: evil,
        logs: [evil],
        outcome: "failed",
        inner: [],
      };
      const transaction = {
        status: "failed",
        error: { text: evil, message: evil, detail: evil },
        feePayer: evil,
        instructions: [instruction],
        solChanges: [{ address: evil, before: 1n, after: 2n, change: 1n }],
        tokenChanges: [
          { address: evil, mint: evil, owner: evil, decimals: 6, before: 1n, after: 2n, change: 1n, uiChange: evil },
        ],
        otherLogs: [evil],
        areLogsTruncated: true,
        problems: [evil],
      };
      const detail = { table: "transactions", row, version: evil, logs: [evil], diffs: [] };
      const nodes = detailContents(detail, { table: "transactions", id: 1, transaction, tokens: {}, diffs: {} }, {}, 500);
      const box = document.createElement("div");
      box.append(...nodes);
      return { markup: box.querySelectorAll("img").length, text: box.textContent };
    });
    expect(found.markup).toBe(0);
    expect(found.text).toContain("<img src=x onerror=alert(1)>");
  });

  it("the detail panel of an account diff shows exact balances, marks changed bytes, and adds the account to the chart", async () => {
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
    await eventually(() => fact("Lamports").textContent()).toContain(`${grouped(diff!.post!.lamports)} lamports`);
    await eventually(() => fact("Kind").textContent()).toBe("Token account");
    const { changes: fields, after } = explainAccount(diff!);
    const decimals = 6;
    const rows = detail.locator(".change-table tbody tr");
    await eventually(() => rows.locator("th").allTextContents()).toEqual(fields.map(({ field }) => field));
    expect(fields.length).toBeGreaterThan(0);
    const [amount] = fields as unknown as { before: bigint; after: bigint }[];
    const symbol = `${String(after!.fields!.mint).slice(0, 4)}…${String(after!.fields!.mint).slice(-4)}`;
    const change = amount!.after - amount!.before;
    await eventually(() => rows.first().locator("td").allTextContents()).toEqual([
      `${change < 0n ? "−" : "+"}${units(change < 0n ? -change : change, decimals)} ${symbol}`,
      `${units(amount!.before, decimals)} ${symbol}`,
      `${units(amount!.after, decimals)} ${symbol}`,
    ]);

    await eventually(() => detail.locator(".dump").count(), "the dump is closed").toBe(0);
    await detail.getByText(/^Raw data, /).click();
    const changes = changedBytes(diff!);
    expect(changes.length).toBeGreaterThan(0);
    await detail.getByText(`${changes.length} bytes changed.`).waitFor();
    const marked = (side: "del" | "ins") => markedBytes(detail, side);
    await eventually(() => marked("del")).toEqual(changes.map(({ before }) => before));
    await eventually(() => marked("ins")).toEqual(changes.map(({ after }) => after));
    await detail.getByRole("button", { name: "Show all bytes" }).click();
    const all = decodeAccountData(diff!.post!).length;
    await eventually(() => detail.locator(".dump-skip").count()).toBe(0);
    const last = Math.floor((all - 1) / 16) * 16;
    await detail
      .locator(".dump-line", { hasText: new RegExp(`^${last.toString(16).padStart(4, "0")} `) })
      .first()
      .waitFor();
    await eventually(() => marked("ins"), "the same bytes are marked").toEqual(changes.map(({ after }) => after));

    const chartButton = await dashboard.observeTexts("#detail .detail-buttons");
    await detail.getByRole("button", { name: "Chart this account" }).click();
    await eventually(chartButton).toContainEqual(expect.stringContaining("✓ Added to the chart"));
    const chart = page.getByRole("figure").filter({ hasText: "Balances" });
    const account = diff!.account!;
    const item = chart.locator(".chart-item", { has: page.getByTitle(account) });
    // The chart must show the exact balance, even above 2^53.
    const newest = ledger.accountDiffs.findLast((other) => other.account === account)!;
    const balance = explainAccount(newest).after!.fields!.amount as bigint;
    await eventually(() => item.locator(".chart-value").textContent()).toBe(`${units(balance, decimals)} ${symbol}`);
    await eventually(() => chart.getByText("Choose an account").isVisible()).toBe(false);
  });

  it("the detail panel of a log line shows all logs of its transaction, and marks the line", async () => {
    await complete();
    const logs = await table("Logs").open();
    const lines = logsNewestFirst();
    const [line] = lines;
    await logs.untilRows(lines.length);
    await logs.row(0).click();
    const detail = dashboard.page.getByRole("complementary", { name: "Log line" });
    await detail.locator(".log-lines").waitFor();
    await eventually(() => detail.locator(".log-lines li").allTextContents()).toEqual(
      ledger.transactions.at(-1)!.meta!.logMessages,
    );
    await eventually(() => detail.locator("[aria-current=true]").first().textContent()).toBe(line);
  });
});

describe("an export", () => {
  it("an NDJSON export of a table contains all rows, oldest first, with exact 64-bit integers", async () => {
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

  it("a CSV export reports the number of rows that the table has dropped", async () => {
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

/** Returns the log lines of the ledger, newest first. */
function logsNewestFirst(): string[] {
  return ledger.logs.toReversed();
}

/** Returns the marked bytes in the hex part of a dump. Ignores the text part, because it marks the same bytes. */
async function markedBytes(detail: Locator, side: "del" | "ins"): Promise<string[]> {
  const texts = await detail.locator(`.dump-line ${side}`).allTextContents();
  return texts.filter((text) => /^[\da-f]{2}(?: [\da-f]{2})*$/.test(text)).flatMap((text) => text.split(" "));
}
