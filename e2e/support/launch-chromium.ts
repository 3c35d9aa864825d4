import { type Browser, type BrowserContext, type ConsoleMessage, chromium, type Page } from "playwright";
import { CHROMIUM_FLAGS } from "../../scripts/chromium.mjs";
import { waitPatiently } from "./eventually.js";
import type { FailedStart, InPageOutcome, InPageRun, Outcome, ServerRun } from "./run-outcome.js";

/** The functions and values that `pages/page.js` adds to its window. */
declare global {
  interface Window {
    e2e: {
      runOnServer(options: ServerRun): Promise<Outcome>;
      runInPage(options: InPageRun): Promise<InPageOutcome>;
      failToStart(options: Pick<ServerRun, "client" | "create">): Promise<FailedStart>;
    };
    progress: { slot: bigint; reconnects: Record<string, number> };
    outcome: Promise<Outcome>;
  }
}

/** Launches the Chromium that scripts/chromium.mjs found. @param droppedFlags default flags of Playwright to omit */
export async function launchChromium(droppedFlags: string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (executablePath === undefined) throw new Error("CHROMIUM_PATH is not set: run `npm test`, or vitest with its e2e project");
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, ignoreDefaultArgs: droppedFlags });
  browser.on("context", waitPatiently);
  return browser;
}

/** An open page, and its console output. */
export interface WatchedPage {
  readonly page: Page;
  readonly console: readonly string[];
  /** Console errors and uncaught errors, except the browser's own messages about failed sockets and fetches. */
  readonly problems: readonly string[];
}

/** The browser's own messages about failed connections, which a page cannot suppress. */
const NETWORK_LINES =
  /^(?:WebSocket connection to |Failed to load resource: |Access to fetch at \S+ from origin \S+ has been blocked by CORS)/;

export async function openPage(context: BrowserContext, url: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const console: string[] = [];
  const problems: string[] = [];
  page.on("console", (message: ConsoleMessage) => {
    console.push(`${message.type()}: ${message.text()} ${message.location().url}`);
    if (message.type() === "error" && !NETWORK_LINES.test(message.text())) problems.push(message.text());
  });
  page.on("pageerror", (error) => {
    console.push(String(error.stack));
    problems.push(String(error));
  });
  await page.goto(url);
  await page.waitForFunction(() => window.e2e !== undefined);
  return { page, console, problems };
}
