import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright";
import { eventually } from "./eventually.js";

const FILES = { Transactions: "transactions", "Account diffs": "account-diffs", Logs: "logs" };

/** One of the dashboard's three tables. */
export class StreamTable {
  readonly grid: Locator;
  readonly tab: Locator;
  readonly panel: Locator;
  /** The button that scrolls to the newest row: "12 new rows ↑", or "Follow ↑". */
  readonly newRows: Locator;
  readonly #page: Page;
  readonly #label: keyof typeof FILES;

  constructor(page: Page, label: keyof typeof FILES) {
    this.#page = page;
    this.#label = label;
    this.tab = page.getByRole("tab", { name: label });
    this.panel = page.getByRole("tabpanel", { name: label });
    this.grid = page.getByRole("grid", { name: label });
    this.newRows = this.panel.getByRole("button", { name: /↑$/ });
  }

  async open(): Promise<this> {
    await this.tab.click();
    await this.grid.waitFor();
    return this;
  }

  /** Returns the row at a position. Position 0 is the newest row. */
  row(position: number): Locator {
    return this.grid.locator(`[aria-rowindex="${position + 2}"]:not([hidden])`);
  }

  /** Returns the cell texts of each row in the DOM, by the position of the row. Includes dropped and pending rows. */
  async rows(): Promise<Map<number, string[]>> {
    const all = await this.grid.locator(".grid-body > [role=row]:not([hidden])").evaluateAll((rows) =>
      rows.map((row): [number, string[]] => {
        const cells = [...row.children].map(({ textContent }) => textContent ?? "");
        return [Number(row.getAttribute("aria-rowindex")) - 2, cells];
      }),
    );
    return new Map(all.sort(([a], [b]) => a - b));
  }

  /** Returns the counts of the table, from a text such as "1,200 rows, 100 in memory, 1,100 dropped". */
  async counts(): Promise<{ rows: number; available: number; dropped: number }> {
    const text = (await this.panel.locator(".table-counts").textContent()) ?? "";
    const [, rows = "", available = "", dropped = ""] = /^([\d,]+) rows?, ([\d,]+) in memory, ([\d,]+) dropped$/.exec(text) ?? [];
    const [first, second, third] = [rows, available, dropped].map((digits) => Number(digits.replaceAll(",", "")));
    return { rows: first ?? Number.NaN, available: second ?? Number.NaN, dropped: third ?? Number.NaN };
  }

  /** Waits until the table has received `count` rows and displays the newest row. Some rows arrive after the end of the run. */
  async untilRows(count: number): Promise<void> {
    const hasNewest = async () => Boolean((await this.rows()).get(0)?.[0]);
    await eventually(async () => [(await this.counts()).rows, await hasNewest()]).toEqual([count, true]);
  }

  /** Returns the number of rows from `aria-rowcount`. The header row is not counted. */
  async rowCount(): Promise<number> {
    return Number(await this.grid.getAttribute("aria-rowcount")) - 1;
  }

  async filter(text: string): Promise<void> {
    await this.panel.getByRole("searchbox").fill(text);
  }

  /** Exports the table, and reads the downloaded file. */
  async export(format: "NDJSON" | "CSV"): Promise<{ name: string; text: string; status: string }> {
    const [download] = await Promise.all([
      this.#page.waitForEvent("download"),
      this.panel.getByRole("button", { name: `Export ${format}` }).click(),
    ]);
    const name = `${FILES[this.#label]}.${format.toLowerCase()}`;
    const status = this.panel.getByRole("status").filter({ hasText: name });
    await status.waitFor();
    const text = await readFile(await download.path(), "utf8");
    return { name: download.suggestedFilename(), text, status: (await status.textContent()) ?? "" };
  }
}
