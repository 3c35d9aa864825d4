import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright";
import { expect } from "vitest";
import type { LocalSimulator, SessionRecord } from "../../dist/local.js";
import { servePages } from "../../scripts/static-server.mjs";

export { servePages };

/** The dashboard as its user has it before them: what is seen is asked for by role and name. */
export class DashboardPage {
  readonly page: Page;
  /** Console errors and uncaught errors, but for the browser's own lines on a connection that failed. */
  readonly problems: readonly string[];

  private constructor(page: Page, problems: string[]) {
    this.page = page;
    this.problems = problems;
  }

  /** @param query of the page's own, such as `?slotCount=100&delay=0` */
  static async open(browser: Browser, url: string, query = "", options: BrowserContextOptions = {}): Promise<DashboardPage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
    return DashboardPage.openIn(context, url, query);
  }

  /** Another tab of a context. */
  static async openIn(context: BrowserContext, url: string, query = ""): Promise<DashboardPage> {
    const dashboard = DashboardPage.watch(await context.newPage());
    await dashboard.page.goto(url + query);
    return dashboard;
  }

  /** A tab that is there already, whatever has opened it. */
  static watch(page: Page): DashboardPage {
    const problems: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && !/^(?:WebSocket connection to |Failed to load resource: )/.test(message.text()))
        problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    return new DashboardPage(page, problems);
  }

  async close(): Promise<void> {
    await this.page.context().close();
    expect(this.problems).toEqual([]);
  }

  /**
   * Makes the clock of the page's worker, which holds the session, run so many times as fast: patience of a minute is at its end
   * in seconds. Before the run starts.
   */
  async hasten(times: number): Promise<void> {
    await expect.poll(() => this.page.workers().length).toBe(1);
    await this.page.workers()[0]?.evaluate((factor) => {
      const { setTimeout: set } = globalThis;
      const { now } = Date;
      const origin = now();
      Date.now = () => origin + (now() - origin) * factor;
      globalThis.setTimeout = ((callback: () => void, ms = 0) => set(callback, ms / factor)) as typeof setTimeout;
    }, times);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, ...(typeof name === "string" && { exact: true }) });
  }

  start(): Promise<void> {
    return this.button("Start backtest").click();
  }

  /** Once more, and waits until the last run's result is gone: for a few frames only where the run is short, so it is told and not looked for. */
  async startAnother(): Promise<void> {
    const gone = this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const result = document.querySelector<HTMLElement>("#result");
          new MutationObserver((_, observer) => {
            if (result?.hidden !== true) return;
            observer.disconnect();
            resolve();
          }).observe(document.body, { attributes: true, subtree: true, attributeFilter: ["hidden"] });
        }),
    );
    await this.button("Start another").click();
    await gone;
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

  /** Of the connection panel, newest first: what happened, in words. */
  log(): Promise<string[]> {
    return this.page.locator("#connection-log .log-text").allTextContents();
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

/** The page's query for a run on a simulator behind a socket. */
export function queryFor({ url, programs }: Pick<LocalSimulator, "url" | "programs">, more: Record<string, string> = {}): string {
  const [program = ""] = programs;
  return `?${new URLSearchParams({ url, programs: program, startSlot: "300000000", autostart: "1", ...more })}`;
}

/** What the summary is to show of a completed run, by the simulator's own record: each notification counted once. */
export function recordedSums(session: SessionRecord | undefined, program = ""): Record<string, string> {
  if (session === undefined) throw new Error("the simulator has no record of the session");
  const slots = session.control.filter(({ response }) => response.method === "slotNotification").length;
  const transactions = session
    .notifications("transaction", program)
    .map(({ json }) => (JSON.parse(json()) as { meta: { err: unknown; fee: number; computeUnitsConsumed: number } }).meta);
  const sum = (of: (meta: (typeof transactions)[number]) => number) => transactions.reduce((all, meta) => all + of(meta), 0);
  // So that two empty runs don't agree.
  expect(transactions.length).toBeGreaterThanOrEqual(slots);
  const figures = {
    "Slots executed": slots,
    "Slots skipped": Number(session.endSlot - session.startSlot) + 1 - slots,
    Transactions: transactions.length,
    "Failed transactions": transactions.filter(({ err }) => err !== null).length,
    "Account diffs": session.notifications("accountDiff", program).length,
    "Compute units": sum(({ computeUnitsConsumed }) => computeUnitsConsumed),
    Gaps: 0,
  };
  return {
    ...Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, figure.toLocaleString("en-US")])),
    Fees: `${sum(({ fee }) => fee).toLocaleString("en-US")} lamports`,
  };
}
