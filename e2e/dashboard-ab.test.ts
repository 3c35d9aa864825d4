// Tests the A/B panel: a replaced program on a server, stored runs, record files, and changes that the simulator in the page refuses.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Download, Locator, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareRuns } from "../dist/compare.js";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { writeBrokenProgram } from "./support/changed-program.js";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { recordRun, TOKEN } from "./support/recorded-run.js";

const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
const SLOTS = 30;

const suite = dashboardSuite();
let folder: string;
let simulator: LocalSimulator;
let programFile: string;
let dashboard: DashboardPage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dashboard-ab-"));
  simulator = await startLocalSimulator({ engine: "litesvm", slots: SLOTS, slotDelayMs: 0, record: false });
  programFile = join(folder, "new-token.so");
  await writeBrokenProgram(simulator.url, programFile);
});

afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

async function open(query: Record<string, string>): Promise<Page> {
  dashboard = await suite.open(`?${new URLSearchParams({ slotCount: String(SLOTS), ...query })}`);
  await dashboard.button("A/B test").click();
  await dashboard.page.getByRole("heading", { name: "Changes of the candidate" }).waitFor();
  return dashboard.page;
}

const panel = () => dashboard.page.locator("#ab");
const addFiles = (...files: Parameters<Locator["setInputFiles"]>[0][]) =>
  dashboard.page.locator(".drop-zone input[type=file]").setInputFiles(files.flat() as string[]);
const runBoth = () => dashboard.button("Run baseline and candidate").click();
const verdict = () => panel().locator(".ab-verdict");
const problem = () => panel().getByRole("alert");
const runNames = () => panel().locator(".stored-runs tbody strong").allTextContents();

async function textOf(download: Download): Promise<string> {
  return readFile(await download.path(), "utf8");
}

const fileOf = (name: string, text: string) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) });

