import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page, Worker } from "playwright";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { LocalSimulator, SessionRecord } from "../../dist/local.js";
import { servePages } from "../../scripts/static-server.mjs";
import { eventually } from "./eventually.js";
import { launchChromium } from "./launch-chromium.js";
import { observeTexts } from "./observe-texts.js";

/** The browser and the served dashboard of a test file. */
export interface DashboardSuite {
  readonly browser: Browser;
  /** URL of the dashboard, with a slash at its end. */
  readonly url: string;
  /** Opens the page in a new context. @param query such as `?slotCount=100&delay=0` */
  open(query?: string, options?: BrowserContextOptions): Promise<DashboardPage>;
  /** Opens the page in another tab of a context. */
  openIn(context: BrowserContext, query?: string): Promise<DashboardPage>;
  /** Drives an existing tab. */
  watch(page: Page): DashboardPage;
}

/**
 * Registers the hooks of a test file. The hooks start a browser and a server for all tests. After each test, the hooks close the
 * pages of the test, and fail the test if the console has errors.
 */
export function dashboardSuite(launch: () => Promise<Browser> = launchChromium): DashboardSuite {
  let browser: Browser | undefined;
  let site: Awaited<ReturnType<typeof servePages>> | undefined;
  let contexts: BrowserContext[] = [];
  let opened: DashboardPage[] = [];

  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), servePages()]);
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await Promise.all(opened.map(({ page }) => page.close()));
    const problems = opened.flatMap((dashboard) => dashboard.problems);
    contexts = [];
    opened = [];
    expect(problems).toEqual([]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), site?.close()]);
  });

  const ready = () => {
    if (browser === undefined || site === undefined) throw new Error("the suite has not started");
    return { browser, url: site.url };
  };
  const suite: DashboardSuite = {
    get browser() {
      return ready().browser;
    },
    get url() {
      return ready().url;
    },
    async open(query, options) {
      const context = await suite.browser.newContext({
        viewport: { width: 1440, height: 900 },
        acceptDownloads: true,
        ...options,
      });
      contexts.push(context);
      return suite.openIn(context, query);
    },
    async openIn(context, query = "") {
      const dashboard = suite.watch(await context.newPage());
      await dashboard.page.goto(suite.url + query);
      return dashboard;
    },
    watch(page) {
      const dashboard = new DashboardPage(page);
      opened.push(dashboard);
      return dashboard;
    },
  };
  return suite;
}

/** Drives the dashboard through its accessible roles and names. */
export class DashboardPage {
  readonly page: Page;
  /** Console errors and uncaught errors, except the browser's own messages about failed connections. */
  readonly problems: readonly string[];

