// What can be set before a run: read from the page's address, checked at the field, and sent only when all of it is right.
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startLocalSimulator } from "../dist/local.js";
import { DashboardPage, servePages } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const MOST_U64 = "18,446,744,073,709,551,615";

let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let dashboard: DashboardPage;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), servePages()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

afterEach(() => dashboard.close());

const open = async (query = "") => {
  dashboard = await DashboardPage.open(browser, site.url, query);
  return dashboard.page;
};
const summary = () => dashboard.page.locator("#start-summary").textContent();
const options = () => dashboard.page.locator("#options");
const areOptionsOpen = () => options().evaluate((element) => (element as HTMLDetailsElement).open);
const openOptions = () => options().getByText("Options", { exact: true }).click();
const field = (label: string) => options().getByLabel(label, { exact: true });
const focusedId = () => dashboard.page.evaluate(() => document.activeElement?.id);

describe("bad input", () => {
  const bad: [label: string, value: string, told: string | RegExp][] = [
    ["First slot", "", `Write a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["First slot", "18446744073709551616", `Write a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["First slot", "-1", `Write a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["Slots after it", "1.5", `Write a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["Slots a step", "0", "Write a whole number from 1 to 1,000,000."],
    ["Rows a table keeps", "99", "Write a whole number from 100 to 200,000."],
    ["Transactions a slot", "ten", "Write a whole number from 1 to 10,000."],
    ["Pause a block, in ms", "-5", "Write a number from 0 to 60,000."],
    ["Skipped share, 0 to 1", "1.01", "Write a number from 0 to 1."],
    ["Programs, one a line", `${TOKEN}\nnot-base58`, "not-base58 is no address: one has 32 bytes, written in base58."],
    ["Programs, one a line", TOKEN.slice(1), `${TOKEN.slice(1)} is no address: one has 32 bytes, written in base58.`],
    ["Programs to stop ahead of, one a line", "0OIl", "0OIl is no address: one has 32 bytes, written in base58."],
  ];

  it("is told at its field, which gets the focus; nothing is started until it is mended", async () => {
    const page = await open("?slotCount=20&delay=0");
    await openOptions();
    for (const [label, value, told] of bad) {
      const input = field(label);
      const good = await input.inputValue();
      await input.fill(value);
      await dashboard.start();
      expect(await input.getAttribute("aria-invalid"), label).toBe("true");
      const error = page.locator(".field-error:visible");
      expect(await error.allTextContents(), `${label}: ${value}`).toContain(told);
      expect(await areOptionsOpen()).toBe(true);
      expect(await input.evaluate((element) => element === document.activeElement), `${label} has the focus`).toBe(true);
      const ids = (await input.getAttribute("aria-describedby"))?.split(" ") ?? [];
      const described = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()));
      expect(described, "said with the field").toContain(told);
      expect(await summary()).toBe("Something in the options has to be mended first.");
      await dashboard.untilPhase("Not started");
      await input.fill(good);
      await eventually(() => error.count(), `${label}: the word goes with its reason`).toBe(0);
      expect(await input.getAttribute("aria-invalid")).toBe(null);
    }
    await dashboard.start();
    await dashboard.untilPhase("Completed");
  });

  it("of an address is told, and no socket is opened", async () => {
    const page = await open();
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await openOptions();
    await options().getByLabel("At an address").check();
    await field("Programs, one a line").fill(TOKEN);
    const address = field("Address");
    for (const [value, told] of [
      ["", "Write wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100."],
      ["http://127.0.0.1:4100", "Write wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100."],
      ["ws://127.0.0.1:99999", "Write wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100."],
      ["ws://user:secret@127.0.0.1:4100", "Leave the key out of the address: it has a field of its own."],
      ["ws://127.0.0.1:4100?api_key=secret", "Leave the key out of the address: it has a field of its own."],
      ["ws://127.0.0.1:4100/#a", "Take the # and what is behind it out: a WebSocket's address can't have it."],
    ] as const) {
      await address.fill(value);
      await dashboard.start();
      await options().getByText(told).waitFor();
      expect(await address.getAttribute("aria-invalid"), value).toBe("true");
      expect(await address.evaluate((element) => element === document.activeElement), value).toBe(true);
    }
    await address.fill("ws://127.0.0.1:4100");
    await field("Programs, one a line").fill("");
    await dashboard.start();
    await options()
      .getByText(/^Name at least one program to watch/)
      .waitFor();
    expect(await focusedId()).toBe("programs");
    await dashboard.untilPhase("Not started");
    expect(sockets).toEqual([]);
  });

  it("of a range is told at its length, which is the field to mend", async () => {
    await open("?startSlot=18446744073709551610&slotCount=6");
    await dashboard.start();
    await options()
      .getByText("The last slot would be beyond 18,446,744,073,709,551,615: 5 at most can follow the first one.")
      .waitFor();
    expect(await focusedId()).toBe("slotCount");
    expect(await field("First slot").getAttribute("aria-invalid")).toBe(null);
  });

  it("in several fields sends to the first one on the page", async () => {
    await open("?step=none&startSlot=none&discover=none");
    await dashboard.start();
    await eventually(() => dashboard.page.locator(".field-error:visible").count()).toBe(3);
    expect(await focusedId()).toBe("startSlot");
  });
});

