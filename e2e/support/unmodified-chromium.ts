import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type Browser, type BrowserContext, chromium } from "playwright";
import { CHROMIUM_FLAGS } from "../../scripts/chromium.mjs";
import { waitPatiently } from "./eventually.js";

export interface UnmodifiedChromium {
  /** The browser's only context. */
  readonly context: BrowserContext;
  readonly browser: Browser;
  close(): Promise<void>;
}

/**
 * Launches a Chromium with real page visibility and back/forward cache. A browser that Playwright launches makes every page visible
 * and has no such cache. Therefore, this function launches the browser, and Playwright connects to it.
 */
export async function launchUnmodifiedChromium(): Promise<UnmodifiedChromium> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (executablePath === undefined) throw new Error("CHROMIUM_PATH is not set: run `npm test`, or vitest with its e2e project");
  const port = await freePort();
  const launched = await chromium.launch({
    executablePath,
    args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${port}`],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true, isLocal: true });
  const [context] = browser.contexts();
  if (context === undefined) throw new Error("the browser has no context");
  waitPatiently(context);
  return {
    context,
    browser,
    close: async () => {
      await browser.close();
      await launched.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
