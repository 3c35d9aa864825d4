import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BacktestClient, type ConnectionStatus, type ManagedBacktestSession, type ManagedEvent } from "../dist/index.js";
import { type Serving, startServe } from "./support/cli.js";
import { launchChromium } from "./support/launch-chromium.js";

/*
 * Tests the fault page of `serve` in Chromium: each button has the described effect on a running session.
 */

const START = 300_000_000;
const SLOTS = 90_000;

let browser: Browser;
let page: Page;
let serving: Serving;
let client: BacktestClient;
let session: ManagedBacktestSession;
/** The connection statuses that the session has reported since the last fault. */
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
      // Ignores the error: the tests check the events and the status of the session.
    }
  })();
  return started;
}

/** Waits until all connections are up, presses a button, and returns the message of the page. */
async function inject(title: string): Promise<string> {
  await comesBack();
  forget();
  await page.locator("#message").evaluate((message) => message.replaceChildren());
  await page.getByRole("button", { name: title, exact: true }).click();
  return message();
}

function forget(): void {
  statuses = [];
  events = [];
}

/** Matches any number of affected connections. The number can include dead connections that the server has not detected yet. */
const AFFECTED = /: [1-9]\d* open connections? affected$/;
const flows = () => events.includes("slot") && events.includes("transaction");
const message = () =>
  page
    .waitForFunction(() => document.getElementById("message")?.textContent)
    .then((handle) => handle.jsonValue() as Promise<string>);
const countOf = (name: string) => async () =>
  Number(await page.locator("#counts tr", { hasText: name }).locator("td").last().textContent());
/** The lost connections since the last fault, each with its channel and the reason. */
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
  await expect.poll(() => session.connection.state).toBe("up");
  forget();
  await expect.poll(flows).toBe(true);
}

describe("a button of the fault page", () => {
  it.each([
    ["A redeploy", /1012/],
    ["A cut link", /1006/],
    ["A dead link", /./],
    ["A cut frame", /./],
  ])("the button %s of the fault page disrupts all connections, and the session reconnects", async (title, why) => {
    expect(await inject(title)).toMatch(AFFECTED);
    await expect.poll(isLost("control", why)).toBe(true);
    await expect.poll(isLost("stream", why)).toBe(true);
    await comesBack();
  });

  it("the button “A dead stream” of the fault page affects only the subscriptions", async () => {
    expect(await inject("A dead stream")).toMatch(AFFECTED);
    await expect.poll(isLost("stream")).toBe(true);
    expect(isLost("control")()).toBe(false);
    await comesBack();
  });

  it("the button “A damaged frame” of the fault page causes a reconnect, after which events arrive again", async () => {
    expect(await inject("A damaged frame")).toMatch(AFFECTED);
    await expect.poll(() => lost().length).toBeGreaterThan(0);
    await comesBack();
  });

  it("the button “A slow handover” of the fault page makes the simulator refuse three attach requests", async () => {
    expect(await inject("A slow handover")).toMatch(/^busyOwner=3 affects the next connections; close=1012:control: [1-9]/);
    await expect.poll(countOf("busyOwner")).toBe(3);
    await comesBack();
  });

  it("the button “An overload” of the fault page makes the simulator refuse five WebSocket upgrades", async () => {
    expect(await inject("An overload")).toMatch(/^refuseUpgrade=503x5 affects the next connections; drop: [1-9]/);
    await expect.poll(countOf("refuseUpgrade")).toBe(5);
    await comesBack();
  });

  it.each([
    ["A slow reader", "slow"],
    ["High latency", "delay"],
  ])("the button %s of the fault page starts a fault that lasts until all faults are cleared", async (title, name) => {
    expect(await inject(title)).toMatch(AFFECTED);
    await expect.poll(countOf(name)).toBeGreaterThanOrEqual(2);
    const clear = page.getByRole("button", { name: "Clear all faults" });
    await clear.click();
    await expect.poll(message).toMatch(/^all faults were cleared/);
    await comesBack();
    expect(lost()).toEqual([]);
  });

  it("the button “A refused key” on the fault page makes the simulator refuse the API key once, and the session continues after a retry", async () => {
    expect(await inject("A refused key")).toMatch(/^refuseAuth affects the next connections; drop:control: [1-9]/);
    await expect.poll(countOf("refuseAuth")).toBe(1);
    await comesBack();
  });
});

describe("the fault page", () => {
  it("the fault page can be used without a mouse", async () => {
    await page.reload();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("A redeploy");
    await page.keyboard.press("Enter");
    expect(await message()).toBe("close=1012: 2 open connections affected");
    await page.getByRole("textbox", { name: "Another fault" }).focus();
    await page.keyboard.type(`drop@slot:${START + 50_000}`);
    await page.keyboard.press("Enter");
    await expect.poll(message).toBe(`drop@slot:${START + 50_000} is scheduled`);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("quake");
    await page.keyboard.press("Enter");
    await expect.poll(message).toMatch(/^--fault "quake": expected/);
    expect(await page.locator("#message.failed").count()).toBe(1);
  });

  it.each([
    [390, "light"],
    [390, "dark"],
    [1_440, "light"],
    [1_440, "dark"],
  ] as const)(
    "the fault page fits a screen of %i px with the colour scheme %s, and has enough contrast",
    async (width, colorScheme) => {
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
        return [...document.querySelectorAll("h1, p, li button, li code, label, summary, td, #message")].map((element) => {
          const pair = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
          return ((pair[0] ?? 0) + 0.05) / ((pair[1] ?? 0) + 0.05);
        });
      });
      expect(contrasts.length).toBeGreaterThan(40);
      // WCAG 2 (1.4.3) requires a contrast of at least 4.5 for text.
      expect(Math.min(...contrasts)).toBeGreaterThan(4.5);
    },
  );
});
