import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Fault, type LocalSimulator, startLocalSimulator } from "../../dist/local.js";
import { expectComplete, namesOf, type Outcome } from "../support/run-outcome.js";
import { expectNoKey } from "../support/secrets.js";
import { type StaticServer, serveStatic } from "../support/static-server.js";
import { launchBrowser } from "./launch-browser.js";
import type { SmokeBrowser, SmokeTab } from "./smoke-tab.js";

const START = 300_000_000;
const SLOTS = 200;
const HALF_WAY = START + SLOTS / 2;
const create = { startSlot: START, slotCount: SLOTS };
const ledger = { startSlot: START, slots: SLOTS };
const API_KEY = "page-key-5f1d!%20~";
const U64_MAX = 2n ** 64n - 1n;
const reconnect = { initialBackoffMs: 200 };
/**
 * The client options for a fault. Half-open connections have short deadlines, so that they are detected within a second. Other
 * faults have the default deadlines, because a busy machine could miss a short deadline.
 */
const optionsFor = (fault?: Fault) =>
  fault?.type === "halfOpen" ? { reconnect, liveness: { pingIntervalMs: 300, deadlineMs: 900 } } : { reconnect };
const ALL_RESUMED = ["resumed accountDiff", "resumed control", "resumed transaction"];

let browser: SmokeBrowser;
let site: StaticServer;
let ownSite: StaticServer;
let tab: SmokeTab | undefined;

beforeAll(async () => {
  [browser, site, ownSite] = await Promise.all([
    launchBrowser(),
    serveStatic(),
    serveStatic(fileURLToPath(new URL("pages", import.meta.url))),
  ]);
  console.log(browser.version);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close(), ownSite?.close()]);
});

afterEach(async () => {
  const problems = tab?.problems() ?? [];
  await tab?.close();
  tab = undefined;
  expect(problems).toEqual([]);
});

async function openTab(url: string): Promise<SmokeTab> {
  tab = await browser.open(url);
  return tab;
}

describe("a static page, with the simulator in the page itself", () => {
  /** Runs a session in the page, and compares its events with the record of the simulator. A fault is injected in the middle of a run. */
  async function runToEnd(fault?: Fault) {
    const page = await openTab(site.url);
    await page.until(() => window.e2e !== undefined);
    const outcome = await page.ask((run) => window.e2e.runInPage(run), {
      simulator: { ...ledger, slotDelayMs: fault === undefined ? 0 : 5 },
      client: optionsFor(fault),
      create,
      faults: fault === undefined ? [] : [{ trigger: { atSlot: HALF_WAY }, fault }],
    });
    expectComplete(outcome, outcome.expected, SLOTS);
    return outcome;
  }

  it("a page runs a session to its end on a simulator that runs in the same page", async () => {
    const outcome = await runToEnd();
    expect(outcome.others).toEqual([]);
    expect(outcome.diagnostics).toMatchObject({ duplicatesDropped: 0, malformed: 0, reconnects: {} });
  });

  it.each<Fault>([{ type: "drop" }, { type: "close", code: 1012, reason: "redeploy" }, { type: "halfOpen" }])(
    "a run on the simulator in the page delivers each event exactly once and in order despite a fault on all connections: $type",
    async (fault) => {
      const outcome = await runToEnd(fault);
      expect(outcome.injected[fault.type]).toBe(3);
      expect([...new Set(outcome.others)].sort()).toEqual(ALL_RESUMED);
    },
  );
});