describe("a replaced program", () => {
  it("an A/B run lists the transactions that became worse, and stores the records of both runs", async () => {
    const page = await open({ url: simulator.url, programs: TOKEN_2022 });
    await addFiles(programFile);
    await eventually(() => page.getByLabel("Address of the program to replace").inputValue(), "the only program of the run").toBe(
      TOKEN_2022,
    );
    await runBoth();
    await verdict()
      .filter({ hasText: /became worse/ })
      .waitFor();
    const worse = Number(/▼ (\d+) transactions? became worse/.exec((await verdict().textContent()) ?? "")?.[1]);
    expect(worse).toBeGreaterThan(0);
    await eventually(() => panel().locator(".ab-warnings").isVisible()).toBe(false);

    await dashboard.button(`▼ Worse ${worse}`).click();
    const rows = panel().getByRole("button", { name: /, show both sides$/ });
    await eventually(() => rows.count()).toBe(worse);
    await eventually(() => panel().locator(".ab-note").first().textContent()).toMatch(/Token-2022: .*transferChecked/);

    const explain = page.waitForResponse(/browser-explain\.js$/);
    await rows.first().click();
    const dialog = page.getByRole("dialog", { name: /^Difference 1 of/ });
    await dialog.waitFor();
    await explain;
    const [a, b] = [dialog.getByRole("region", { name: "Side A" }), dialog.getByRole("region", { name: "Side B" })];
    await eventually(() => a.textContent()).toContain("✓ Succeeded");
    await eventually(() => b.textContent()).toMatch(/✗ Failed: Token-2022: .* \(instruction #\d+, transferChecked\)/);
    await eventually(() => b.locator(".is-marked").textContent(), "the first log line that differs").toContain(
      "(first line that differs)",
    );
    await page.keyboard.press("Tab");
    await dialog.getByRole("button", { name: "Next →" }).click();
    await page.getByRole("dialog", { name: /^Difference 2 of/ }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });

    const downloads: Record<string, string> = {};
    for (const name of ["A", "B"]) {
      const downloading = page.waitForEvent("download");
      await dashboard.button(`Export ${name}`).click();
      const download = await downloading;
      expect(download.suggestedFilename()).toMatch(name === "A" ? /^baseline-[\d-]+\.ndjson$/ : /^candidate-[\d-]+\.ndjson$/);
      downloads[name] = await textOf(download);
    }
    const { summary } = await compareRuns(
      () => [downloads.A ?? ""],
      () => [downloads.B ?? ""],
    );
    expect(summary.counts.regression, "the exported records have the same differences").toBe(worse);
    expect(summary.b.header.changes?.[0]).toMatch(
      new RegExp(`^program ${TOKEN_2022} replaced by new-token.so \\(sha256 [0-9a-f]{12}\\)$`),
    );
    const reporting = page.waitForEvent("download");
    await dashboard.button("Export report").click();
    await eventually(async () => await textOf(await reporting)).toContain("transferChecked");

    await page.reload();
    await eventually(runNames, "the panel stays open, and has the stored runs").toEqual(["Baseline", "Candidate"]);
    await page.getByLabel("Baseline as A").check();
    await page.getByLabel("Candidate as B").check();
    await dashboard.button("Compare A with B").click();
    await verdict()
      .filter({ hasText: new RegExp(`▼ ${worse} transactions? became worse`) })
      .waitFor();

    await dashboard.button("Clear all…").click();
    await dashboard.button("Delete all runs").click();
    await eventually(runNames).toEqual([]);
    await panel().getByText("None. Runs and dropped records are kept in this browser.").waitFor();
    await page.reload();
    await panel().getByText("None. Runs and dropped records are kept in this browser.").waitFor();
  });

  it("the baseline and the candidate of an A/B run can run at the same time", async () => {
    const page = await open({ url: simulator.url });
    await addFiles(programFile);
    await page.getByLabel("Address of the program to replace").fill(TOKEN_2022);
    await page.getByLabel("Run them").selectOption("at the same time");
    await runBoth();
    await verdict()
      .filter({ hasText: /became worse/ })
      .waitFor();
    await eventually(() => panel().locator(".side-progress").textContent()).toMatch(
      /Baseline ✓ completed.*Candidate ✓ completed/,
    );
  });

  it("an A/B run fails and shows the reason if the server refuses to replace a program", async () => {
    const page = await open({ url: simulator.url, programs: TOKEN });
    await addFiles(programFile);
    await page.getByLabel("Address of the program to replace").fill("11111111111111111111111111111111");
    await runBoth();
    await problem()
      .filter({ hasText: /The A\/B run failed.*is not an upgradeable program/ })
      .waitFor();
    await eventually(() => verdict().isVisible()).toBe(false);
    await eventually(() => dashboard.button("Run baseline and candidate").isEnabled()).toBe(true);
  });

  it("the form of an A/B run names a missing input, and states that the simulator in the page executes no program code", async () => {
    const page = await open({});
    await panel()
      .getByText(/its ledger is generated and executes no program code/)
      .waitFor();
    await addFiles(programFile);
    const field = page.getByLabel("Address of the program to replace");
    await field.waitFor();
    await runBoth();
    await page.getByText("Enter the address of the program: 32 bytes in base58.").waitFor();
    await eventually(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    await field.fill(TOKEN);
    await runBoth();
    await problem()
      .filter({ hasText: /This simulator cannot run a swapped program/ })
      .waitFor();
    await eventually(runNames).toEqual([]);
  });
});

describe("changed accounts and injected transactions", () => {
  it("the candidate run of an A/B run uses the account states and transactions of added JSON files", async () => {
    const text = await recordRun(SLOTS, "1");
    const page = await open({ programs: TOKEN });
    const [line = ""] = text.split("\n").filter((one) => one.startsWith('{"type":"transaction"'));
    const [wire] = (JSON.parse(line) as { transaction: { transaction: [string, string] } }).transaction.transaction;
    // The source account of the first transfer. In the candidate, this account has no tokens.
    const account = "2AurUUNVjXbQsyvJTkouYjY1KoBsiRgt5tQu9ifLK7pJ";
    expect(line).toContain("9LF6gULTh4e8cxNs9g3RNarX9SzhzdggrsSvE4gGyLJJ");
    const states = {
      [account]: { lamports: 5, owner: "11111111111111111111111111111111", data: ["", "base64"], executable: false },
    };
    await addFiles(fileOf("accounts.json", JSON.stringify(states)), fileOf("inject.json", JSON.stringify({ 300000005: [wire] })));
    await eventually(() => panel().locator(".change-text").allTextContents()).toEqual([
      "Account states accounts.json, 1 account",
      "Transactions inject.json, 1 transaction at slot 300,000,005",
    ]);
    await runBoth();
    await verdict()
      .filter({ hasText: /became worse/ })
      .waitFor();
    await eventually(() => panel().locator(".injected").textContent()).toMatch(/^Injected at slot 300,000,005: /);
    const balances = panel().getByRole("group", { name: "Balances after single transactions" });
    await balances.getByRole("button").first().click();
    await page.getByRole("dialog", { name: /^Difference/ }).waitFor();
    await page.keyboard.press("Escape");

    await addFiles(fileOf("late.json", JSON.stringify({ 300009999: [wire] })));
    await panel().locator(".change-text").filter({ hasText: "late.json" }).waitFor();
    await runBoth();
    await problem()
      .filter({ hasText: /Slot 300009999 is not one of the slots to run/ })
      .waitFor();
  });

  it("an A/B run without changes finds no differences", async () => {
    await open({ programs: TOKEN });
    await runBoth();
    await verdict()
      .filter({ hasText: /^✓ No transaction differs\. \d+ transactions are equal\.$/ })
      .waitFor();
  });
});

describe("record files", () => {
  it("the page compares record files, and rates runs as better or worse only if their ledgers are equal", async () => {
    const [own, other] = await Promise.all([recordRun(SLOTS, "1"), recordRun(SLOTS, "2")]);
    const page = await open({ programs: TOKEN });
    const data = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "cli.ndjson"));
      return transfer;
    }, own);
    await page.dispatchEvent(".drop-zone", "drop", { dataTransfer: data });
    await eventually(runNames).toEqual(["cli.ndjson"]);
    await runBoth();
    await verdict()
      .filter({ hasText: /No transaction differs/ })
      .waitFor();
    await page.getByLabel("cli.ndjson as A").check();
    await dashboard.button("Compare A with B").click();
    await panel().getByRole("heading", { name: "Comparison: A is cli.ndjson, B is Candidate" }).waitFor();
    await verdict()
      .filter({ hasText: /No transaction differs/ })
      .waitFor();

    await addFiles(fileOf("other.ndjson", other));
    await eventually(() => page.getByLabel("other.ndjson as B").isChecked()).toBe(true);
    await dashboard.button("Compare A with B").click();
    await panel()
      .locator(".ab-warnings")
      .filter({ hasText: /no transaction in common|are in both runs/ })
      .waitFor();
    await eventually(() => verdict().textContent()).toContain("The runs are not rated, because their ranges or ledgers differ.");
    await eventually(() => panel().locator(".ab-comparison").textContent()).not.toMatch(/worse|better/i);
  });

  it("if the user adds a file that the A/B panel cannot use, a message names the problem", async () => {
    await open({ programs: TOKEN });
    for (const [file, message] of [
      [fileOf("a.csv", "type,slot,signature\r\n"), /a\.csv: a CSV record has no logs, balances and instructions/],
      [fileOf("cut.so", "\x7fELF\u0002\u0001\u0001"), /cut\.so: the file is cut: it has 7 B/],
      [fileOf("a.txt", "hello"), /a\.txt: not a program \(ELF\), not JSON, and not a record/],
      [fileOf("empty.ndjson", '{"type":"run","version":1}\n'), /the record has no transactions/],
      [fileOf("cut.ndjson", '{"type":"run","version":1}\n{"type":"tr'), /line 2 is not JSON or incomplete/],
    ] as const) {
      await addFiles(file);
      await problem().filter({ hasText: message }).waitFor();
    }
    await eventually(runNames).toEqual([]);
  });

  it("one message names all added files that cannot be used, and the message disappears when the user adds a usable file", async () => {
    const page = await open({ programs: TOKEN });
    await addFiles(fileOf("a.txt", "hello"), fileOf("b.txt", "hello"));
    const title = problem().getByRole("heading", { name: "2 files cannot be used" });
    await title.waitFor();
    await eventually(() => problem().locator(".problem-message").textContent()).toMatch(/^a\.txt: .*\nb\.txt: /);
    await addFiles(programFile);
    await page.getByLabel("Address of the program to replace").waitFor();
    await title.waitFor({ state: "hidden" });
  });

  it("text from a record file is shown as text, never as markup", async () => {
    const lines = (await recordRun(SLOTS, "1")).split("\n");
    const evil = "<img src=x onerror=document.title='evil'>";
    const changed = lines.map((line) => line.replaceAll("Program log: Instruction: Transfer", evil)).join("\n");
    const page = await open({ programs: TOKEN });
    await addFiles(fileOf(`${evil}.ndjson`, changed), fileOf("own.ndjson", lines.join("\n")));
    await eventually(runNames).toEqual(["own.ndjson", `${evil}.ndjson`]);
    await dashboard.button("Compare A with B").click();
    await panel()
      .getByRole("button", { name: /, show both sides$/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog", { name: /^Difference/ });
    await dialog.getByText(evil).first().waitFor();
    await eventually(() => page.locator("#ab img, dialog img").count()).toBe(0);
    await eventually(() => page.title()).toBe("Backtest dashboard");
  });
});

describe("a run in progress", () => {
  it("a cancelled A/B run keeps its partial record, and marks it as incomplete", async () => {
    const slow = await startLocalSimulator({ slots: 400, slotDelayMs: 50, record: false });
    try {
      await open({ url: slow.url, programs: TOKEN, slotCount: "400" });
      await addFiles(fileOf("a.ndjson", await recordRun(SLOTS, "1")), fileOf("b.ndjson", await recordRun(SLOTS, "1")));
      await eventually(runNames).toHaveLength(2);
      await dashboard.button("Compare A with B").click();
      await verdict().waitFor();
      await runBoth();
      await eventually(() => verdict().isVisible(), "the result of earlier runs").toBe(false);
      await panel()
        .locator(".side-progress")
        .filter({ hasText: /[1-9]\d* transactions/ })
        .waitFor();
      await dashboard.button("Cancel").click();
      await panel().getByText("Cancelled. Records up to this point are stored as incomplete.").waitFor();
      await eventually(async () => (await runNames()).toSorted()).toEqual(["Candidate", "a.ndjson", "b.ndjson"]);
      await eventually(() => panel().locator(".stored-runs tbody").textContent()).toContain("incomplete");
    } finally {
      await slow.close();
    }
  });
});
