// Tests the start form: it reads the query, validates its fields, and starts a run only if all fields are valid.
import { describe, expect, it } from "vitest";
import { startLocalSimulator } from "../dist/local.js";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const MOST_U64 = "18,446,744,073,709,551,615";

const suite = dashboardSuite();
let dashboard: DashboardPage;

const open = async (query = "") => {
  dashboard = await suite.open(query);
  return dashboard.page;
};
const summary = () => dashboard.page.locator("#start-summary").textContent();
const options = () => dashboard.page.locator("#options");
const areOptionsOpen = () => options().evaluate((element) => (element as HTMLDetailsElement).open);
const openOptions = () => options().getByText("Options", { exact: true }).click();
const field = (label: string) => options().getByLabel(label, { exact: true });
const focusedId = () => dashboard.page.evaluate(() => document.activeElement?.id);

describe("invalid input", () => {
  const invalid: [label: string, value: string, message: string | RegExp][] = [
    ["First slot", "", `Enter a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["First slot", "18446744073709551616", `Enter a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["First slot", "-1", `Enter a whole number from 0 to ${MOST_U64}; digits may be grouped.`],
    ["Number of slots", "1.5", `Enter a whole number from 1 to ${MOST_U64}; digits may be grouped.`],
    ["Slots per step", "0", "Enter a whole number from 1 to 1,000,000."],
    ["Rows per table", "99", "Enter a whole number from 100 to 200,000."],
    ["Transactions per slot", "ten", "Enter a whole number from 1 to 10,000."],
    ["Delay between blocks (ms)", "-5", "Enter a number from 0 to 60,000."],
    ["Share of skipped slots (0 to 1)", "1.01", "Enter a number from 0 to 1."],
    ["Programs (one per line)", `${TOKEN}\nnot-base58`, "not-base58 is not an address: expected 32 bytes in base58."],
    ["Programs (one per line)", TOKEN.slice(1), `${TOKEN.slice(1)} is not an address: expected 32 bytes in base58.`],
    ["Discovery programs (one per line)", "0OIl", "0OIl is not an address: expected 32 bytes in base58."],
  ];

  it("the form focuses an invalid field, shows its error, and starts no run until the input is fixed", async () => {
    const page = await open("?slotCount=20&delay=0");
    await openOptions();
    for (const [label, value, message] of invalid) {
      const input = field(label);
      const good = await input.inputValue();
      await input.fill(value);
      await dashboard.start();
      await eventually(() => input.getAttribute("aria-invalid"), label).toBe("true");
      const error = page.locator(".field-error:visible");
      await eventually(() => error.allTextContents(), `${label}: ${value}`).toContain(message);
      await eventually(areOptionsOpen).toBe(true);
      await eventually(() => input.evaluate((element) => element === document.activeElement), `${label} has the focus`).toBe(
        true,
      );
      const ids = (await input.getAttribute("aria-describedby"))?.split(" ") ?? [];
      const described = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()));
      expect(described, "announced with the field").toContain(message);
      await eventually(summary).toBe("Some options are invalid.");
      await dashboard.untilPhase("Not started");
      await input.fill(good);
      await eventually(() => error.count(), `${label}: the error is removed with its cause`).toBe(0);
      await eventually(() => input.getAttribute("aria-invalid")).toBe(null);
    }
    await dashboard.start();
    await dashboard.untilPhase("Completed");
  });

  it("the form shows an error for an invalid URL, and opens no socket", async () => {
    const page = await open();
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await openOptions();
    await options().getByLabel("At a URL").check();
    await field("Programs (one per line)").fill(TOKEN);
    const address = field("URL");
    for (const [value, message] of [
      ["", "Enter wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100."],
      ["http://127.0.0.1:4100", "Enter wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100."],
      ["ws://127.0.0.1:99999", "Enter wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100."],
      ["ws://user:secret@127.0.0.1:4100", "Remove the key from the URL. Use the API key field."],
      ["ws://127.0.0.1:4100?api_key=secret", "Remove the key from the URL. Use the API key field."],
      ["ws://127.0.0.1:4100/#a", "Remove the # fragment: WebSocket URLs cannot have one."],
    ] as const) {
      await address.fill(value);
      await dashboard.start();
      await options().getByText(message).waitFor();
      await eventually(() => address.getAttribute("aria-invalid"), value).toBe("true");
      await eventually(() => address.evaluate((element) => element === document.activeElement), value).toBe(true);
    }
    await address.fill("ws://127.0.0.1:4100");
    await field("Programs (one per line)").fill("");
    await dashboard.start();
    await options()
      .getByText(/^Enter at least one program/)
      .waitFor();
    await eventually(focusedId).toBe("programs");
    await dashboard.untilPhase("Not started");
    expect(sockets).toEqual([]);
  });

  it("the form shows the error of an invalid range next to the field for the number of slots", async () => {
    await open("?startSlot=18446744073709551610&slotCount=7");
    await dashboard.start();
    await options().getByText("The last slot would exceed 18,446,744,073,709,551,615. Enter at most 6.").waitFor();
    await eventually(focusedId).toBe("slotCount");
    await eventually(() => field("First slot").getAttribute("aria-invalid")).toBe(null);
  });

  it("the form focuses the first invalid field if several are invalid", async () => {
    await open("?step=none&startSlot=none&discover=none");
    await dashboard.start();
    await eventually(() => dashboard.page.locator(".field-error:visible").count()).toBe(3);
    await eventually(focusedId).toBe("startSlot");
  });
});