describe("a static page, with a server behind a real socket", () => {
  let simulator: LocalSimulator;

  beforeEach(async () => {
    simulator = await startLocalSimulator({ ...ledger, slotDelayMs: 5, apiKey: API_KEY });
  });

  afterEach(async () => {
    await simulator.close();
  });

  async function runToEnd(fault?: Fault): Promise<Outcome> {
    if (fault !== undefined) simulator.faults.schedule({ atSlot: HALF_WAY }, fault);
    const page = await openTab(site.url);
    await page.until(() => window.e2e !== undefined);
    const [program = ""] = simulator.programs;
    const client = { ...optionsFor(fault), url: simulator.url, apiKey: API_KEY };
    const outcome = await page.ask((run) => window.e2e.runOnServer(run), { client, create, programs: [program] });
    expectComplete(outcome, namesOf(simulator.record.session(outcome.sessionId), program), SLOTS);
    expectNoKey([...page.problems(), ...outcome.statuses].join("\n"), API_KEY);
    // `decodedBytes` counts only compressed notifications, so this session was compressed.
    expect(outcome.diagnostics.decodedBytes).toBeGreaterThan(0);
    return outcome;
  }

  it("a page runs a session to its end on a server, and sends the API key as a WebSocket subprotocol", async () => {
    expect((await runToEnd()).others).toEqual([]);
  });

  it.each<Fault>([
    { type: "drop" },
    { type: "close", code: 1012, reason: "redeploy" },
    { type: "cutFrame" },
    { type: "halfOpen" },
  ])("a run on a server delivers each event exactly once and in order despite a fault on all sockets: $type", async (fault) => {
    const outcome = await runToEnd(fault);
    expect(simulator.faults.counts[fault.type]).toBe(3);
    expect([...new Set(outcome.others)].sort()).toEqual(ALL_RESUMED);
  });

  it("a page reports a wrong API key as `unauthorized`, in a message that does not contain the key", async () => {
    const page = await openTab(site.url);
    await page.until(() => window.e2e !== undefined);
    const client = { reconnect, url: simulator.url, apiKey: "another-key-77aa" };
    const failed = await page.ask((run) => window.e2e.failToStart(run), { client, create });
    expect(failed).toMatchObject({ code: "unauthorized", violations: [] });
    expectNoKey([failed.shown, ...page.problems()].join("\n"), "another-key-77aa");
  });
});

describe("a page that is reloaded or left", () => {
  /** The value that `e2e/pages/resume.js` sets on its window. */
  type Resumable = { received: string[]; end?: { reason: string; kept: string | null } };
  let simulator: LocalSimulator;
  let page: SmokeTab;

  beforeEach(async () => {
    simulator = await startLocalSimulator({ ...ledger, slotDelayMs: 5 });
    const [program = ""] = simulator.programs;
    const query = new URLSearchParams({ url: simulator.url, start: `${START}`, slots: `${SLOTS}`, program });
    page = await openTab(`${site.url}resume.html?${query}`);
  });

  afterEach(async () => {
    await simulator.close();
  });

  const untilProcessed = (count: number): Promise<void> =>
    page.until((count) => (window.e2e as unknown as Resumable).received.length > count, count);

  /** Waits for the end of the run, and compares the events of all pages with the record of the server. */
  async function expectAllProcessed(attaches: number): Promise<void> {
    await page.until(() => (window.e2e as unknown as Resumable).end !== undefined);
    const { received, end } = await page.ask(() => window.e2e as unknown as Resumable);
    expect(end).toEqual({ reason: "completed", kept: null });
    const of = (kind: string): string[] =>
      received.flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []));
    const [record] = simulator.record.sessions;
    const expected = namesOf(record, simulator.programs[0] ?? "");
    expect({ slot: of("slot"), transaction: of("transaction"), accountDiff: of("accountDiff") }).toEqual(expected);
    expect(expected.slot).toHaveLength(SLOTS);
    expect(simulator.record.sessions).toHaveLength(1);
    expect(record?.requests.filter(({ method }) => method === "attachBacktestSession").length).toBeGreaterThanOrEqual(attaches);
  }

  it("a page that is reloaded twice resumes from the storage of its tab, without a missing or duplicate event", async () => {
    for (const count of [100, 600]) {
      await untilProcessed(count);
      await page.reload();
    }
    await expectAllProcessed(2);
  });

  it("a page resumes its session after the user returns with the Back button, with or without the back/forward cache", async () => {
    await untilProcessed(300);
    await page.ask(() => {
      Object.assign(window, { isTheSame: true });
    });
    await page.leaveFor("/other.html");
    // No client is connected now. Waits until the server has executed the continue request.
    await vi.waitFor(
      () => expect(simulator.record.sessions[0]?.control.at(-1)?.response.method).toBe("readyForContinue"),
      60_000,
    );
    await page.goBack();
    expect(await page.ask(() => "isTheSame" in window)).toBe(browser.keepsLeftPages);
    await expectAllProcessed(1);
  });
});

