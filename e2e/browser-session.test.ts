import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { launchChromium, openPage, type WatchedPage } from "./support/launch-chromium.js";
import { expectWhole, namesOf } from "./support/run-outcome.js";
import { expectNoKey } from "./support/secrets.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const START = 300_000_000;
const SLOTS = 200;
const HALF_WAY = START + SLOTS / 2;
const create = { startSlot: START, slotCount: SLOTS };
const ledger = { startSlot: START, slots: SLOTS };
const API_KEY = "page-key-5f1d!%20~";
/** A second for what takes a minute outside: a dead link is found by an unanswered probe, or by an answer that is overdue. */
const quickly = { reconnect: { initialBackoffMs: 200 }, liveness: { pingIntervalMs: 300, deadlineMs: 900 } };
const COME_BACK = ["resumed accountDiff", "resumed control", "resumed transaction"];

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
  it("runs a session to its end", async () => {
    const outcome = await tab.page.evaluate((run) => window.e2e.runInPage(run), { simulator: ledger, create });
    expectWhole(outcome, outcome.expected, SLOTS + 1);
    expect(outcome.diagnostics).toMatchObject({ duplicatesDropped: 0, malformed: 0, reconnects: {} });
    expect(outcome.others).toEqual([]);
  });

  it("runs it to its end through a cut half-way", async () => {
    const outcome = await tab.page.evaluate((run) => window.e2e.runInPage(run), {
      simulator: { ...ledger, slotDelayMs: 5 },
      client: quickly,
      create,
      faults: [{ trigger: { atSlot: HALF_WAY }, fault: { type: "drop" as const } }],
    });
    expect(outcome.struck.drop).toBe(3);
    expectWhole(outcome, outcome.expected, SLOTS + 1);
    expect(outcome.others.sort()).toEqual(COME_BACK);
  });

  it("finds out that the simulator has gone silent, and runs to its end", async () => {
    const outcome = await tab.page.evaluate((run) => window.e2e.runInPage(run), {
      simulator: { ...ledger, slotDelayMs: 5 },
      client: quickly,
      create,
      faults: [{ trigger: { atSlot: HALF_WAY }, fault: { type: "halfOpen" as const } }],
    });
    expect(outcome.struck.halfOpen).toBe(3);
    expectWhole(outcome, outcome.expected, SLOTS + 1);
    expect(outcome.others.sort()).toEqual(COME_BACK);
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

  /** Runs a session in the page, and holds what came of it against the server's record. */
  async function runWhole() {
    const [program = ""] = simulator.programs;
    const client = { ...quickly, url: simulator.url, apiKey: API_KEY };
    const outcome = await tab.page.evaluate((run) => window.e2e.runOnServer(run), { client, create, programs: [program] });
    expectWhole(outcome, namesOf(simulator.record.session(outcome.sessionId), program), SLOTS + 1);
    return outcome;
  }

  it("runs a session to its end, the key sent as a subprotocol and never seen on the console", async () => {
    const outcome = await runWhole();
    expect(outcome.others).toEqual([]);
    expectNoKey([...tab.console, ...outcome.statuses].join("\n"), API_KEY);
    expect(tab.console).toEqual([]);
  });

  it("runs it to its end through a cut of all connections half-way", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "drop" });
    const outcome = await runWhole();
    expect(simulator.faults.counts.drop).toBe(3);
    expect(outcome.others.sort()).toEqual(COME_BACK);
    expect(outcome.diagnostics.duplicatesDropped).toBeGreaterThan(0);
  });

  it("runs it to its end through a redeploy (close code 1012) half-way", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "close", code: 1012, reason: "redeploy" });
    const outcome = await runWhole();
    expect(simulator.faults.counts.close).toBe(3);
    expect(outcome.others.sort()).toEqual(COME_BACK);
  });

  it("runs it to its end through frames that are cut in the middle", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "cutFrame" });
    const outcome = await runWhole();
    expect(simulator.faults.counts.cutFrame).toBe(3);
    expect(outcome.others.sort()).toEqual(COME_BACK);
  });

  it("finds out that the control connection has gone silent: its answer is overdue", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY, target: { channel: "control" } }, { type: "halfOpen" });
    const outcome = await runWhole();
    expect(simulator.faults.counts.halfOpen).toBe(1);
    expect(outcome.others).toEqual(["resumed control"]);
  });

  it("finds out that the subscriptions have gone silent: their probe goes unanswered", async () => {
    simulator.faults.schedule({ atSlot: HALF_WAY, target: { channel: "subscription" } }, { type: "halfOpen" });
    const outcome = await runWhole();
    expect(simulator.faults.counts.halfOpen).toBe(2);
    expect(outcome.others.sort()).toEqual(["resumed accountDiff", "resumed transaction"]);
  });

  it("runs two tabs at once, each with a session of its own", async () => {
    const second = await openPage(tab.page.context(), site.url);
    simulator.faults.schedule({ atSlot: HALF_WAY }, { type: "drop" });
    const [program = ""] = simulator.programs;
    const client = { ...quickly, url: simulator.url, apiKey: API_KEY };
    const outcomes = await Promise.all(
      [tab, second].map(({ page }) =>
        page.evaluate((run) => window.e2e.runOnServer(run), { client, create, programs: [program] }),
      ),
    );
    for (const outcome of outcomes) {
      expectWhole(outcome, namesOf(simulator.record.session(outcome.sessionId), program), SLOTS + 1);
    }
    expect(new Set(outcomes.map(({ sessionId }) => sessionId)).size).toBe(2);
    expect(second.problems).toEqual([]);
  });
});
