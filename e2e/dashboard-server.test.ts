// Runs on a simulator behind a real socket: what the page shows is held against what the simulator did.
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalServerOptions, type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { DashboardPage, queryFor, recordedSums, servePages } from "./support/dashboard-page.js";
import { launchChromium } from "./support/launch-chromium.js";

const START = 300_000_000n;
const MOST = 2n ** 64n - 1n;
const KEY = "kX7-the-users-own-key-9q";
const WRONG_KEY = "pQ2-another-key-5w";

let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let simulator: LocalSimulator;
let open: DashboardPage[];

beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), servePages()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

beforeEach(() => {
  open = [];
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await simulator.close();
  for (const { problems } of open) expect(problems).toEqual([]);
});

/** Opens the page on a simulator of its own, which a run is started on unless `autostart` is `"0"`. */
async function openOn(options: LocalServerOptions, query: Record<string, string>): Promise<DashboardPage> {
  simulator = await startLocalSimulator({ slotDelayMs: 4, skipRate: 0.1, ...options });
  return watched(await DashboardPage.open(browser, site.url, queryFor(simulator, query)));
}

function watched(dashboard: DashboardPage): DashboardPage {
  open.push(dashboard);
  return dashboard;
}

/** Completed, and its sums are the record's: each notification once, none missing. */
async function expectWhole(dashboard: DashboardPage, session = () => simulator.record.sessions.at(-1)): Promise<void> {
  await dashboard.untilPhase("Completed");
  expect(await dashboard.result()).toMatchObject(recordedSums(session(), simulator.programs[0]));
  expect(await dashboard.counter("Gaps")).toBe("none: nothing was lost");
}

const ALL_UP = ["up", "up", "up"];
const WAIT = { timeout: 20_000 };

it("a run on an address completes, and its sums are the server's", async () => {
  const dashboard = await openOn({}, { slotCount: "200" });
  await expectWhole(dashboard);
  expect(await dashboard.readout("Executed")).toBe("201 of 201");
  expect(await dashboard.readout("Skipped")).toBe((await dashboard.result())["Slots skipped"]);
  const { host } = new URL(simulator.url);
  await dashboard.page.getByText(`${host}/backtest, slots 300,000,000 to 300,000,200, 1 program`).waitFor();
});

describe("connections that are lost", () => {
  // One continue is all that the run needs: what is lost with a connection here are events.
  const ONE_STEP = { slotCount: "300", step: "1000" };

  /** What the row of the control channel says beside its state. */
  const besideControl = (dashboard: DashboardPage, text: RegExp | string) =>
    dashboard.page.locator("[data-channel=control] .channel-more").getByText(text).waitFor();

  it("by the page's own button: the next attempt is counted down, and they come back", async () => {
    const dashboard = await openOn({}, ONE_STEP);
    await dashboard.untilSlot(START + 20n);
    expect(await dashboard.channels()).toEqual(ALL_UP);
    await dashboard.button("Close all connections").click();
    await besideControl(dashboard, /^attempt 1 in \d s: /);
    expect(await dashboard.channels()).toContain("lost");
    await besideControl(dashboard, "came back once");
    await dashboard.page.locator("#announcer").getByText("The connection is back. Nothing was lost.").waitFor();
    await expectWhole(dashboard);
    expect((await dashboard.result()).Reconnects).toBe("3");
  });

  it("by a redeploy of the server, whose first answers are refusals", async () => {
    const dashboard = await openOn({}, ONE_STEP);
    await dashboard.untilSlot(START + 20n);
    simulator.faults.refuseUpgrade(503, 1, { channel: "control" });
    simulator.faults.close(1012);
    await besideControl(dashboard, /^attempt 1 in 1 s: 1012 /);
    await besideControl(dashboard, /^attempt 2 in \d s: /);
    await besideControl(dashboard, "came back once");
    await expectWhole(dashboard);
    const log = await dashboard.log();
    expect(log.filter((line) => /^1012 .*; attempt 1 in \d\.\d s$/.test(line))).toHaveLength(3);
    expect(log.filter((line) => /^resumed after (?:slot|event) \d+: nothing was lost$/.test(line))).toHaveLength(3);
    expect(simulator.record.sessions).toHaveLength(1);
  });

  it("with no word at all", async () => {
    const dashboard = await openOn({}, ONE_STEP);
    await dashboard.untilSlot(START + 20n);
    simulator.faults.drop();
    await besideControl(dashboard, /^attempt 1 in \d s: 1006 /);
    await expectWhole(dashboard);
    expect((await dashboard.result()).Reconnects).toBe("3");
  });

  it("and a continue with them: the user is told, and it is sent again", async () => {
    const dashboard = await openOn({}, { slotCount: "100" });
    await dashboard.button("Pause").click();
    await dashboard.untilPhase("Paused");
    simulator.faults.halfOpen({ channel: "control" });
    await dashboard.button("Play").click();
    await dashboard.untilPhase("Playing");
    simulator.faults.drop({ channel: "control" });
    await dashboard.page
      .locator("#connection-log")
      .getByText("a continue may not have arrived: while it plays it is sent again, a step isn't")
      .waitFor();
    await expectWhole(dashboard);
  });
});

