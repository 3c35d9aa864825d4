// Tests that the list of transactions shows the reasons of failures in words.
import { beforeAll, expect, it } from "vitest";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { type Ledger, readLedger } from "./support/sample-ledger.js";
import { StreamTable } from "./support/stream-table.js";

const START = 300_000_000n;
const SLOT_COUNT = 60n;
const EXPLAIN = /\/browser-explain\.js$/;

const suite = dashboardSuite();
let ledger: Ledger;
let failed: Ledger["transactions"];

beforeAll(async () => {
  ledger = await readLedger({ startSlot: START, slotCount: SLOT_COUNT });
  failed = ledger.transactions.filter(({ meta }) => meta!.err !== null);
});

/** Opens the page, and returns the URLs that it has requested so far. */
async function open(): Promise<{ dashboard: DashboardPage; transactions: StreamTable; requests: string[] }> {
  const context = await suite.browser.newContext({ acceptDownloads: true });
  const requests: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  const query = `?startSlot=${START}&slotCount=${SLOT_COUNT}&programs=${ledger.program}&delay=0`;
  const dashboard = await suite.openIn(context, query);
  return { dashboard, transactions: new StreamTable(dashboard.page, "Transactions"), requests };
}

it("the list of transactions shows the reason of a failure, the text filter matches the reason, and the export contains it", async () => {
  const { dashboard, transactions, requests } = await open();
  await dashboard.button("Start backtest").waitFor();
  expect(
    requests.filter((url) => EXPLAIN.test(url)),
    "explain is not part of the page",
  ).toEqual([]);
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await transactions.panel.getByRole("button", { name: "Failed only" }).click();
  await transactions.untilRows(failed.length);
  await eventually(async () => (await transactions.rows()).get(0)?.[3]).toBe("✗ Token: insufficient funds");
  expect(requests.filter((url) => EXPLAIN.test(url)).length, "it is loaded once").toBe(1);

  await transactions.panel.getByRole("button", { name: "Failed only" }).click();
  await transactions.untilRows(ledger.transactions.length);
  await transactions.filter("INSUFFICIENT funds");
  await transactions.untilRows(failed.length);

  const { text } = await transactions.export("CSV");
  const [head = "", ...lines] = text.trim().split("\r\n");
  expect(head.split(",").slice(2, 5)).toEqual(["signature", "error", "reason"]);
  expect(lines.length).toBe(ledger.transactions.length);
  expect(lines.filter((line) => line.includes(",InstructionError 1 Custom 1,Token: insufficient funds,")).length).toBe(
    failed.length,
  );
  await dashboard.page.context().close();
});

it("if the module `explain` cannot be loaded, the list of transactions shows error codes, and can be filtered and exported", async () => {
  const { dashboard, transactions, requests } = await open();
  await dashboard.page.context().route(EXPLAIN, (route) => route.abort());
  await dashboard.start();
  await dashboard.untilPhase("Completed");
  await transactions.panel.getByRole("button", { name: "Failed only" }).click();
  await transactions.untilRows(failed.length);
  await eventually(async () => (await transactions.rows()).get(0)?.[3]).toBe("✗ InstructionError 1 Custom 1");
  expect(requests.filter((url) => EXPLAIN.test(url)).length).toBe(1);
  await transactions.panel.getByRole("button", { name: "Failed only" }).click();
  await transactions.filter("custom 1");
  await transactions.untilRows(failed.length);
  const { text } = await transactions.export("NDJSON");
  expect(text.trim().split("\n").length).toBe(ledger.transactions.length);
  await dashboard.page.context().close();
});
