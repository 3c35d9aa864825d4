import type { Browser, BrowserContextOptions, Locator, Page } from "playwright";
import { expect } from "vitest";
import { servePages } from "../../scripts/static-server.mjs";

export { servePages };

/** The dashboard as its user has it before them: what is seen is asked for by role and name. */
export class Dashboard {
  readonly page: Page;
  /** Console errors and uncaught errors, but for the browser's own lines on a connection that failed. */
  readonly problems: readonly string[];

  private constructor(page: Page, problems: string[]) {
    this.page = page;
    this.problems = problems;
  }

  /** @param query of the page's own, such as `?slotCount=100&delay=0` */
  static async open(browser: Browser, url: string, query = "", options: BrowserContextOptions = {}): Promise<Dashboard> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && !/^(?:WebSocket connection to |Failed to load resource: )/.test(message.text()))
        problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(url + query);
    return new Dashboard(page, problems);
  }

  async close(): Promise<void> {
    await this.page.context().close();
    expect(this.problems).toEqual([]);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, ...(typeof name === "string" && { exact: true }) });
  }

  start(): Promise<void> {
    return this.button("Start backtest").click();
  }

  /** The word beside the title. */
  async untilPhase(...words: string[]): Promise<void> {
    await this.page
      .locator("#phase")
      .filter({ hasText: new RegExp(`^(?:${words.join("|")})$`) })
      .waitFor();
  }

  /** A figure of the progress: "Slot", "Executed", "Skipped" … */
  async readout(label: string): Promise<string> {
    return (await this.#term("#progress", label).textContent())?.trim() ?? "";
  }

  /** A figure of the connection panel: "Reconnects", "Gaps", "Duplicates dropped" … */
  async counter(label: string): Promise<string> {
    return (await this.#term("#connection", label).textContent())?.trim() ?? "";
  }

  async slot(): Promise<bigint> {
    const text = await this.readout("Slot");
    return /\d/.test(text) ? BigInt(text.replaceAll(",", "")) : -1n;
  }

  /** Waits until a slot has been executed, or a later one. */
  async untilSlot(slot: bigint): Promise<void> {
    await this.page.waitForFunction((least) => {
      const terms = [...document.querySelectorAll("#progress dt")];
      const text = terms.find(({ textContent }) => textContent === "Slot")?.nextElementSibling?.textContent ?? "";
      return /\d/.test(text) && BigInt(text.replaceAll(",", "")) >= BigInt(least);
    }, String(slot));
  }

  /** Each channel's state in words. */
  channels(): Promise<string[]> {
    return this.page.getByRole("list", { name: "Channels" }).locator(".channel-state").allTextContents();
  }

  /** The summary at the end: figures by their names. */
  async result(): Promise<Record<string, string>> {
    const rows = this.page.locator("#result table tbody tr");
    await rows.first().waitFor();
    const cells = await rows.evaluateAll((all) =>
      all.map((row) => [...row.children].map(({ textContent }) => textContent?.trim() ?? "")),
    );
    return Object.fromEntries(cells.map(([name = "", value = ""]) => [name, value]));
  }

  #term(root: string, label: string): Locator {
    return this.page.locator(`${root} dt`, { hasText: new RegExp(`^${label}$`) }).locator("xpath=following-sibling::dd[1]");
  }
}