describe("the query", () => {
  it("the query in the URL fills in the form for a run on the local simulator", async () => {
    await open(
      `?seed=moon&tps=7&delay=2.5&skip=0.5&startSlot=12&slotCount=34&step=5&rows=600&programs=${TOKEN},${MEMO}&discover=${MEMO}&accountDiffs=0&parallel=1`,
    );
    await eventually(summary).toBe("34 slots from 12, on the simulator in this page, in parallel.");
    await openOptions();
    const values = {
      Seed: "moon",
      "Transactions per slot": "7",
      "Delay between blocks (ms)": "2.5",
      "Share of skipped slots (0 to 1)": "0.5",
      "First slot": "12",
      "Number of slots": "34",
      "Slots per step": "5",
      "Rows per table": "600",
      "Programs (one per line)": `${TOKEN}\n${MEMO}`,
      "Discovery programs (one per line)": MEMO,
    };
    for (const [label, value] of Object.entries(values)) await eventually(() => field(label).inputValue(), label).toBe(value);
    await eventually(() => options().getByLabel("In this page").isChecked()).toBe(true);
    await eventually(() => options().getByLabel("Transactions and logs").isChecked()).toBe(true);
    await eventually(() => options().getByLabel("Account diffs").isChecked()).toBe(false);
    await eventually(() =>
      options()
        .getByLabel(/Run in parallel:/)
        .isChecked(),
    ).toBe(true);
  });

  it("the query in the URL fills in the form for a run on a server, except for the API key", async () => {
    await open(`?url=ws://127.0.0.1:9&auth=query&apiKey=secret&api_key=secret&programs=${TOKEN}`);
    await eventually(summary).toBe("2,000 slots from 300,000,000, on 127.0.0.1:9.");
    await openOptions();
    await eventually(() => field("URL").inputValue()).toBe("ws://127.0.0.1:9");
    await eventually(() => options().getByLabel("At a URL").isChecked()).toBe(true);
    await eventually(() => field("Send the key as").inputValue()).toBe("query");
    await eventually(() => field("API key (optional)").inputValue(), "URLs are logged").toBe("");
    await eventually(() => field("Seed").isVisible(), "fields of the other simulator are hidden").toBe(false);
    await eventually(
      () =>
        options()
          .getByText(`--origin ${new URL(suite.url).origin}`)
          .isVisible(),
      "the command has the origin of this page",
    ).toBe(true);
  });

  it("autostart=1 in the URL starts the run if all fields are valid", async () => {
    await open("?slotCount=20&delay=0&autostart=1");
    await dashboard.untilPhase("Completed");
    await eventually(async () => (await dashboard.result())["Slots executed"]).toMatch(/^(?:1\d|20)$/);

    await open("?slotCount=none&autostart=1");
    await dashboard.page.locator("#slotCount-error").waitFor();
    await dashboard.untilPhase("Not started");
    await eventually(areOptionsOpen).toBe(true);
  });
});

