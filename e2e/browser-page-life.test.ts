import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { launchChromium, openPage, type WatchedPage } from "./support/launch-chromium.js";
import { expectComplete, namesOf } from "./support/run-outcome.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const START = 300_000_000;
const SLOTS = 400;
const fastReconnect = { reconnect: { initialBackoffMs: 200 }, liveness: { pingIntervalMs: 300, deadlineMs: 900 } };

let browser: Browser;
let site: StaticServer;
let simulator: LocalSimulator;
let tab: WatchedPage;

beforeAll(async () => {
  // Starts Chromium without this default flag of Playwright: the tests need the back/forward cache.
  [browser, site] = await Promise.all([launchChromium(["--disable-back-forward-cache"]), serveStatic()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

beforeEach(async () => {
  simulator = await startLocalSimulator({ startSlot: START, slots: SLOTS, slotDelayMs: 5 });
  tab = await openPage(await browser.newContext(), site.url);
});

afterEach(async () => {
  const { problems, page } = tab;
  await page.context().close();
  await simulator.close();
  expect(problems).toEqual([]);
});

/** Starts a session in the page, and waits until 50 slots have been delivered. */
async function startRun(): Promise<void> {
  const run = {
    client: { ...fastReconnect, url: simulator.url },
    create: { startSlot: START, slotCount: SLOTS },
    programs: simulator.programs.slice(0, 1),
  };
  await tab.page.evaluate((options) => {
    window.outcome = window.e2e.runOnServer(options);
  }, run);
  await tab.page.waitForFunction((slot) => window.progress?.slot > slot, START + 50);
}

/** The last slot that the server has executed. */
function slotOnServer(): bigint {
  const [record] = simulator.record.sessions;
  const last = record?.control.findLast(({ response }) => response.method === "slotNotification")?.response;
  return last?.method === "slotNotification" ? last.params : 0n;
}

async function expectAllDelivered(): Promise<readonly string[]> {
  const outcome = await tab.page.evaluate(() => window.outcome);
  const [program = ""] = simulator.programs;
  expectComplete(outcome, namesOf(simulator.record.session(outcome.sessionId), program), SLOTS);
  // The `Set` removes duplicates: on a slow page, a channel may be resumed more than once.
  expect([...new Set(outcome.others)].sort()).toEqual(["resumed accountDiff", "resumed control", "resumed transaction"]);
  return outcome.statuses;
}

describe("a page that is restored from the back/forward cache in the middle of a run", () => {
  /** Navigates to another page, waits for the condition, and goes back. */
  async function leaveUntil(condition: () => void): Promise<void> {
    await tab.page.goto(`${site.url}other.html`);
    await vi.waitFor(condition, { timeout: 60_000 });
    // A restored page does not load again, so there is no load event to wait for.
    await tab.page.goBack({ waitUntil: "commit" });
    expect(tab.page.url()).toBe(site.url);
  }

  it("a run resumes and completes after its page is restored from the back/forward cache", async () => {
    await startRun();
    const before = slotOnServer();
    await leaveUntil(() => expect(slotOnServer()).toBeGreaterThan(before + 30n));
    expect(await expectAllDelivered()).toContain("control down suspended");
  });

  it("if the server completes the run while a page is in the back/forward cache, the restored page receives all missed events", async () => {
    await startRun();
    await leaveUntil(() => {
      expect(simulator.record.sessions[0]?.control.at(-1)?.response.method).toBe("completed");
      // The server has executed all slots. The page must receive the missed events by a replay.
      expect(slotOnServer()).toBe(BigInt(START + SLOTS - 1));
    });
    expect(await expectAllDelivered()).toContain("control down suspended");
  });
});