  constructor(page: Page) {
    const problems: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && !/^(?:WebSocket connection to |Failed to load resource: )/.test(message.text()))
        problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    this.page = page;
    this.problems = problems;
  }

  /**
   * Speeds up the clock of the page's worker, which has the session: a timeout of a minute passes in seconds. Call it before the
   * run starts.
   */
  async speedUpClock(times: number): Promise<void> {
    const worker = await this.#worker();
    await worker.evaluate((factor) => {
      const { setTimeout: set } = globalThis;
      const { now } = Date;
      const origin = now();
      Date.now = () => origin + (now() - origin) * factor;
      globalThis.setTimeout = ((callback: () => void, ms = 0) => set(callback, ms / factor)) as typeof setTimeout;
    }, times);
  }

  /**
   * Starts a run that is paused before its first slot. A click on the button Pause would be too late: the run would already have
   * executed some slots.
   */
  async startPaused(): Promise<void> {
    const worker = await this.#worker();
    await worker.evaluate(async () => {
      while (self.onmessage === null) await new Promise((resolve) => setTimeout(resolve, 10));
      const execute = self.onmessage.bind(self);
      self.onmessage = async (event) => {
        execute(event);
        if (event.data.type !== "start") return;
        self.onmessage = execute;
        // After a few microtasks, the worker has created the run, but has not started the session.
        for (let turns = 0; turns < 5; turns++) await undefined;
        execute(new MessageEvent("message", { data: { type: "pause" } }));
      };
    });
    await this.start();
    await this.untilPhase("Paused");
  }

  /** Waits for the worker that has the session, and returns it. */
  async #worker(): Promise<Worker> {
    await eventually(() => this.page.workers().length).toBe(1);
    const [worker] = this.page.workers();
    if (worker === undefined) throw new Error("the page has no worker");
    return worker;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, ...(typeof name === "string" && { exact: true }) });
  }

  start(): Promise<void> {
    return this.button("Start backtest").click();
  }

  /**
   * Starts another run, and waits until the previous result is hidden. A short run hides the result only for a moment, so this
   * method observes the page instead of polling.
   */
  async startAnother(): Promise<void> {
    const hidden = this.page.evaluate(
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
    await this.button("Start another run").click();
    await hidden;
  }

  /** Waits until the page header shows one of these phases. */
  async untilPhase(...words: string[]): Promise<void> {
    await this.page
      .locator("#phase")
      .filter({ hasText: new RegExp(`^(?:${words.join("|")})$`) })
      .waitFor();
  }

  /** Returns a figure of the progress, by its label: "Slot", "Processed", "Skipped" … */
  async readout(label: string): Promise<string> {
    return (await this.#term("#progress", label).textContent())?.trim() ?? "";
  }

  /** Returns a figure of the connection panel, by its label: "Reconnects", "Gaps", "Duplicates dropped" … */
  async counter(label: string): Promise<string> {
    return (await this.#term("#connection", label).textContent())?.trim() ?? "";
  }

  async slot(): Promise<bigint> {
    const text = await this.readout("Slot");
    return /\d/.test(text) ? BigInt(text.replaceAll(",", "")) : -1n;
  }

  /** Waits until this slot, or a later slot, has been executed. */
  async untilSlot(slot: bigint): Promise<void> {
    await this.page.waitForFunction((least) => {
      const terms = [...document.querySelectorAll("#progress dt")];
      const text = terms.find(({ textContent }) => textContent === "Slot")?.nextElementSibling?.textContent ?? "";
      return /\d/.test(text) && BigInt(text.replaceAll(",", "")) >= BigInt(least);
    }, String(slot));
  }

  /** Returns the entries of the connection log, newest first. */
  log(): Promise<string[]> {
    return this.page.locator("#connection-log .log-text").allTextContents();
  }

  /** Returns the state of each channel. */
  channels(): Promise<string[]> {
    return this.page.locator("#connection .channel-state").allTextContents();
  }

  /** Records every text that an element has from now on. */
  observeTexts(selector: string): Promise<() => Promise<string[]>> {
    return observeTexts(this.page, selector);
  }

  /** Opens the connection panel, which stays open across reloads. */
  async openConnections(): Promise<void> {
    const isOpen = await this.page.locator("#connection").evaluate((details) => (details as HTMLDetailsElement).open);
    if (!isOpen) await this.page.locator("#connection-summary").click();
  }

  /** Opens the menu of faults, and presses a button in it. The menu stays open. */
  async injectFault(title: string | RegExp): Promise<void> {
    const menu = this.page.locator("#faults");
    if (!(await menu.evaluate((details) => (details as HTMLDetailsElement).open))) await menu.locator("summary").click();
    await this.button(title).click();
  }

  /** Waits for the result of the run, and returns its figures by name. */
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

/** Returns the query string with which the page starts a run on the given simulator. */
export function queryFor({ url, programs }: Pick<LocalSimulator, "url" | "programs">, more: Record<string, string> = {}): string {
  const [program = ""] = programs;
  return `?${new URLSearchParams({ url, programs: program, startSlot: "300000000", autostart: "1", ...more })}`;
}

/** Returns the expected result of a completed run, from the simulator's record. Each notification counts once. */
export function recordedSums(session: SessionRecord | undefined, program = ""): Record<string, string> {
  if (session === undefined) throw new Error("the simulator has no record of the session");
  const slots = session.control.filter(({ response }) => response.method === "slotNotification").length;
  const transactions = session
    .notifications("transaction", program)
    .map(({ json }) => (JSON.parse(json()) as { meta: { err: unknown; fee: number; computeUnitsConsumed: number } }).meta);
  const sum = (of: (meta: (typeof transactions)[number]) => number) => transactions.reduce((all, meta) => all + of(meta), 0);
  // An empty record would match a page that shows no transactions.
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