describe("the form", () => {
  it("the form is hidden while a run is open, and keeps its values", async () => {
    await open("?delay=20");
    await openOptions();
    await field("Seed").fill("another");
    await field("Number of slots").fill("5,000");
    await dashboard.start();
    await dashboard.untilPhase("Playing");
    await eventually(() => dashboard.page.locator("#start").isVisible()).toBe(false);
    await eventually(focusedId, "the focus moves from Start to Pause").toBe("play-pause");
    await dashboard.button("Stop…").click();
    await dashboard.button("Stop the run").click();
    await dashboard.untilPhase("Stopped");
    await dashboard.button("Start another run").waitFor();
    await eventually(areOptionsOpen, "Start closes the options").toBe(false);
    await openOptions();
    await eventually(() => field("Seed").inputValue()).toBe("another");
    await eventually(() => field("Number of slots").inputValue()).toBe("5,000");
    await eventually(() => dashboard.page.locator("#result").textContent()).toContain("ledger another");
    // A reload resets each field to the value in the URL, or to the default.
    await dashboard.page.reload();
    await openOptions();
    await eventually(() => field("Seed").inputValue()).toBe("1");
  });

  it("the form describes the planned run while the user types", async () => {
    await open();
    await eventually(summary).toBe("2,000 slots from 300,000,000, on the simulator in this page.");
    const stage = dashboard.page.locator("#stage");
    await eventually(() => stage.textContent()).toBe(
      "Press Start to run a backtest in this page. No account or server is needed.",
    );
    await openOptions();
    await field("Number of slots").fill("1");
    await eventually(summary).toBe("1 slot from 300,000,000, on the simulator in this page.");
    await options().getByLabel("At a URL").check();
    await field("URL").fill("backtest.example.com");
    await field("Programs (one per line)").fill(TOKEN);
    await eventually(summary).toBe("1 slot from 300,000,000, on backtest.example.com.");
    await eventually(() => stage.textContent()).toBe("Press Start to run a backtest on this simulator.");
  });

  it("the form starts a run on a server, and does not store the API key", async () => {
    const simulator = await startLocalSimulator({
      slots: 30,
      slotDelayMs: 0,
      apiKey: "let-me-in",
    });
    try {
      const page = await open(`?url=${simulator.url}&slotCount=20&programs=${TOKEN}`);
      await openOptions();
      await field("API key (optional)").fill("let-me-in");
      await dashboard.start();
      await dashboard.untilPhase("Completed");
      await eventually(async () => Number((await dashboard.result()).Transactions)).toBeGreaterThan(10);
      const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
      expect(stored).not.toContain("let-me-in");
    } finally {
      await simulator.close();
    }
  });
});

describe("stored settings", () => {
  it("the stored theme is applied before the first paint", async () => {
    const page = await open();
    const theme = () =>
      page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).colorScheme]);
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByLabel("Theme").selectOption("Dark");
    await eventually(theme).toEqual(["dark", "dark"]);
    await eventually(background).not.toBe(light);
    await page.reload();
    await eventually(theme).toEqual(["dark", "dark"]);
    await eventually(() => page.getByLabel("Theme").inputValue()).toBe("dark");
    await page.getByLabel("Theme").selectOption("System");
    await page.reload();
    await eventually(theme).toEqual([undefined, "light"]);
    await page.emulateMedia({ colorScheme: "dark" });
    await eventually(theme).toEqual([undefined, "dark"]);
  });

  it("a stored setting disables single-key shortcuts", async () => {
    const page = await open();
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard" });
    await help.waitFor();
    await eventually(() => help.locator("dt").count()).toBeGreaterThan(6);
    await help.getByLabel("Enable single-key shortcuts").uncheck();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
    await page.reload();
    await page.keyboard.press("?");
    await dashboard.button("Keyboard").click();
    await help.waitFor();
    await eventually(() => help.getByLabel("Enable single-key shortcuts").isChecked()).toBe(false);
  });
});