describe("a run that doesn't start", () => {
  const problem = (dashboard: DashboardPage) => dashboard.page.locator("#problem");

  it("for a wrong key: says so and what to do, and shows the key nowhere; with the right one it runs", async () => {
    const dashboard = await openOn({ apiKey: KEY }, { slotCount: "50", autostart: "0" });
    const said: string[] = [];
    dashboard.page.on("console", (message) => said.push(`${message.text()} ${message.location().url}`));
    await dashboard.page.getByText("Options", { exact: true }).click();
    await dashboard.page.locator("#apiKey").fill(WRONG_KEY);
    await dashboard.start();
    await dashboard.untilPhase("Failed");
    await problem(dashboard)
      .getByText(/^unauthorized: /)
      .waitFor();
    await problem(dashboard).getByText("Write the key again, in Options.").waitFor();
    await expectHidden(dashboard.page, WRONG_KEY, said);

    await dashboard.page.getByText("Options", { exact: true }).click();
    await dashboard.page.locator("#apiKey").fill(KEY);
    await dashboard.button("Start another").click();
    await dashboard.untilPhase("Playing", "Completed");
    await problem(dashboard).waitFor({ state: "hidden" });
    await dashboard.untilPhase("Completed");
    await expectHidden(dashboard.page, KEY, said);
  });

  it("since nobody is there: says so, and what to look at", async () => {
    const dashboard = await openOn({}, { slotCount: "50", autostart: "0" });
    await simulator.close();
    // A minute of patience.
    await dashboard.hasten(30);
    await dashboard.start();
    await dashboard.untilPhase("Starting");
    await dashboard.page
      .locator("#connection")
      .getByText(/^attempt \d/)
      .waitFor();
    await dashboard.untilPhase("Failed");
    await problem(dashboard)
      .getByText(/^unreachable: could not reach the simulator at http:\/\/127\.0\.0\.1:\d+: /)
      .waitFor();
    await problem(dashboard).getByText("npx simulator-client serve").first().waitFor();
    await dashboard.button("Start another").waitFor();
  });
});

