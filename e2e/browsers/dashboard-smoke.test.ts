import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type StaticServer, serveStatic } from "../support/static-server.js";
import { launchBrowser } from "./launch-browser.js";
import type { SmokeBrowser } from "./smoke-tab.js";

let browser: SmokeBrowser;
let site: StaticServer;

beforeAll(async () => {
  // Serves the whole repository: the dashboard loads files from dist/ and from node_modules/.
  [browser, site] = await Promise.all([launchBrowser(), serveStatic(fileURLToPath(new URL("../..", import.meta.url)))]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

it("the dashboard starts a run in the page with one click, and loses no events when all connections drop", async () => {
  const page = await browser.open(`${site.url}demo/dashboard/index.html?slotCount=300&delay=10&skip=0`);
  try {
    const untilPhase = (word: string): Promise<void> =>
      page.until((word) => document.querySelector("#phase")?.textContent === word, word);
    await untilPhase("Not started");
    await page.ask(() => document.querySelector<HTMLButtonElement>("#start-button")?.click());
    await untilPhase("Playing");
    await page.ask(() => {
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent?.includes("Drop connections"))?.click();
    });
    await untilPhase("Completed");
    const found = await page.ask(() => {
      const terms = [...document.querySelectorAll("#connection dt")];
      const counter = (name: string) =>
        terms.find(({ textContent }) => textContent === name)?.nextElementSibling?.textContent ?? "";
      const rows = [...document.querySelectorAll("#result table tbody tr")];
      const result = (name: string) => rows.find((row) => row.children[0]?.textContent === name)?.children[1]?.textContent ?? "";
      return { reconnects: counter("Reconnects"), gaps: counter("Gaps"), executed: result("Slots executed") };
    });
    // The control connection and both subscriptions have reconnected.
    expect(found).toEqual({ reconnects: "3", gaps: "none", executed: "300" });
    expect(page.problems()).toEqual([]);
  } finally {
    await page.close();
  }
});
