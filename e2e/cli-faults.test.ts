import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BacktestClient, type ConnectionStatus, type ManagedBacktestSession, type ManagedEvent } from "../dist/index.js";
import { type Serving, startServe } from "./support/cli.js";
import { launchChromium } from "./support/launch-chromium.js";

/*
 * The page next to `serve`, in a real Chromium: each of its buttons does to a session that runs what it says.
 */

const START = 300_000_000;
const SLOTS = 90_000;

let browser: Browser;
let page: Page;
let serving: Serving;
let client: BacktestClient;
let session: ManagedBacktestSession;
/** What the session's user saw since the last order. */
let statuses: { channel: string; status: ConnectionStatus }[] = [];
let events: ManagedEvent["type"][] = [];
const problems: string[] = [];

beforeAll(async () => {
  [browser, serving] = await Promise.all([
    launchChromium(),
    startServe(["--engine", "synthetic", "--slots", `${SLOTS}`, "--pace", "10"]),
  ]);
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  await page.goto(serving.faultsUrl);
  client = new BacktestClient({
    url: serving.url,
    reconnect: { initialBackoffMs: 50, maxBackoffMs: 200, uptimeResetMs: 100, ungatedAttempts: 1_000 },
    liveness: { pingIntervalMs: 200, deadlineMs: 800 },
  });
  session = await startSession();
});

afterAll(async () => {
  await client?.close();
  await Promise.all([browser?.close(), serving?.stop()]);
  expect(problems).toEqual([]);
});

async function startSession(): Promise<ManagedBacktestSession> {
  const started = await client.startSession({ startSlot: START, slotCount: SLOTS });
  started.on("connection", (change) => statuses.push(change));
  started.subscribeTransactions(serving.programs.slice(0, 1));
  void (async () => {
    try {
      for await (const { type } of started.run()) events.push(type);
    } catch {
      // Its reason stands in `closed`.
    }
  })();
  return started;
}

/** Presses a button once all is well, and returns what the page tells of it. */
async function strike(title: string): Promise<string> {
  await comesBack();
  forget();
  await page.locator("#told").evaluate((told) => told.replaceChildren());
  await page.getByRole("button", { name: title, exact: true }).click();
  return told();
}

function forget(): void {
  statuses = [];
  events = [];
}

/** Those that fell silent count too, until the server finds them gone. */
const STRUCK = /: [1-9]\d* open connections? struck$/;
const flows = () => events.includes("slot") && events.includes("transaction");
const told = () =>
  page
    .waitForFunction(() => document.getElementById("told")?.textContent)
    .then((handle) => handle.jsonValue() as Promise<string>);
const countOf = (name: string) => async () =>
  Number(await page.locator("#counts tr", { hasText: name }).locator("td").last().textContent());
/** The channels that were lost, and why. */
const lost = () =>
  statuses.flatMap(({ channel, status }) =>
    status.state === "down" && status.reason !== undefined
      ? [`${channel === "control" ? "control" : "stream"}: ${status.reason}`]
      : [],
  );
const isLost =
  (channel: "control" | "stream", why = /./) =>
  () =>
    lost().some((line) => line.startsWith(`${channel}: `) && why.test(line));

async function comesBack(): Promise<void> {
  await expect.poll(() => session.connection.state, { timeout: 10_000 }).toBe("up");
  forget();
  await expect.poll(flows, { timeout: 10_000 }).toBe(true);
}

describe("a button of the fault page", () => {
  it.each([
    ["A redeploy", /1012/],
    ["A cut link", /1006/],
    ["A dead link", /./],
    ["A cut frame", /./],
  ])("%s costs the session its connections, and it comes back", async (title, why) => {
    expect(await strike(title)).toMatch(STRUCK);
    await expect.poll(isLost("control", why), { timeout: 10_000 }).toBe(true);
    await expect.poll(isLost("stream", why), { timeout: 10_000 }).toBe(true);
    await comesBack();
  });

  it("A dead stream costs it the stream alone", async () => {
    expect(await strike("A dead stream")).toMatch(STRUCK);
    await expect.poll(isLost("stream"), { timeout: 10_000 }).toBe(true);
    expect(isLost("control")()).toBe(false);
    await comesBack();
  });

  it("A damaged frame is told of, and nothing goes missing for it", async () => {
    expect(await strike("A damaged frame")).toMatch(STRUCK);
    await expect.poll(() => events.includes("unrecognized"), { timeout: 10_000 }).toBe(true);
    await comesBack();
  });

  it("A slow handover finds the session held three times, and then gets it", async () => {
    expect(await strike("A slow handover")).toMatch(/^busyOwner=3 is to come; close=1012:control: [1-9]/);
    await expect.poll(countOf("busyOwner"), { timeout: 10_000 }).toBe(3);
    await comesBack();
  });

  it("An overload refuses five, and then lets in", async () => {
    expect(await strike("An overload")).toMatch(/^refuseUpgrade=503x5 is to come; drop: [1-9]/);
    await expect.poll(countOf("refuseUpgrade"), { timeout: 10_000 }).toBe(5);
    await comesBack();
  });

  it.each([
    ["A slow reader", "slow"],
    ["A long way", "delay"],
  ])("%s holds until it is cleared", async (title, name) => {
    expect(await strike(title)).toMatch(STRUCK);
    await expect.poll(countOf(name), { timeout: 5_000 }).toBeGreaterThanOrEqual(2);
    const clear = page.getByRole("button", { name: "Clear what stands or is to come" });
    await clear.click();
    await expect.poll(told).toMatch(/^nothing stands any more/);
    await comesBack();
    expect(lost()).toEqual([]);
  });

  it("A refused key ends the session, with the reason", async () => {
    expect(await strike("A refused key")).toMatch(/^refuseAuth is to come; drop:control: [1-9]/);
    const { reason, error } = await session.closed;
    expect(reason).toBe("failed");
    expect(error?.message).toMatch(/401|API key/);
  });
});

describe("the page", () => {
  it("can be used by the keyboard alone", async () => {
    await page.reload();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("A redeploy");
    await page.keyboard.press("Enter");
    expect(await told()).toBe("close=1012: 0 open connections struck");
    await page.getByRole("textbox", { name: "Any other" }).focus();
    await page.keyboard.type(`drop@slot:${START + 50_000}`);
    await page.keyboard.press("Enter");
    await expect.poll(told).toBe(`drop@slot:${START + 50_000} waits for its moment`);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("quake");
    await page.keyboard.press("Enter");
    await expect.poll(told).toMatch(/^--fault "quake": expected/);
    expect(await page.locator("#told.failed").count()).toBe(1);
  });

  it.each([
    [390, "light"],
    [390, "dark"],
    [1_440, "light"],
    [1_440, "dark"],
  ] as const)("fits a screen of %i px, %s, and can be read", async (width, colorScheme) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const contrasts = await page.evaluate(() => {
      const luminance = (colour: string) => {
        const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
          const value = Number(part) / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (element: Element | null): string => {
        if (element === null) return "rgb(255, 255, 255)";
        const { backgroundColor } = getComputedStyle(element);
        return /, 0\)$/.test(backgroundColor) ? ground(element.parentElement) : backgroundColor;
      };
      return [...document.querySelectorAll("h1, p, li button, li code, label, summary, td, #told")].map((element) => {
        const pair = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
        return ((pair[0] ?? 0) + 0.05) / ((pair[1] ?? 0) + 0.05);
      });
    });
    expect(contrasts.length).toBeGreaterThan(40);
    // WCAG 2, 1.4.3.
    expect(Math.min(...contrasts)).toBeGreaterThan(4.5);
  });
});