describe("a page that is reloaded in the middle of a run", () => {
  const offer = (dashboard: DashboardPage) => dashboard.page.locator("#saved-run");

  /** Loads it anew. The address says `autostart`, which must not begin another run. */
  async function reload(dashboard: DashboardPage, slot: bigint): Promise<void> {
    await untilKept(dashboard, slot, true);
    await dashboard.page.reload();
  }

  it("offers to go on, and ends as if nothing had been", async () => {
    // Each transaction comes for both programs, and is to be counted once.
    simulator = await startLocalSimulator({ slotDelayMs: 4, skipRate: 0.3 });
    const programs = simulator.programs.slice(0, 2).join();
    const dashboard = watched(await DashboardPage.open(browser, site.url, queryFor(simulator, { slotCount: "300", programs })));
    for (const slot of [40n, 120n]) {
      await reload(dashboard, START + slot);
      await offer(dashboard).getByText("A run was open in this tab").waitFor();
      await offer(dashboard)
        .getByText(/^Slots 300,000,000 to 300,000,300 on 127\.0\.0\.1:\d+\. /)
        .waitFor();
      await dashboard.untilPhase("Not started");
      await dashboard.button("Resume").click();
      await dashboard.untilPhase("Playing");
      await offer(dashboard).waitFor({ state: "hidden" });
      await dashboard.page
        .locator("#stage")
        .getByText(/^Resumed after a reload\./)
        .waitFor();
      expect(await dashboard.slot()).toBeGreaterThanOrEqual(START + slot);
    }
    await dashboard.untilPhase("Completed");
    const [session] = simulator.record.sessions;
    const [first = [], second = []] = simulator.programs
      .slice(0, 2)
      .map((program) => session?.notifications("transaction", program).map(({ key }) => key));
    const result = await dashboard.result();
    expect(second.length).toBeGreaterThan(50);
    expect(result.Transactions).toBe(new Set([...first, ...second]).size.toLocaleString("en-US"));
    const { "Slots executed": executed, "Slots skipped": skipped } = recordedSums(session, simulator.programs[0]);
    expect(result).toMatchObject({ "Slots executed": executed, "Slots skipped": skipped, Gaps: "0" });
    expect(simulator.record.sessions).toHaveLength(1);
    // Nothing is left to come back to.
    await expect.poll(() => dashboard.page.evaluate(() => sessionStorage.getItem("dashboard-run"))).toBeNull();
    await dashboard.page.goto(site.url);
    await dashboard.untilPhase("Not started");
    expect(await offer(dashboard).isVisible()).toBe(false);
  });

  it("stands still if it stood still, asks for the key again, and takes no wrong one", async () => {
    const dashboard = await openOn({ apiKey: KEY }, { slotCount: "200", autostart: "0" });
    const said: string[] = [];
    dashboard.page.on("console", (message) => said.push(`${message.text()} ${message.location().url}`));
    await dashboard.page.getByText("Options", { exact: true }).click();
    await dashboard.page.locator("#apiKey").fill(KEY);
    await dashboard.start();
    await dashboard.untilSlot(START + 20n);
    await dashboard.button("Pause").click();
    await dashboard.untilPhase("Paused");
    const slot = await dashboard.slot();
    await untilKept(dashboard, slot, false);
    await dashboard.page.reload();
    await expectHidden(dashboard.page, KEY, said);

    const field = offer(dashboard).getByLabel("API key, if it wants one");
    await field.fill(WRONG_KEY);
    await field.press("Enter");
    await dashboard.untilPhase("Failed");
    await dashboard.page
      .locator("#problem")
      .getByText(/^unauthorized: /)
      .waitFor();
    await offer(dashboard).waitFor();
    await field.fill(KEY);
    await field.press("Enter");
    await dashboard.untilPhase("Paused");
    expect(await dashboard.slot()).toBe(slot);
    await dashboard.button("Step 10").click();
    await dashboard.untilSlot(slot + 10n);
    await dashboard.untilPhase("Paused");
    await dashboard.button("Play").click();
    await expectWhole(dashboard);
    await expectHidden(dashboard.page, KEY, said);
  });

  it("forgets the run that is discarded", async () => {
    const dashboard = await openOn({}, { slotCount: "400" });
    await reload(dashboard, START + 20n);
    await dashboard.button("Discard").click();
    await offer(dashboard).waitFor({ state: "hidden" });
    expect(await dashboard.page.evaluate(() => sessionStorage.getItem("dashboard-run"))).toBeNull();
    await dashboard.page.goto(`${site.url}?slotCount=20&delay=0`);
    await dashboard.start();
    await dashboard.untilPhase("Completed");
  });
});

describe("two tabs", () => {
  it("have each its own run, and each its own to come back to", async () => {
    const one = await openOn({}, { slotCount: "300" });
    await one.untilSlot(START);
    const two = watched(
      await DashboardPage.openIn(one.page.context(), site.url, queryFor(simulator, { slotCount: "250", startSlot: "300000100" })),
    );
    await two.untilSlot(START + 120n);
    await Promise.all([one.page.reload(), two.page.reload()]);
    for (const tab of [one, two]) await tab.button("Resume").click();
    const [first, second] = simulator.record.sessions;
    await expectWhole(one, () => first);
    await expectWhole(two, () => second);
    expect([await one.readout("Executed"), await two.readout("Executed")]).toEqual(["301 of 301", "251 of 251"]);
    expect(simulator.record.sessions).toHaveLength(2);
  });

  it("that have one run between them: who comes second is told who holds it, and has it once that one is gone", async () => {
    const one = await openOn({}, { slotCount: "300" });
    await one.untilSlot(START + 20n);
    await one.button("Pause").click();
    await one.untilPhase("Paused");
    await untilKept(one, START, false);
    const opened = one.page.context().waitForEvent("page");
    // As a duplicated tab, it has a copy of the storage.
    await one.page.evaluate((url) => void window.open(url), site.url);
    const two = watched(DashboardPage.watch(await opened));
    await two.button("Resume").click();
    await two.untilPhase("Starting");
    await two.page
      .locator("#connection")
      .getByText(/another connection holds the session/)
      .first()
      .waitFor();
    // The first one doesn't feel it, and plays on.
    const slot = await one.slot();
    await one.button("Step 10").click();
    await one.untilSlot(slot + 10n);
    await one.untilPhase("Paused");
    expect(await one.channels()).toEqual(ALL_UP);
    await one.page.close();
    await two.untilPhase("Paused");
    await two.button("Play").click();
    await expectWhole(two);
    expect(simulator.record.sessions).toHaveLength(1);
  });
});

