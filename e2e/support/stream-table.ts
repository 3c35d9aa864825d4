import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright";

const FILES = { Transactions: "transactions", "Account diffs": "account-diffs", Logs: "logs" };

/** One of the dashboard's three tables, behind its tab. */
export class StreamTable {
  readonly grid: Locator;
  readonly tab: Locator;
  readonly panel: Locator;
  /** Back to the newest row: "12 new rows ↑", or "Follow ↑". */
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

  /** By its place, the newest first, which is 0. */
  row(position: number): Locator {
    return this.grid.locator(`[aria-rowindex="${position + 2}"]:not([hidden])`);
  }

  /** What the mounted rows say, by their places; `"dropped"` and rows on their way included. */
  async rows(): Promise<Map<number, string[]>> {
    const all = await this.grid.locator(".grid-body > [role=row]:not([hidden])").evaluateAll((rows) =>
      rows.map((row): [number, string[]] => {
        const cells = [...row.children].map(({ textContent }) => textContent ?? "");
        return [Number(row.getAttribute("aria-rowindex")) - 2, cells];
      }),
    );
    return new Map(all.sort(([a], [b]) => a - b));
  }

  /** "1,200 rows, the newest 100 held, 1,100 dropped" */
  async counts(): Promise<{ rows: number; held: number; dropped: number }> {
    const text = (await this.panel.locator(".table-counts").textContent()) ?? "";
    const [, rows = "", held = "", dropped = ""] =
      /^([\d,]+) rows?, the newest ([\d,]+) held, ([\d,]+) dropped$/.exec(text) ?? [];
    const [first, second, third] = [rows, held, dropped].map((digits) => Number(digits.replaceAll(",", "")));
    return { rows: first ?? Number.NaN, held: second ?? Number.NaN, dropped: third ?? Number.NaN };
  }

  /** As `aria-rowcount` has it, without the heads. */
  async rowCount(): Promise<number> {
    return Number(await this.grid.getAttribute("aria-rowcount")) - 1;
  }

  async filter(text: string): Promise<void> {
    await this.panel.getByRole("searchbox").fill(text);
  }

  /** Presses the button, and reads the file that the browser saves. */
  async export(format: "NDJSON" | "CSV"): Promise<{ name: string; text: string; said: string }> {
    const [download] = await Promise.all([
      this.#page.waitForEvent("download"),
      this.panel.getByRole("button", { name: `Export ${format}` }).click(),
    ]);
    const name = `${FILES[this.#label]}.${format.toLowerCase()}`;
    const said = this.panel.getByRole("status").filter({ hasText: name });
    await said.waitFor();
    const text = await readFile(await download.path(), "utf8");
    return { name: download.suggestedFilename(), text, said: (await said.textContent()) ?? "" };
  }
}
