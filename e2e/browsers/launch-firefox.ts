import puppeteer from "puppeteer-core";
import { callIn, readAnswer, type SmokeBrowser, type SmokeTab, waitIn } from "./smoke-tab.js";

/** Matches Firefox's own console messages about failed connections. No page can prevent these messages. */
const NETWORK_LINES =
  /^Error: (?:Firefox can’t establish a connection to the server at ws|The connection to wss?:\S+ was interrupted|Cross-Origin Request Blocked: )/;

/** Launches a headless Firefox, driven over WebDriver BiDi. */
export async function launchFirefox(): Promise<SmokeBrowser> {
  const executablePath = process.env.FIREFOX_PATH;
  if (executablePath === undefined) throw new Error("FIREFOX_PATH is not set: run `npm run test:browsers`");
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
  return {
    version: await browser.version(),
    keepsLeftPages: false,
    open: async (url) => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      page.on("pageerror", (error) => {
        if (!NETWORK_LINES.test(String(error))) problems.push(String(error));
      });
      await page.goto(url);
      const tab: SmokeTab = {
        ask: async (what, ...args) => readAnswer((await page.evaluate(callIn(what, args))) as string),
        until: async (holds, ...args) => {
          await page.evaluate(waitIn(holds, args));
        },
        reload: async () => {
          await page.reload();
        },
        leaveFor: async (path) => {
          await page.goto(String(new URL(path, url)));
        },
        goBack: async () => {
          await page.goBack();
        },
        problems: () => problems,
        close: () => context.close(),
      };
      return tab;
    },
    close: () => browser.close(),
  };
}
