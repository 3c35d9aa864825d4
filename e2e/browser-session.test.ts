import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { launchChromium, openPage, type WatchedPage } from "./support/launch-chromium.js";
import { expectComplete, namesOf } from "./support/run-outcome.js";
import { expectNoKey } from "./support/secrets.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const START = 300_000_000;
const SLOTS = 200;
const HALF_WAY = START + SLOTS / 2;
const create = { startSlot: START, slotCount: SLOTS };
const ledger = { startSlot: START, slots: SLOTS };
const API_KEY = "page-key-5f1d!%20~";
/** Short deadlines: an unanswered probe or an overdue response reveals a lost connection within a second. */
const fastReconnect = { reconnect: { initialBackoffMs: 200 }, liveness: { pingIntervalMs: 300, deadlineMs: 900 } };
const ALL_RESUMED = ["resumed accountDiff", "resumed control", "resumed transaction"];

let browser: Browser;
let site: StaticServer;
let tab: WatchedPage;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), serveStatic()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

beforeEach(async () => {
  tab = await openPage(await browser.newContext(), site.url);
});

afterEach(async () => {
  const { problems, page } = tab;
  await page.context().close();
  expect(problems).toEqual([]);
});

describe("a static page, with the simulator in the page itself", () => {
  it("a page runs a session to its end on a simulator that runs in the same page", async () => {
    const outcome = await tab.page.evaluate((run) => window.e2e.runInPage(run), { simulator: ledger, create });
    expectComplete(outcome, outcome.expected, SLOTS);
    expect(outcome.diagnostics).toMatchObject({ duplicatesDropped: 0, malformed: 0, reconnects: {} });
    expect(outcome.others).toEqual([]);
  });

  it("a run on the simulator in the page completes even if all connections are cut in the middle of the run", async () => {
    const outcome = await tab.page.evaluate((run) => window.e2e.runInPage(run), {
      simulator: { ...ledger, slotDelayMs: 5 },
      client: fastReconnect,
      create,
      faults: [{ trigger: { atSlot: HALF_WAY }, fault: { type: "drop" as const } }],
    });
    expect(outcome.injected.drop).toBe(3);
    expectComplete(outcome, outcome.expected, SLOTS);
    expect(outcome.others.sort()).toEqual(ALL_RESUMED);
  });

  it("a run on the simulator in the page detects half-open connections and completes", async () => {
    const outcome = await tab.page.evaluate((run) => window.e2e.runInPage(run), {
      simulator: { ...ledger, slotDelayMs: 5 },
      client: fastReconnect,
      create,
      faults: [{ trigger: { atSlot: HALF_WAY }, fault: { type: "halfOpen" as const } }],
    });
    expect(outcome.injected.halfOpen).toBe(3);
    expectComplete(outcome, outcome.expected, SLOTS);
    expect(outcome.others.sort()).toEqual(ALL_RESUMED);
  });
});

describe("a static page, with a server behind a real socket", () => {
  let simulator: LocalSimulator;

  beforeEach(async () => {
    simulator = await startLocalSimulator({ ...ledger, slotDelayMs: 5, apiKey: API_KEY });
  });

  afterEach(async () => {
    await simulator.close();
  });

  /** Runs a session in the page, and compares the delivered events with the record of the server. */
  async function runToEnd() {
    const [program = ""] = simulator.programs;
    const client = { ...fastReconnect, url: simulator.url, apiKey: API_KEY };
    const outcome = await tab.page.evaluate((run) => window.e2e.runOnServer(run), { client, create, programs: [program] });
    expectComplete(outcome, namesOf(simulator.record.session(outcome.sessionId), program), SLOTS);
    return outcome;
  }

  it("a page sends its API key to a server as a subprotocol, and never prints the key on the console", async () => {
    const outcome = await runToEnd();
    expect(outcome.others).toEqual([]);
    expectNoKey([...tab.console, ...outcome.statuses].join("\n"), API_KEY);
    expect(tab.console).toEqual([]);
  });

  it("a page completes its run on a server even if all connections are cut in the middle of the run", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "drop" });
    const outcome = await runToEnd();
    expect(simulator.faults.counts.drop).toBe(3);
    expect(outcome.others.sort()).toEqual(ALL_RESUMED);
    expect(outcome.diagnostics.duplicatesDropped).toBeGreaterThan(0);
  });

  it("a page completes its run on a server even if a redeploy closes all connections with code 1012", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "close", code: 1012, reason: "redeploy" });
    const outcome = await runToEnd();
    expect(simulator.faults.counts.close).toBe(3);
    expect(outcome.others.sort()).toEqual(ALL_RESUMED);
  });

  it("a page completes its run on a server even if all connections are cut in the middle of a frame", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "cutFrame" });
    const outcome = await runToEnd();
    expect(simulator.faults.counts.cutFrame).toBe(3);
    expect(outcome.others.sort()).toEqual(ALL_RESUMED);
  });

  it("a page detects a half-open control connection when a response is overdue", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY, target: { channel: "control" } }, { type: "halfOpen" });
    const outcome = await runToEnd();
    expect(simulator.faults.counts.halfOpen).toBe(1);
    expect(outcome.others).toEqual(["resumed control"]);
  });

  it("a page detects half-open subscription connections when a probe gets no response", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY, target: { channel: "subscription" } }, { type: "halfOpen" });
    const outcome = await runToEnd();
    expect(simulator.faults.counts.halfOpen).toBe(2);
    expect(outcome.others.sort()).toEqual(["resumed accountDiff", "resumed transaction"]);
  });

  it("two tabs run backtests at the same time, each with its own session", async () => {
    const second = await openPage(tab.page.context(), site.url);
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "drop" });
    const [program = ""] = simulator.programs;
    const client = { ...fastReconnect, url: simulator.url, apiKey: API_KEY };
    const outcomes = await Promise.all(
      [tab, second].map(({ page }) =>
        page.evaluate((run) => window.e2e.runOnServer(run), { client, create, programs: [program] }),
      ),
    );
    for (const outcome of outcomes) {
      expectComplete(outcome, namesOf(simulator.record.session(outcome.sessionId), program), SLOTS);
    }
    expect(new Set(outcomes.map(({ sessionId }) => sessionId)).size).toBe(2);
    expect(second.problems).toEqual([]);
  });
});