/** The value that `pages/smoke-page.js` sets on its window. */
interface OwnPage {
  smoke: {
    runExactly(options: { url: string; create: Range; program: string }): Promise<{
      slots: string[];
      diffSlots: string[];
      rentEpochs: string[];
      resumed: number;
      end: string;
    }>;
    runInParallel(options: { url: string; apiKey: string; create: Range }): Promise<{
      health: boolean;
      firstSlot: bigint;
      slots: string[][];
      end: string;
    }>;
  };
}
type Range = { startSlot: bigint; endSlot: bigint };

describe("a page in another browser than Chromium", () => {
  it("a page keeps every digit of a u64 up to 2^64 - 1, also after a dropped connection", async () => {
    const startSlot = U64_MAX - 100n;
    const slots = Array.from({ length: 101 }, (_, index) => `${startSlot + BigInt(index)}n`);
    const simulator = await startLocalSimulator({ startSlot, slots: slots.length, slotDelayMs: 2 });
    try {
      simulator.faults.schedule({ atSlot: startSlot + 50n }, { type: "drop" });
      const page = await openTab(ownSite.url);
      await page.until(() => "smoke" in window);
      const [program = ""] = simulator.programs;
      const options = { url: simulator.url, create: { startSlot, endSlot: U64_MAX }, program };
      const found = await page.ask((run) => (window as unknown as OwnPage).smoke.runExactly(run), options);
      expect(found).toEqual({ slots, diffSlots: slots, rentEpochs: [`${U64_MAX}n`], resumed: 2, end: "completed" });
    } finally {
      await simulator.close();
    }
  });

  it("a page makes HTTP calls to another origin, and completes a parallel run", async () => {
    const simulator = await startLocalSimulator({ ...ledger, parallelSessions: 3, apiKey: API_KEY });
    try {
      const page = await openTab(ownSite.url);
      await page.until(() => "smoke" in window);
      const create = { startSlot: BigInt(START), endSlot: BigInt(START + SLOTS - 1) };
      const options = { url: simulator.url, apiKey: API_KEY, create };
      const found = await page.ask((run) => (window as unknown as OwnPage).smoke.runInParallel(run), options);
      expect(found).toMatchObject({ health: true, firstSlot: BigInt(START), end: "completed" });
      expect(found.slots).toHaveLength(3);
      expect(found.slots.flat()).toEqual(Array.from({ length: SLOTS }, (_, index) => String(START + index)));
    } finally {
      await simulator.close();
    }
  });
});

it("the smoke tests detect console errors, uncaught errors and unhandled rejections", async () => {
  // Uses a separate tab, because `afterEach` expects no problems in the test's own tab.
  const other = await browser.open(site.url);
  try {
    await other.ask(async () => {
      const events = ["error", "unhandledrejection"].map((type) => new Promise((resolve) => addEventListener(type, resolve)));
      console.error("it was logged");
      setTimeout(() => {
        throw new Error("it was thrown");
      });
      void Promise.reject(new Error("it was rejected"));
      await Promise.all(events);
    });
    const kinds = (): string[] => other.problems().flatMap((problem) => /it was (\w+)/.exec(problem)?.[1] ?? problem);
    await expect.poll(() => kinds().sort()).toEqual(["logged", "rejected", "thrown"]);
  } finally {
    await other.close();
  }
});
