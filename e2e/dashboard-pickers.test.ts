// Tests the pickers of the start form: ranges of the server, known programs, and addresses that were used before.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LocalServerOptions, type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const UNNAMED = "HekmACfHqEub9aW13tEhifC9LHbW6bPof4aiHLZjYCBZ";

const suite = dashboardSuite();
let dashboard: DashboardPage;

async function open(query: Record<string, string>): Promise<Page> {
  dashboard = await suite.open(`?${new URLSearchParams(query)}`);
  await openOptions();
  return dashboard.page;
}

const openOptions = () => dashboard.page.locator("#options > summary").click();
const field = (label: string) => dashboard.page.locator("#options").getByLabel(label, { exact: true });
const ranges = () => dashboard.page.getByRole("radiogroup", { name: "Available ranges" });
const openRanges = () => dashboard.page.getByText("Choose from the available ranges").click();
const selected = () => dashboard.page.locator(".range-part").textContent();
const thumb = (edge: "First" | "Last") => dashboard.page.getByRole("slider", { name: `${edge} slot of the part` });

async function startServer(options: LocalServerOptions): Promise<LocalSimulator> {
  const server = await startLocalSimulator({ slotDelayMs: 0, record: false, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** Starts a server that answers every request with a list of ranges, in the format of the service. @param apiKey the key that it requires */
async function serveRanges(body: string, apiKey?: string): Promise<string> {
  const server = createServer(({ method, headers }, response) => {
    const isAllowed = method === "OPTIONS" || apiKey === undefined || headers["x-api-key"] === apiKey;
    const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
    response.writeHead(isAllowed ? 200 : 401, { "content-type": "application/json", ...cors });
    response.end(method === "OPTIONS" ? "" : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/backtest`;
}

describe("the range picker", () => {
  it("the user can select and run some slots of a server's range with the keyboard", async () => {
    const { url } = await startServer({ startSlot: 1_000, slots: 200, bundleSlots: 100 });
    const page = await open({ url, programs: TOKEN, startSlot: "300000000", slotCount: "30" });
    await openRanges();
    await ranges().waitFor();
    await eventually(() => ranges().getByRole("radio").count()).toBe(2);
    await eventually(() => ranges().locator("label").first().textContent()).toMatch(
      /^1,000 to 1,099 100 slots · 20\d\d-\d\d-\d\d \d\d:\d\d/,
    );
    await ranges().getByRole("radio").first().focus();
    await page.keyboard.press("ArrowDown");
    await eventually(selected, "the number of slots stays").toBe("Selected: slots 1,170 to 1,199, 30 slots.");
    await page.keyboard.press("ArrowUp");
    await eventually(selected).toBe("Selected: slots 1,070 to 1,099, 30 slots.");

    await thumb("First").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("PageDown");
    await thumb("Last").focus();
    await page.keyboard.press("ArrowLeft");
    await eventually(selected).toBe("Selected: slots 1,066 to 1,098, 33 slots.");
    await eventually(() => thumb("Last").getAttribute("aria-valuetext")).toBe("slot 1,098, 33 slots selected");
    await eventually(() => field("First slot").inputValue()).toBe("1,066");
    await eventually(() => field("Number of slots").inputValue()).toBe("33");
    await eventually(() => dashboard.page.locator("#start-summary").textContent()).toMatch(
      /^33 slots from 1,066, on 127\.0\.0\.1/,
    );

    await field("Number of slots").fill("10");
    await eventually(selected, "the fields move the slider").toBe("Selected: slots 1,066 to 1,075, 10 slots.");
    await field("First slot").fill("5000");
    await eventually(selected).toBe("The slots in the fields above are not in this range.");
    await dashboard.button("Whole range").click();
    await eventually(selected).toBe("Selected: slots 1,000 to 1,099, 100 slots.");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
  });

  it("the user can choose a part of a range with the pointer", async () => {
    const { url } = await startServer({ startSlot: 1_000, slots: 101, bundleSlots: 101 });
    const page = await open({ url, programs: TOKEN, startSlot: "1000", slotCount: "101" });
    await openRanges();
    await eventually(selected).toBe("Selected: slots 1,000 to 1,100, 101 slots.");
    const box = await page.locator(".part-track").boundingBox();
    if (box === null) throw new Error("the slider is not visible");
    const at = (share: number) => [box.x + box.width * share, box.y + box.height / 2] as const;
    await page.mouse.click(...at(0.2));
    await eventually(() => field("First slot").inputValue()).toBe("1,020");
    await thumb("Last").hover();
    await page.mouse.down();
    await page.mouse.move(...at(0.5), { steps: 3 });
    await page.mouse.up();
    await eventually(selected).toBe("Selected: slots 1,020 to 1,050, 31 slots.");
    await page.mouse.move(...at(0.9));
    await eventually(selected, "the drag has ended").toBe("Selected: slots 1,020 to 1,050, 31 slots.");
  });

  it("the range picker shows exact slots up to 2^64 - 1, and has a search field for a long list of ranges", async () => {
    const list = Array.from({ length: 150 }, (_, index) => {
      const start = 18_446_744_073_709_551_516n - 100n * BigInt(149 - index);
      return `{"bundle_start_slot":${start},"max_bundle_end_slot":${start + 99n},"kind":"blocks","scope":"user"}`;
    });
    const url = await serveRanges(`[${list.join()}]`);
    const page = await open({ url, programs: TOKEN });
    await openRanges();
    await ranges().waitFor();
    await page.getByText("50 more ranges. Enter a slot or a date to find one.").waitFor();
    const search = page.getByLabel("Slot or date");
    await search.fill("18,446,744,073,709,551,615");
    await eventually(() => ranges().getByRole("radio").count()).toBe(1);
    await search.press("Enter");
    await dashboard.untilPhase("Not started");
    await ranges().getByRole("radio").check();
    await eventually(selected).toBe("Selected: slots 18,446,744,073,709,551,516 to 18,446,744,073,709,551,615, 100 slots.");
    await thumb("First").focus();
    await page.keyboard.press("End");
    await eventually(() => field("First slot").inputValue()).toBe("18,446,744,073,709,551,615");
    await eventually(() => thumb("First").getAttribute("aria-valuenow")).toBe("18446744073709551615");
    await eventually(() => field("Number of slots").inputValue()).toBe("1");
    await search.fill("5");
    await page.getByText("No range contains it.").waitFor();
  });

  it("the range picker shows one message for an unreachable server, and another message for the simulator in the page", async () => {
    const page = await open({ url: "ws://127.0.0.1:1/backtest", programs: TOKEN });
    await openRanges();
    await page.getByText(/The ranges could not be loaded: /).waitFor();
    await page.locator("#range-picker").getByText("npx simulator-client serve").waitFor();
    const { url } = await startServer({ startSlot: 7, slots: 5 });
    await field("URL").fill(url);
    await dashboard.button("Load ranges").click();
    await eventually(selected).toBe("Selected: slots 7 to 11, 5 slots.");
    await page.locator("#options").getByLabel("In this page").check();
    await page.getByText("The simulator in this page generates its ledger, so it has every slot.").waitFor();
    await eventually(() => ranges().isVisible()).toBe(false);
  });

  it("the range picker sends the API key of the form to a server that requires a key", async () => {
    const url = await serveRanges('[{"bundle_start_slot":7,"max_bundle_end_slot":11}]', "let-me-in");
    const page = await open({ url, programs: TOKEN });
    await openRanges();
    await page.getByText(/The ranges could not be loaded: /).waitFor();
    await field("API key (optional)").fill("let-me-in");
    await dashboard.button("Load ranges").click();
    await eventually(selected).toBe("Selected: slots 7 to 11, 5 slots.");
  });
});

describe("programs and addresses", () => {
  it("the form offers programs by name, and offers the programs and URLs of earlier runs, but stores no keys", async () => {
    const { url } = await startServer({ startSlot: 100, slots: 10, apiKey: "let-me-in" });
    const page = await open({ url, programs: UNNAMED, startSlot: "100", slotCount: "10" });
    await page.getByText("Choose programs", { exact: true }).click();
    await page.getByLabel(/^Token Toke/).check();
    await eventually(() => field("Programs (one per line)").inputValue()).toBe(`${UNNAMED}\n${TOKEN}`);
    await page.getByLabel(/^Memo /).check();
    await page.getByLabel(/^Memo /).uncheck();
    await field("Programs (one per line)").fill(`${TOKEN}\n${UNNAMED}\n${MEMO}`);
    await eventually(() => page.getByLabel(/^Memo /).isChecked()).toBe(true);
    await field("API key (optional)").fill("let-me-in");
    await dashboard.start();
    await dashboard.untilPhase("Completed");

    await page.goto(`${suite.url}?${new URLSearchParams({ url: "ws://127.0.0.1:9/" })}`);
    await openOptions();
    await eventually(() =>
      page.locator("#url-history option").evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value)),
    ).toEqual([url]);
    await page.getByText("Choose programs", { exact: true }).click();
    const recent = page.getByRole("group", { name: "Recently used programs" });
    await recent.getByLabel(/^Hekm/).check();
    await eventually(() => field("Programs (one per line)").inputValue()).toBe(UNNAMED);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(stored).toContain(UNNAMED);
    expect(stored).not.toContain("let-me-in");

    await dashboard.button("Clear history").click();
    await recent.waitFor({ state: "hidden" });
    await eventually(() => page.locator("#url-history option").count()).toBe(0);
    await page.reload();
    await eventually(() => page.evaluate(() => localStorage.getItem("dashboard-addresses"))).toBe(null);
  });
});
