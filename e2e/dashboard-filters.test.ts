// Tests the filters of the tables, the buttons of the detail panel for the next and the previous row, and links to a transaction.
import { beforeAll, describe, expect, it } from "vitest";
import { explainTransaction, transactionAccounts } from "../dist/explain.js";
import { transactionSignature } from "../dist/index.js";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { type Ledger, readLedger } from "./support/sample-ledger.js";
import { StreamTable } from "./support/stream-table.js";

const START = 300_000_000n;
const SLOT_COUNT = 60n;

const suite = dashboardSuite();
let ledger: Ledger;
let dashboard: DashboardPage;

beforeAll(async () => {
  ledger = await readLedger({ startSlot: START, slotCount: SLOT_COUNT });
});

const table = (label: "Transactions" | "Account diffs" | "Logs") => new StreamTable(dashboard.page, label);
const query = (more = "") => `?startSlot=${START}&slotCount=${SLOT_COUNT}&programs=${ledger.program}&delay=0${more}`;

async function complete(): Promise<void> {
  dashboard = await suite.open(query());
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await table("Transactions").untilRows(ledger.transactions.length);
}

/** Uses the menu of a table to add a filter. */
async function addFilter(of: StreamTable, kind: string, value: string): Promise<void> {
  await of.panel.getByText("Add filter", { exact: true }).first().click();
  await of.panel.getByLabel("Filter by").selectOption(kind);
  await of.panel.getByLabel("Value").fill(value);
  await of.panel.getByRole("button", { name: "Add filter" }).click();
}

const rowsOf = (of: StreamTable) => eventually(async () => (await of.counts()).rows);

describe("the filters", () => {
  it("each kind of filter shows only the matching transactions, and a click on its chip removes the filter", async () => {
    await complete();
    const transactions = table("Transactions");
    const explained = ledger.transactions.map((transaction) => ({
      accounts: transactionAccounts(transaction),
      ...explainTransaction(transaction),
    }));
    const [sample] = explained;
    const signer = sample!.feePayer!;
    const account = sample!.accounts[1]!;
    const instruction = sample!.instructions.at(-1)!.name!;
    const first = START + 10n;
    const last = START + 19n;
    for (const [kind, value, isMatch, label] of [
      ["Signer", signer, (one) => one.feePayer === signer, "Signer"],
      ["Account", account, (one) => one.accounts.includes(account), "Account"],
      [
        "Instruction",
        instruction.toUpperCase(),
        (one) => one.instructions.some(({ name }) => name === instruction),
        "Instruction",
      ],
      ["Program", ledger.program, (one) => one.accounts.includes(ledger.program), "Program: Token"],
      ["Slots", `${first} - ${last}`, (one) => one.slot! >= first && one.slot! <= last, "Slots"],
    ] as [string, string, (one: (typeof explained)[number]) => boolean, string][]) {
      const expected = explained.filter(isMatch).length;
      expect(expected, kind).toBeGreaterThan(0);
      await addFilter(transactions, kind, value);
      await rowsOf(transactions).toBe(expected);
      await transactions.panel.getByRole("button", { name: new RegExp(`^Remove the filter ${label}`) }).click();
      await rowsOf(transactions).toBe(explained.length);
    }
  });

  it("the filters of a table can be combined and cleared, and the filter form refuses an invalid address", async () => {
    await complete();
    const transactions = table("Transactions");
    const failed = ledger.transactions.filter(({ meta }) => meta!.err !== null);
    const payer = explainTransaction(failed[0]!).feePayer!;
    await transactions.panel.getByRole("button", { name: "Failed only" }).click();
    await rowsOf(transactions).toBe(failed.length);
    await addFilter(transactions, "Signer", payer);
    await rowsOf(transactions).toBe(failed.filter((one) => explainTransaction(one).feePayer === payer).length);

    await addFilter(transactions, "Signer", "not an address");
    await transactions.panel.getByText("Enter an address: 32 bytes in base58.").waitFor();
    await eventually(() => transactions.panel.getByLabel("Value").getAttribute("aria-invalid")).toBe("true");
    await dashboard.page.keyboard.press("Escape");

    await addFilter(transactions, "Instruction", "noSuchInstruction");
    await transactions.panel.getByText("No row matches the filters.").waitFor();
    await transactions.panel.getByRole("button", { name: "Clear the filters" }).click();
    await rowsOf(transactions).toBe(ledger.transactions.length);
    await eventually(() => transactions.panel.getByRole("button", { name: "Failed only" }).getAttribute("aria-pressed")).toBe(
      "false",
    );
  });

  it("a click on an address in the detail panel filters the transactions by this account", async () => {
    await complete();
    const transactions = table("Transactions");
    await transactions.row(0).click();
    const payer = explainTransaction(ledger.transactions.at(-1)!).feePayer!;
    await dashboard.page.getByTitle(`${payer}: show its transactions`).first().click();
    await rowsOf(transactions).toBe(ledger.transactions.filter((one) => explainTransaction(one).feePayer === payer).length);
  });
});

