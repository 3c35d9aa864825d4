import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHROMIUM_FLAGS } from "../scripts/chromium.mjs";
import { type RunningCli, runCli, type Serving, startCli, startServe } from "./support/cli.js";
import { openPage } from "./support/launch-chromium.js";
import { expectNoKey } from "./support/secrets.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

/*
 * Any web page can try to open a WebSocket to 127.0.0.1. These tests show in Chromium that only pages from accepted origins can connect.
 */

const KEY = "origins-key-8d17";
const ALLOWED = "http://app.example";
const FOREIGN = "http://evil.example";
const START = 300_000_000;
const SLOTS = 30;

let browser: Browser;
let context: BrowserContext;
let site: StaticServer;
let serving: Serving;
let proxy: RunningCli;
let proxyUrl: string;
let proxyHttpUrl: string;

beforeAll(async () => {
  const args = ["--engine", "synthetic", "--slots", `${SLOTS}`, "--origin", ALLOWED];
  [site, serving] = await Promise.all([serveStatic(), startServe(args, { env: { SIMULATOR_API_KEY: KEY } })]);
  // Resolves the host names of all test pages to this machine.
  const rule = `--host-resolver-rules=MAP *.example ${new URL(site.url).host}`;
  const executablePath = process.env.CHROMIUM_PATH ?? "";
  browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, rule] });
  proxy = startCli(["proxy", "--url", serving.url, "--origin", ALLOWED, "--port", "0", "--json"], {
    env: { SIMULATOR_API_KEY: KEY },
    limitMs: 300_000,
  });
  const [line] = await proxy.until(/^\{.*\}\n/m);
  ({ url: proxyUrl, httpUrl: proxyHttpUrl } = JSON.parse(line) as { url: string; httpUrl: string });
});

afterAll(async () => {
  await browser?.close();
  proxy?.interrupt();
  const ends = await Promise.all([proxy?.done, serving?.stop(), site?.close()]);
  for (const end of ends.slice(0, 2)) expectNoKey(end?.text ?? "", KEY);
});

beforeEach(async () => {
  context = await browser.newContext();
  return () => context.close();
});

/** Tries to open WebSockets and to read HTTP responses in a page. */
function probe(page: Page, { url, httpUrl, key }: { url: string; httpUrl: string; key?: string }) {
  return page.evaluate(
    async ({ url, httpUrl, key }) => {
      const open = (address: string, protocols: string[]) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(address, protocols);
          socket.onopen = () => {
            socket.close();
            resolve("open");
          };
          socket.onerror = () => resolve("refused");
        });
      const read = (path: string, init: RequestInit = {}) =>
        fetch(`${httpUrl}${path}`, init).then(
          async (response) => `${response.status} ${(await response.text()).slice(0, 10)}`,
          () => "refused",
        );
      const keyed = key === undefined ? [] : ["backtest", `x-api-key.${btoa(key).replace(/=+$/, "")}`];
      return {
        control: await open(url, keyed),
        session: await open(url.replace(/\/backtest$/, "/backtest/backtest_1"), []),
        health: await read("/health"),
        ranges: await read("/available-ranges"),
        rpc: await read("/backtest/backtest_1", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
      };
    },
    { url, httpUrl, ...(key !== undefined && { key }) },
  );
}

const REFUSED = { control: "refused", session: "refused", health: "refused", ranges: "refused", rpc: "refused" };

describe("a page from another origin", () => {
  it("a page from another origin can neither open WebSockets of the local simulator nor read its responses, even with the right key", async () => {
    const { page } = await openPage(context, `${FOREIGN}/`);
    expect(await probe(page, { ...serving, key: KEY })).toEqual(REFUSED);
    const allowed = await openPage(context, `${ALLOWED}/`);
    const { control, health, ranges } = await probe(allowed.page, { ...serving, key: KEY });
    expect({ control, health, ranges }).toMatchObject({
      control: "open",
      health: expect.stringMatching(/^200/),
      ranges: expect.stringMatching(/^200/),
    });
  });

  it("a page from another origin can neither open WebSockets of the proxy nor read its responses", async () => {
    const { page } = await openPage(context, `${FOREIGN}/`);
    expect(await probe(page, { url: proxyUrl, httpUrl: proxyHttpUrl })).toEqual(REFUSED);
    await proxy.until(/refused a page of http:\/\/evil\.example; add --origin http:\/\/evil\.example to accept it/);
  });

  it("a page from another origin cannot inject faults into the local simulator", async () => {
    const { page } = await openPage(context, `${FOREIGN}/`);
    const tried = await page.evaluate(async (url) => {
      const send = (init: RequestInit) =>
        fetch(url, { method: "POST", body: '{"fault":"refuseAuth=9"}', ...init }).then(
          ({ type }) => type,
          () => "refused",
        );
      return [
        await send({ headers: { "content-type": "application/json" } }),
        // The browser sends this request without a CORS preflight. The server must refuse the content type.
        await send({ mode: "no-cors", headers: { "content-type": "text/plain" } }),
      ];
    }, serving.faultsUrl);
    expect(tried).toEqual(["refused", "opaque"]);
    const { code } = await runCli(["ranges", "--url", serving.url], { env: { SIMULATOR_API_KEY: KEY } });
    expect(code).toBe(0);
    const run = ["run", "--url", serving.url, "--start-slot", `${START}`, "--slots", "3", "--json"];
    const finished = await runCli(run, { env: { SIMULATOR_API_KEY: KEY } });
    expect(JSON.parse(finished.stdout)).toMatchObject({ reason: "completed", reconnects: {} });
  });
});

describe("a page that the proxy accepts", () => {
  it("a page from an origin that the proxy accepts runs a session to its end, and never gets the API key", async () => {
    const seen: string[] = [];
    const see = (value: unknown) => seen.push(typeof value === "string" ? value : JSON.stringify(value));
    context.on("request", (request) => see([request.url(), request.headers()]));
    context.on("response", (response) => see([response.url(), response.headers()]));
    const { page, problems } = await openPage(context, `${ALLOWED}/`);
    page.on("websocket", (socket) => {
      see(socket.url());
      for (const event of ["framesent", "framereceived"] as const)
        socket.on(event as "framesent", ({ payload }) => see(String(payload)));
    });
    const [program = ""] = serving.programs;
    const create = { startSlot: START, endSlot: START + SLOTS - 1 };
    const outcome = await page.evaluate((run) => window.e2e.runOnServer(run), {
      client: { url: proxyUrl },
      create,
      programs: [program],
    });
    expect(outcome.end).toBe("completed");
    expect(outcome.violations).toEqual([]);
    expect(problems).toEqual([]);
    expect(outcome.delivered.slot).toHaveLength(SLOTS);
    // Runs the same slots without the proxy. Both runs must deliver the same number of events.
    const range = ["--start-slot", `${START}`, "--slots", `${SLOTS}`];
    const direct = await runCli(["run", "--url", serving.url, ...range, "--program", program, "--json"], {
      env: { SIMULATOR_API_KEY: KEY },
    });
    expect(JSON.parse(direct.stdout)).toMatchObject({
      transactions: outcome.delivered.transaction.length,
      accountDiffs: outcome.delivered.accountDiff.length,
    });
    expect(seen.length).toBeGreaterThan(SLOTS);
    expectNoKey(seen.join("\n"), KEY);
    // Without the proxy, the simulator refuses the page.
    const refused = await page.evaluate((run) => window.e2e.failToStart(run), {
      client: { url: serving.url, timeouts: { initialConnectMs: 1_500 } },
      create,
    });
    expect(["unauthorized", "unreachable"]).toContain(refused.code);
  });
});
