import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { launchChromium, openPage } from "./support/launch-chromium.js";
import { namesOf } from "./support/run-outcome.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const START = 300_000_000;
const SLOTS = 200;

let browser: Browser;
let site: StaticServer;
let simulator: LocalSimulator;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), serveStatic()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

beforeEach(async () => {
  simulator = await startLocalSimulator({ startSlot: START, slots: SLOTS, slotDelayMs: 5 });
});

afterEach(async () => {
  await simulator.close();
});

/** The value that `pages/resume.js` sets on its window. */
type Resumable = { received: string[]; end?: { reason: string; kept: string | null } };

it("a reloaded page resumes its run from the storage of its tab, without a missing or duplicate event", async () => {
  const [program = ""] = simulator.programs;
  const query = new URLSearchParams({ url: simulator.url, start: `${START}`, slots: `${SLOTS}`, program });
  const { page, problems } = await openPage(await browser.newContext(), `${site.url}resume.html?${query}`);
  for (const received of [100, 600]) {
    await page.waitForFunction((count) => (window.e2e as unknown as Resumable).received.length > count, received);
    await page.reload();
  }
  await page.waitForFunction(() => (window.e2e as unknown as Resumable | undefined)?.end !== undefined);
  const { received, end } = await page.evaluate(() => window.e2e as unknown as Resumable);
  // `kept` is the stored checkpoint. The page removes the checkpoint when the run completes.
  expect(end).toEqual({ reason: "completed", kept: null });
  const of = (kind: string): string[] =>
    received.flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []));
  const [record] = simulator.record.sessions;
  const expected = namesOf(record, program);
  expect({ slot: of("slot"), transaction: of("transaction"), accountDiff: of("accountDiff") }).toEqual(expected);
  expect(expected.slot).toHaveLength(SLOTS);
  // All three page loads used the same session.
  expect(simulator.record.sessions).toHaveLength(1);
  expect(record?.requests.filter(({ method }) => method === "attachBacktestSession").length).toBeGreaterThanOrEqual(2);
  expect(problems).toEqual([]);
});