describe("the previous and the next row", () => {
  it("the buttons and keys of the detail panel open the next or the previous matching row, and select it in the table", async () => {
    await complete();
    const { page } = dashboard;
    const transactions = table("Transactions");
    const failed = ledger.transactions.filter(({ meta }) => meta!.err !== null).toReversed();
    await transactions.panel.getByRole("button", { name: "Failed only" }).click();
    await rowsOf(transactions).toBe(failed.length);
    await transactions.row(1).click();
    const detail = page.getByRole("complementary", { name: "Transaction" });
    const shows = (index: number) => detail.getByText(transactionSignature(failed[index]!)!).waitFor();
    await shows(1);
    await detail.getByRole("button", { name: "Next row, older" }).click();
    await shows(2);
    await eventually(() => transactions.row(2).getAttribute("aria-selected")).toBe("true");
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Next row, older");
    await page.keyboard.press(",");
    await shows(1);
    await page.keyboard.press(",");
    await shows(0);
    await eventually(() => detail.getByRole("button", { name: "Previous row, newer" }).getAttribute("aria-disabled")).toBe(
      "true",
    );
    await page.keyboard.press(".");
    await shows(1);
  });
});

describe("a link to a transaction", () => {
  it("the URL of the page contains the signature of the open transaction, and a page with this URL opens the transaction", async () => {
    await complete();
    const { page } = dashboard;
    const transaction = ledger.transactions[100]!;
    const signature = transactionSignature(transaction)!;
    await page.evaluate((text) => {
      location.hash = `#tx=${text}`;
    }, signature);
    const detail = page.getByRole("complementary", { name: "Transaction" });
    await detail.getByText(signature).waitFor();
    // Row 0 is the newest transaction. The table must scroll down to the row of this older transaction.
    const position = ledger.transactions.length - 1 - 100;
    await eventually(() => table("Transactions").row(position).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    await eventually(() => new URL(page.url()).hash).toBe("");

    await page.goto(`${suite.url}${query()}#tx=${signature}`);
    await page.reload();
    const notice = page.locator("#linked");
    await notice.getByText(/is not in memory\. Start its run again: the transaction opens when it arrives\.$/).waitFor();
    await dashboard.start();
    await detail.getByText(signature).waitFor();
    await notice.waitFor({ state: "hidden" });
    await eventually(() => new URL(page.url()).hash).toBe(`#tx=${signature}`);
  });

  it("if a run does not contain the transaction that the URL names, the page shows a notice", async () => {
    const other = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQkjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";
    dashboard = await suite.open(`${query()}#tx=${other}`);
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    const notice = dashboard.page.locator("#linked");
    await notice.getByText(/is not in memory: this run did not receive it, or has dropped it\./).waitFor();
    await notice.getByRole("button", { name: "Dismiss" }).click();
    await notice.waitFor({ state: "hidden" });
    await eventually(() => new URL(dashboard.page.url()).hash).toBe("");
  });
});