it("a server that is started anew has no session to come back to: the page says so, and keeps what it has", async () => {
  const dashboard = await openOn({}, { slotCount: "2000" });
  await dashboard.untilSlot(START + 20n);
  const { port } = new URL(simulator.url);
  await simulator.close();
  await dashboard.page
    .locator("[data-channel=control]")
    .getByText(/^attempt \d in \d s: /)
    .waitFor();
  simulator = await startLocalSimulator({ port: Number(port) });
  await dashboard.untilPhase("Failed");
  const problem = dashboard.page.locator("#problem");
  await problem.getByText("The run has failed").waitFor();
  await problem.getByText(/refused to give the session back \(sessionNotFound /).waitFor();
  await problem.getByText("What was received stays: start another run once the server answers.").waitFor();
  expect(Number((await dashboard.result()).Transactions?.replaceAll(",", ""))).toBeGreaterThan(20);
  expect(await dashboard.page.locator("#tables [role=row]").count()).toBeGreaterThan(5);
  await dashboard.page.getByText("It ended before its last slot. What was received stays.").waitFor();
  await dashboard.button("Start another").click();
  await dashboard.untilPhase("Playing");
  await dashboard.untilSlot(START + 20n);
});

it("slots up to 2^64-1 are exact wherever they are written and shown", async () => {
  const first = MOST - 60n;
  const dashboard = await openOn({ startSlot: first, slots: 60, skipRate: 0 }, { autostart: "0" });
  const { page } = dashboard;
  const english = (slot: bigint) => slot.toLocaleString("en-US");
  await page.getByText("Options", { exact: true }).click();
  await page.getByLabel("First slot").fill(`${first}`);
  await page.getByLabel("Slots after it").fill("61");
  await dashboard.start();
  await page.getByText(`The last slot would be beyond ${english(MOST)}: 60 at most can follow the first one.`).waitFor();
  await page.getByLabel("Slots after it").fill("60");
  await page.getByText(`61 slots from ${english(first)}, on 127.0.0.1`).waitFor();
  await dashboard.start();
  await dashboard.button("Pause").click();
  await dashboard.untilPhase("Paused");
  await page.getByLabel("To slot").fill(`${MOST - 3n}`);
  await dashboard.button("Go").click();
  await dashboard.untilSlot(MOST - 3n);
  await dashboard.untilPhase("Paused");
  expect(await dashboard.readout("Slot")).toBe(english(MOST - 3n));
  expect(await page.getByRole("progressbar", { name: "Slots executed" }).getAttribute("aria-valuetext")).toContain(
    english(MOST - 3n),
  );
  await page.reload();
  await page.getByText(`Slots ${english(first)} to ${english(MOST)} on `).waitFor();
  await dashboard.button("Resume").click();
  await dashboard.untilPhase("Paused");
  expect(await dashboard.slot()).toBe(MOST - 3n);
  await dashboard.button("Step 1").click();
  await dashboard.untilSlot(MOST - 2n);
  await dashboard.button("Play").click();
  await expectWhole(dashboard);
  expect(await dashboard.readout("Slot")).toBe(english(MOST));
  await page
    .getByRole("gridcell", { name: english(MOST), exact: true })
    .first()
    .waitFor();
});

/** Waits until what the page keeps for a reload has come so far, twice a second. */
async function untilKept({ page }: DashboardPage, slot: bigint, wasPlaying: boolean): Promise<void> {
  type Kept = { wasPlaying?: boolean; totals?: { slot?: { $bigint: string } } };
  const kept = async () => JSON.parse((await page.evaluate(() => sessionStorage.getItem("dashboard-run"))) ?? "{}") as Kept;
  await expect
    .poll(async () => {
      const { totals, wasPlaying: is } = await kept();
      return is === wasPlaying && BigInt(totals?.slot?.$bigint ?? 0) >= slot;
    }, WAIT)
    .toBe(true);
}

/** Neither in what the page holds nor in what it keeps, has loaded or has said; the field that it was written in is the user's. */
async function expectHidden(page: Page, key: string, said: readonly string[]): Promise<void> {
  const spellings = [key, encodeURIComponent(key), btoa(key).replaceAll("=", "")];
  const shown = await page.evaluate(() =>
    [
      document.documentElement.outerHTML,
      JSON.stringify({ ...localStorage }),
      JSON.stringify({ ...sessionStorage }),
      location.href,
      document.cookie,
      ...performance.getEntriesByType("resource").map(({ name }) => name),
    ].join("\n"),
  );
  for (const spelling of spellings) expect(`${shown}\n${said.join("\n")}`).not.toContain(spelling);
}