describe("the page's address", () => {
  it("fills the form of a run in the page", async () => {
    await open(
      `?seed=moon&tps=7&delay=2.5&skip=0.5&startSlot=12&slotCount=34&step=5&rows=600&programs=${TOKEN},${MEMO}&discover=${MEMO}&accountDiffs=0&parallel=1`,
    );
    expect(await summary()).toBe("35 slots from 12, on the simulator in this page, in parallel.");
    await openOptions();
    const values = {
      Seed: "moon",
      "Transactions a slot": "7",
      "Pause a block, in ms": "2.5",
      "Skipped share, 0 to 1": "0.5",
      "First slot": "12",
      "Slots after it": "34",
      "Slots a step": "5",
      "Rows a table keeps": "600",
      "Programs, one a line": `${TOKEN}\n${MEMO}`,
      "Programs to stop ahead of, one a line": MEMO,
    };
    for (const [label, value] of Object.entries(values)) expect(await field(label).inputValue(), label).toBe(value);
    expect(await options().getByLabel("In this page").isChecked()).toBe(true);
    expect(await options().getByLabel("Transactions and their logs").isChecked()).toBe(true);
    expect(await options().getByLabel("Changes of accounts").isChecked()).toBe(false);
    expect(
      await options()
        .getByLabel(/Parallel:/)
        .isChecked(),
    ).toBe(true);
  });

  it("fills that of a run at an address, but for its key", async () => {
    await open(`?url=ws://127.0.0.1:9&auth=query&apiKey=secret&api_key=secret&programs=${TOKEN}`);
    expect(await summary()).toBe("2,001 slots from 300,000,000, on 127.0.0.1:9.");
    await openOptions();
    expect(await field("Address").inputValue()).toBe("ws://127.0.0.1:9");
    expect(await options().getByLabel("At an address").isChecked()).toBe(true);
    expect(await field("The key is sent as").inputValue()).toBe("query");
    expect(await field("API key, if it wants one").inputValue(), "addresses are logged").toBe("");
    expect(await field("Seed").isVisible(), "what is of the other simulator isn't shown").toBe(false);
    expect(
      await options()
        .getByText(`--origin ${new URL(site.url).origin}`)
        .isVisible(),
      "the command fits this page",
    ).toBe(true);
  });

  it("starts by itself, if it says so and all is right", async () => {
    await open("?slotCount=20&delay=0&autostart=1");
    await dashboard.untilPhase("Completed");
    expect((await dashboard.result())["Slots executed"]).toMatch(/^(?:1\d|2[01])$/);
    await dashboard.page.context().close();

    await open("?slotCount=none&autostart=1");
    await dashboard.page.locator("#slotCount-error").waitFor();
    await dashboard.untilPhase("Not started");
    expect(await areOptionsOpen()).toBe(true);
  });
});

describe("the form", () => {
  it("is away while a run is open, and comes back with what was written", async () => {
    await open("?delay=2");
    await openOptions();
    await field("Seed").fill("another");
    await field("Slots after it").fill("5,000");
    await dashboard.start();
    await dashboard.untilPhase("Playing");
    expect(await dashboard.page.locator("#start").isVisible()).toBe(false);
    expect(await focusedId(), "who has pressed Start goes on at Pause").toBe("play-pause");
    await dashboard.button("Stop…").click();
    await dashboard.button("Stop the run").click();
    await dashboard.untilPhase("Stopped");
    await dashboard.button("Start another").waitFor();
    expect(await areOptionsOpen(), "Start has closed them").toBe(false);
    await openOptions();
    expect(await field("Seed").inputValue()).toBe("another");
    expect(await field("Slots after it").inputValue()).toBe("5,000");
    expect(await dashboard.page.locator("#result").textContent()).toContain("ledger another");
    // A link or a reload begins anew: only the address and the theme outlive the page.
    await dashboard.page.reload();
    await openOptions();
    expect(await field("Seed").inputValue()).toBe("1");
  });

  it("says what Start would do while one writes", async () => {
    await open();
    expect(await summary()).toBe("2,001 slots from 300,000,000, on the simulator in this page.");
    await openOptions();
    await field("Slots after it").fill("0");
    expect(await summary()).toBe("1 slot from 300,000,000, on the simulator in this page.");
    await options().getByLabel("At an address").check();
    await field("Address").fill("backtest.example.com");
    await field("Programs, one a line").fill(TOKEN);
    expect(await summary()).toBe("1 slot from 300,000,000, on backtest.example.com.");
  });

  it("runs on a simulator at an address, with a key that isn't kept", async () => {
    const simulator = await startLocalSimulator({
      slots: 30,
      slotDelayMs: 0,
      apiKey: "let-me-in",
    });
    try {
      const page = await open(`?url=${simulator.url}&slotCount=20&programs=${TOKEN}`);
      await openOptions();
      await field("API key, if it wants one").fill("let-me-in");
      await dashboard.start();
      await dashboard.untilPhase("Completed");
      expect(Number((await dashboard.result()).Transactions)).toBeGreaterThan(10);
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
      expect(kept).not.toContain("let-me-in");
    } finally {
      await simulator.close();
    }
  });
});

describe("what is kept", () => {
  it("is the theme, before the first paint", async () => {
    const page = await open();
    const theme = () =>
      page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).colorScheme]);
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByLabel("Theme").selectOption("Dark");
    expect(await theme()).toEqual(["dark", "dark"]);
    expect(await background()).not.toBe(light);
    await page.reload();
    expect(await theme()).toEqual(["dark", "dark"]);
    expect(await page.getByLabel("Theme").inputValue()).toBe("dark");
    await page.getByLabel("Theme").selectOption("System");
    await page.reload();
    expect(await theme()).toEqual([undefined, "light"]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await theme()).toEqual([undefined, "dark"]);
  });

  it("is whether single keys are on", async () => {
    const page = await open();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard" });
    await help.waitFor();
    expect(await help.locator("dt").count()).toBeGreaterThan(6);
    await help.getByLabel("Single keys are on").uncheck();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
    await page.reload();
    await page.keyboard.press("?");
    await dashboard.button("Keyboard").click();
    await help.waitFor();
    expect(await help.getByLabel("Single keys are on").isChecked()).toBe(false);
  });
});
