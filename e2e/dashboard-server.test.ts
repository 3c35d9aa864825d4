// Tests the dashboard with a simulator behind a real socket. The shown results must match the simulator's record.
import type { Page } from "playwright";
import { afterEach, describe, expect, it } from "vitest";
import { type LocalServerOptions, type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { type DashboardPage, dashboardSuite, queryFor, recordedSums } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";

const START = 300_000_000n;
const MOST = 2n ** 64n - 1n;
const KEY = "kX7-the-users-own-key-9q";
const WRONG_KEY = "pQ2-another-key-5w";

const suite = dashboardSuite();
let simulator: LocalSimulator;

afterEach(() => simulator.close());

/** Opens the page with a new simulator. The run starts at once, unless the query has `autostart: "0"`. */
async function openOn(options: LocalServerOptions, query: Record<string, string>): Promise<DashboardPage> {
  simulator = await startLocalSimulator({ slotDelayMs: 4, skipRate: 0.1, ...options });
  const dashboard = await suite.open(queryFor(simulator, query));
  await dashboard.openConnections();
  return dashboard;
}

/** Waits until the run has completed. Expects the dashboard to show the totals from the simulator's record, and no gaps. */
async function expectComplete(dashboard: DashboardPage, session = () => simulator.record.sessions.at(-1)): Promise<void> {
  await dashboard.untilPhase("Completed");
  await eventually(() => dashboard.result()).toMatchObject(recordedSums(session(), simulator.programs[0]));
  await eventually(() => dashboard.counter("Gaps")).toBe("none");
}

const ALL_CONNECTED = ["connected", "connected", "connected"];

it("a run on a server completes with the same totals as the server's record", async () => {
  const dashboard = await openOn({}, { slotCount: "200" });
  await expectComplete(dashboard);
  await eventually(() => dashboard.readout("Processed")).toBe("200 of 200");
  const result = await dashboard.result();
  await eventually(() => dashboard.readout("Executed")).toBe(result["Slots executed"]);
  await eventually(() => dashboard.readout("Skipped")).toBe(result["Slots skipped"]);
  const { host } = new URL(simulator.url);
  await dashboard.page.getByText(`${host}/backtest, slots 300,000,000 to 300,000,199, 1 program`).waitFor();
});

describe("lost connections", () => {
  const CONTROL = "[data-channel=control] .channel-more";

  /** Waits for a text in the row of the control channel. Use this function only for a text that stays visible. */
  const besideControl = (dashboard: DashboardPage, text: string) => dashboard.page.locator(CONTROL).getByText(text).waitFor();

  /** Opens a paused run. Its first `continue` request executes all slots. */
  async function openInOneStep(): Promise<DashboardPage> {
    const dashboard = await openOn({ slotDelayMs: 15 }, { slotCount: "300", step: "1000", autostart: "0" });
    await dashboard.startPaused();
    return dashboard;
  }

  /** Plays a paused run up to slot 20. */
  async function playTo20(dashboard: DashboardPage): Promise<void> {
    await dashboard.button("Play").click();
    await dashboard.untilSlot(START + 20n);
  }

  it("the connection panel counts down to the next attempt after all connections were closed, and the run reconnects", async () => {
    const dashboard = await openInOneStep();
    await eventually(() => dashboard.channels()).toEqual(ALL_CONNECTED);
    const phases = await dashboard.observeTexts("#phase");
    const control = await dashboard.observeTexts(CONTROL);
    const channels = await dashboard.observeTexts("#connection .channels");
    const announced = await dashboard.observeTexts("#announcer");
    await playTo20(dashboard);
    await dashboard.injectFault("Close all connections");
    await besideControl(dashboard, "1 reconnect");
    await eventually(announced).toContainEqual(expect.stringContaining("Reconnected. No events were lost."));
    await eventually(control).toContainEqual(expect.stringMatching(/^attempt 1 in \d s: /));
    await eventually(channels).toContainEqual(expect.stringContaining("lost"));
    await eventually(phases).toContainEqual(expect.stringMatching(/^Reconnecting \(attempt \d(?:, next in \d s)?\)$/));
    await expectComplete(dashboard);
    await eventually(async () => (await dashboard.result()).Reconnects).toBe("3");
  });

  it("the dashboard reconnects after a redeploy, although the server refuses the first WebSocket upgrade", async () => {
    const dashboard = await openInOneStep();
    await playTo20(dashboard);
    simulator.faults.refuseUpgrade(503, 1, { channel: "control" });
    simulator.faults.close(1012);
    await besideControl(dashboard, "1 reconnect");
    await expectComplete(dashboard);
    const logged = async (pattern: RegExp) => (await dashboard.log()).filter((line) => pattern.test(line));
    await eventually(() => logged(/^1012 .*; attempt 1 in \d\.\d s$/)).toHaveLength(3);
    await eventually(() => logged(/; attempt 2 in \d\.\d s$/)).toHaveLength(1);
    await eventually(() => logged(/^resumed after (?:slot|event) \d+, no events lost$/)).toHaveLength(3);
    expect(simulator.record.sessions).toHaveLength(1);
  });

  it("the dashboard reconnects after its connections are cut without a close frame", async () => {
    const dashboard = await openInOneStep();
    const control = await dashboard.observeTexts(CONTROL);
    await playTo20(dashboard);
    simulator.faults.drop();
    await eventually(control).toContainEqual(expect.stringMatching(/^attempt 1 in \d s: 1006 /));
    await expectComplete(dashboard);
    await eventually(async () => (await dashboard.result()).Reconnects).toBe("3");
  });

  it("the connection log reports a lost `continue` request, and the client resends the request", async () => {
    const dashboard = await openOn({}, { slotCount: "100", autostart: "0" });
    await dashboard.startPaused();
    simulator.faults.halfOpen({ channel: "control" });
    await dashboard.button("Play").click();
    await dashboard.untilPhase("Playing");
    simulator.faults.drop({ channel: "control" });
    await dashboard.page
      .locator("#connection-log")
      .getByText("a continue may be lost: it is resent while the run plays, but not for a single step")
      .waitFor();
    await expectComplete(dashboard);
  });
});

describe("a run that cannot start", () => {
  const problem = (dashboard: DashboardPage) => dashboard.page.locator("#problem");

  it("the page shows advice for a wrong API key without showing the key, and runs with the right key", async () => {
    const dashboard = await openOn({ apiKey: KEY }, { slotCount: "50", autostart: "0" });
    const consoleLines: string[] = [];
    dashboard.page.on("console", (message) => consoleLines.push(`${message.text()} ${message.location().url}`));
    await dashboard.page.getByText("Options", { exact: true }).click();
    await dashboard.page.locator("#apiKey").fill(WRONG_KEY);
    await dashboard.start();
    await dashboard.untilPhase("Failed");
    await problem(dashboard)
      .getByText(/^unauthorized: /)
      .waitFor();
    await problem(dashboard).getByText("Enter the key again, under Options.").waitFor();
    await expectHidden(dashboard.page, WRONG_KEY, consoleLines);

    await problem(dashboard).getByRole("button", { name: "Edit the API key" }).click();
    await dashboard.page.locator("#apiKey-error").getByText("The server refused the key.").waitFor();
    await eventually(() => dashboard.page.evaluate(() => document.activeElement?.id)).toBe("apiKey");
    await dashboard.page.locator("#apiKey").fill(KEY);
    await dashboard.button("Start another run").click();
    await dashboard.untilPhase("Playing", "Completed");
    await problem(dashboard).waitFor({ state: "hidden" });
    await dashboard.untilPhase("Completed");
    await expectHidden(dashboard.page, KEY, consoleLines);
  });

  it("if the server refuses the range, the page offers the ranges of the server, and fills in the range that the user chooses", async () => {
    const dashboard = await openOn({ slots: 60 }, { startSlot: "5", slotCount: "10" });
    await problem(dashboard).getByText("The server does not have these slots").waitFor();
    await problem(dashboard).getByRole("button", { name: "Edit the range" }).click();
    await dashboard.page.locator("#startSlot-error").waitFor();
    await eventually(() => dashboard.page.evaluate(() => document.activeElement?.id)).toBe("startSlot");
    await problem(dashboard).getByRole("button", { name: "Use 300,000,000 to 300,000,059 (60 slots)" }).click();
    await eventually(() => dashboard.page.locator("#startSlot").inputValue()).toBe("300000000");
    await eventually(() => dashboard.page.locator("#slotCount").inputValue()).toBe("60");
    await dashboard.button("Start another run").click();
    await dashboard.untilPhase("Completed");
    await problem(dashboard).waitFor({ state: "hidden" });
  });

  it("if no transaction uses the programs of a run, the page offers to edit the programs", async () => {
    const programs = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
    const dashboard = await openOn({ slotDelayMs: 20 }, { slotCount: "4000", programs });
    await problem(dashboard)
      .getByText(/^No transaction in \d+ slots used Memo\./)
      .waitFor();
    await problem(dashboard).getByRole("button", { name: "Stop and edit the programs" }).click();
    await dashboard.page.locator("#programs-error").waitFor();
    await eventually(() => dashboard.page.evaluate(() => document.activeElement?.id)).toBe("programs");
    await dashboard.untilPhase("Stopped");
  });

  it("the page shows advice when no server is running", async () => {
    const dashboard = await openOn({}, { slotCount: "50", autostart: "0" });
    await simulator.close();
    // The client retries for a minute, so the test speeds up the clock of the worker.
    await dashboard.speedUpClock(30);
    const phases = await dashboard.observeTexts("#phase");
    const control = await dashboard.observeTexts("[data-channel=control] .channel-more");
    await dashboard.start();
    await dashboard.untilPhase("Server unreachable");
    await eventually(phases).toContainEqual(expect.stringMatching(/^Server unreachable \(attempt \d+(?:, next in \d+ s)?\)$/));
    await eventually(control).toContainEqual(expect.stringMatching(/^attempt \d/));
    await problem(dashboard)
      .getByText(/^unreachable: could not connect to the simulator at http:\/\/127\.0\.0\.1:\d+: /)
      .waitFor();
    await problem(dashboard).getByText("npx simulator-client serve").first().waitFor();
    await dashboard.button("Start another run").waitFor();
  });
});

describe("a page that is reloaded during a run", () => {
  const offer = (dashboard: DashboardPage) => dashboard.page.locator("#saved-run");

  /** Reloads the page. The parameter `autostart=1` in its URL must not start another run. */
  async function reload(dashboard: DashboardPage, slot: bigint): Promise<void> {
    await untilSaved(dashboard, slot, true);
    await dashboard.page.reload();
  }

  it("a reloaded page offers to resume its run, and the run completes with the same totals", async () => {
    simulator = await startLocalSimulator({ slotDelayMs: 25, skipRate: 0.3 });
    // With two programs, the page can receive a transaction twice. The page must count the transaction once.
    const programs = simulator.programs.slice(0, 2).join();
    const dashboard = await suite.open(queryFor(simulator, { slotCount: "300", programs }));
    for (const slot of [40n, 120n]) {
      await reload(dashboard, START + slot);
      await offer(dashboard).getByText("Resume the previous run?").waitFor();
      await offer(dashboard)
        .getByText(/^Slots 300,000,000 to 300,000,299 on 127\.0\.0\.1:\d+\. /)
        .waitFor();
      await dashboard.untilPhase("Not started");
      await dashboard.button("Resume").click();
      await dashboard.untilPhase("Playing");
      await offer(dashboard).waitFor({ state: "hidden" });
      await dashboard.page
        .locator("#stage")
        .getByText(/^Resumed after a reload\. Rows that were received before it are not stored\./)
        .waitFor();
      await eventually(() => dashboard.slot()).toBeGreaterThanOrEqual(START + slot);
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
    // After a completed run, the page offers nothing to resume.
    await eventually(() => dashboard.page.evaluate(() => sessionStorage.getItem("dashboard-run"))).toBeNull();
    await dashboard.page.goto(suite.url);
    await dashboard.untilPhase("Not started");
    await eventually(() => offer(dashboard).isVisible()).toBe(false);
  });

  it("a reloaded page asks for the API key again, rejects a wrong key, and resumes a paused run in the paused state", async () => {
    const dashboard = await openOn({ apiKey: KEY }, { slotCount: "200", autostart: "0" });
    const consoleLines: string[] = [];
    dashboard.page.on("console", (message) => consoleLines.push(`${message.text()} ${message.location().url}`));
    await dashboard.page.getByText("Options", { exact: true }).click();
    await dashboard.page.locator("#apiKey").fill(KEY);
    await dashboard.startPaused();
    await dashboard.button("Step 10").click();
    await dashboard.untilSlot(START + 9n);
    await dashboard.untilPhase("Paused");
    const slot = await dashboard.slot();
    await untilSaved(dashboard, slot, false);
    await dashboard.page.reload();
    await expectHidden(dashboard.page, KEY, consoleLines);

    const field = offer(dashboard).getByLabel("API key (optional)");
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
    await eventually(() => dashboard.slot()).toBe(slot);
    await dashboard.button("Step 10").click();
    await dashboard.untilSlot(slot + 10n);
    await dashboard.untilPhase("Paused");
    await dashboard.button("Play").click();
    await expectComplete(dashboard);
    await expectHidden(dashboard.page, KEY, consoleLines);
  });

  it("a reloaded page does not offer to resume a run that was discarded", async () => {
    const dashboard = await openOn({ slotDelayMs: 20 }, { slotCount: "400" });
    await reload(dashboard, START + 20n);
    await dashboard.button("Discard").click();
    await offer(dashboard).waitFor({ state: "hidden" });
    await eventually(() => dashboard.page.evaluate(() => sessionStorage.getItem("dashboard-run"))).toBeNull();
    await dashboard.page.goto(`${suite.url}?slotCount=20&delay=0`);
    await dashboard.start();
    await dashboard.untilPhase("Completed");
  });
});

describe("two tabs", () => {
  it("two tabs have separate runs, and each tab resumes its own run", async () => {
    const one = await openOn({ slotDelayMs: 20 }, { slotCount: "300" });
    await one.untilSlot(START);
    const two = await suite.openIn(one.page.context(), queryFor(simulator, { slotCount: "250", startSlot: "300000100" }));
    await Promise.all([untilSaved(one, START, true), untilSaved(two, START + 120n, true)]);
    await Promise.all([one.page.reload(), two.page.reload()]);
    for (const tab of [one, two]) await tab.button("Resume").click();
    const [first, second] = simulator.record.sessions;
    await expectComplete(one, () => first);
    await expectComplete(two, () => second);
    await eventually(async () => [await one.readout("Processed"), await two.readout("Processed")]).toEqual([
      "300 of 300",
      "250 of 250",
    ]);
    expect(simulator.record.sessions).toHaveLength(2);
  });

  it("a second tab that resumes the same session waits until the first tab is closed", async () => {
    const one = await openOn({}, { slotCount: "300", autostart: "0" });
    await one.startPaused();
    await one.button("Step 10").click();
    await one.untilSlot(START + 9n);
    await one.untilPhase("Paused");
    await untilSaved(one, START, false);
    const opened = one.page.context().waitForEvent("page");
    // The opened tab gets a copy of the session storage, like a duplicated tab.
    await one.page.evaluate((url) => void window.open(url), suite.url);
    const two = suite.watch(await opened);
    await two.button("Resume").click();
    await two.untilPhase("Starting", "Server unreachable.*");
    await two.page
      .locator("#connection")
      .getByText(/another connection is attached to the session/)
      .first()
      .waitFor();
    // The failed attempts of the second tab do not affect the first tab.
    const slot = await one.slot();
    await one.button("Step 10").click();
    await one.untilSlot(slot + 10n);
    await one.untilPhase("Paused");
    await eventually(() => one.channels()).toEqual(ALL_CONNECTED);
    await one.page.close();
    await two.untilPhase("Paused");
    await two.button("Play").click();
    await expectComplete(two);
    expect(simulator.record.sessions).toHaveLength(1);
  });
});

it("the page reports that a restarted server has no session to resume, and keeps the received data", async () => {
  const dashboard = await openOn({ slotDelayMs: 10 }, { slotCount: "2000" });
  await dashboard.untilSlot(START + 20n);
  const { port } = new URL(simulator.url);
  await simulator.close();
  await dashboard.untilPhase("Reconnecting(?: \\(attempt \\d(?:, next in \\d s)?\\))?");
  // While reconnecting, the page marks the values that can be out of date.
  await eventually(() => dashboard.page.locator(".readout-pace[data-stale], .readout-rate[data-stale]").count()).toBe(2);
  await eventually(() => dashboard.counter("Gaps")).toBe("unknown until reconnected");
  await dashboard.page
    .locator("[data-channel=control]")
    .getByText(/^attempt \d+ in \d+ s: /)
    .waitFor();
  simulator = await startLocalSimulator({ port: Number(port), slotDelayMs: 4 });
  await dashboard.untilPhase("Failed");
  const problem = dashboard.page.locator("#problem");
  await problem.getByText("The run failed").waitFor();
  await problem.getByText(/refused to resume the session \(sessionNotFound /).waitFor();
  await problem.getByText("Received data stays here.").waitFor();
  await eventually(async () => Number((await dashboard.result()).Transactions?.replaceAll(",", ""))).toBeGreaterThan(20);
  await eventually(() => dashboard.page.locator("#tables [role=row]").count()).toBeGreaterThan(5);
  await dashboard.page.getByText("The run ended before its last slot. Received data stays here.").waitFor();
  await dashboard.button("Start another run").click();
  await dashboard.untilPhase("Playing");
  await dashboard.untilSlot(START + 20n);
});

it("the page shows slots up to 2^64 − 1 exactly, in input fields and in the progress", async () => {
  const first = MOST - 60n;
  const dashboard = await openOn({ startSlot: first, slots: 61, skipRate: 0 }, { autostart: "0" });
  const { page } = dashboard;
  const english = (slot: bigint) => slot.toLocaleString("en-US");
  await page.getByText("Options", { exact: true }).click();
  await page.getByLabel("First slot").fill(`${first}`);
  await page.getByLabel("Number of slots").fill("62");
  await dashboard.start();
  await page.getByText(`The last slot would exceed ${english(MOST)}. Enter at most 61.`).waitFor();
  await page.getByLabel("Number of slots").fill("61");
  await page.getByText(`61 slots from ${english(first)}, on 127.0.0.1`).waitFor();
  await dashboard.startPaused();
  await page.getByLabel("To slot").fill(`${MOST - 3n}`);
  await dashboard.button("Go").click();
  await dashboard.untilSlot(MOST - 3n);
  await dashboard.untilPhase("Paused");
  await eventually(() => dashboard.readout("Slot")).toBe(english(MOST - 3n));
  await eventually(() => page.getByRole("progressbar", { name: "Slots processed" }).getAttribute("aria-valuetext")).toContain(
    english(MOST - 3n),
  );
  await untilSaved(dashboard, MOST - 3n, false);
  await page.reload();
  await page.getByText(`Slots ${english(first)} to ${english(MOST)} on `).waitFor();
  await dashboard.button("Resume").click();
  await dashboard.untilPhase("Paused");
  await eventually(() => dashboard.slot()).toBe(MOST - 3n);
  await dashboard.button("Step 1").click();
  await dashboard.untilSlot(MOST - 2n);
  await dashboard.button("Play").click();
  await expectComplete(dashboard);
  await eventually(() => dashboard.readout("Slot")).toBe(english(MOST));
  await page
    .getByRole("gridcell", { name: english(MOST), exact: true })
    .first()
    .waitFor();
});

/**
 * Waits until the run in the session storage has reached `slot` and has this value of `wasPlaying`. The page saves the run twice
 * a second.
 */
async function untilSaved({ page }: DashboardPage, slot: bigint, wasPlaying: boolean): Promise<void> {
  type Saved = { wasPlaying?: boolean; totals?: { slot?: { $bigint: string } } };
  const savedRun = async () => JSON.parse((await page.evaluate(() => sessionStorage.getItem("dashboard-run"))) ?? "{}") as Saved;
  await eventually(async () => {
    const { totals, wasPlaying: is } = await savedRun();
    return is === wasPlaying && BigInt(totals?.slot?.$bigint ?? 0) >= slot;
  }).toBe(true);
}

/** Expects that the key is not in the document, storage, requested URLs or console. Does not check the values of input fields. */
async function expectHidden(page: Page, key: string, consoleLines: readonly string[]): Promise<void> {
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
  for (const spelling of spellings) expect(`${shown}\n${consoleLines.join("\n")}`).not.toContain(spelling);
}
