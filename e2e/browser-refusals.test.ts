import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startLocalSimulator } from "../dist/local.js";
import { launchChromium, openPage, type WatchedPage } from "./support/launch-chromium.js";
import { expectComplete, namesOf, type ServerRun } from "./support/run-outcome.js";
import { expectNoKey } from "./support/secrets.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const create = { startSlot: 300_000_000, slotCount: 20 };
const ledger = { startSlot: 300_000_000, slots: 30 };
const RIGHT_KEY = "right-key-31aa";
const WRONG_KEY = "wrong-key-77be!%";
const fastReconnect = { logger: false as const, reconnect: { initialBackoffMs: 100 }, timeouts: { initialConnectMs: 1_500 } };

let browser: Browser;
let site: StaticServer;
let tab: WatchedPage;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), serveStatic()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), site?.close()]);
});

beforeEach(async () => {
  tab = await openPage(await browser.newContext(), site.url);
});

afterEach(async () => {
  const { problems, page } = tab;
  await page.context().close();
  expect(problems).toEqual([]);
});

/** Starts a session in the page. Expects it to fail, and returns the error. Neither the error nor the console may contain the key. */
async function failure(client: ServerRun["client"]) {
  const failed = await tab.page.evaluate((run) => window.e2e.failToStart(run), {
    client: { ...fastReconnect, ...client },
    create,
  });
  expect(failed.violations).toEqual([]);
  expectNoKey([failed.shown, ...tab.console].join("\n"), WRONG_KEY);
  return failed;
}

describe("a page whose connection is refused", () => {
  it("a page with a wrong API key gets the error `unauthorized` if CORS allows the page to read HTTP responses", async () => {
    await using simulator = await startLocalSimulator({ ...ledger, apiKey: RIGHT_KEY });
    const failed = await failure({ url: simulator.url, apiKey: WRONG_KEY });
    expect(failed.code).toBe("unauthorized");
    expect(failed.message).toContain("apiKey");
  });

  it("if no server listens, the error `unreachable` also mentions a refused API key, because a page cannot distinguish the two causes", async () => {
    const simulator = await startLocalSimulator(ledger);
    await simulator.close();
    const failed = await failure({ url: simulator.url, apiKey: WRONG_KEY });
    expect(failed.code).toBe("unreachable");
    expect(failed.message).toContain("a refused API key looks the same");
  });

  it("a page with a wrong API key gets the error `unreachable` if CORS forbids the page to read HTTP responses", async () => {
    const server = createServer((_request, response) => response.writeHead(401).end());
    server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const failed = await failure({ url: `ws://127.0.0.1:${port}`, apiKey: WRONG_KEY });
      expect(failed.code).toBe("unreachable");
      expect(failed.message).toContain("a refused API key looks the same");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("a page retries a connection that is refused with status 503, and completes its run", async () => {
    await using simulator = await startLocalSimulator({ ...ledger, apiKey: RIGHT_KEY });
    simulator.faults.refuseUpgrade(503, 2);
    const [program = ""] = simulator.programs;
    const client = { reconnect: { initialBackoffMs: 100 }, url: simulator.url, apiKey: RIGHT_KEY };
    const outcome = await tab.page.evaluate((run) => window.e2e.runOnServer(run), { client, create, programs: [program] });
    expectComplete(outcome, namesOf(simulator.record.session(outcome.sessionId), program), 20);
    expect(simulator.faults.counts.refuseUpgrade).toBe(2);
  });
});

describe("the API key of a page", () => {
  it("a page sends its API key in the query of the URL if the option `auth` is `query`", async () => {
    await using simulator = await startLocalSimulator({ ...ledger, apiKey: RIGHT_KEY });
    const [program = ""] = simulator.programs;
    const client = { url: simulator.url, apiKey: RIGHT_KEY, auth: "query" as const };
    const outcome = await tab.page.evaluate((run) => window.e2e.runOnServer(run), { client, create, programs: [program] });
    expectComplete(outcome, namesOf(simulator.record.session(outcome.sessionId), program), 20);
  });

  it("a page with the option `auth: header` gets the error `invalidParams`, and opens no socket", async () => {
    const failed = await tab.page.evaluate((run) => window.e2e.failToStart(run), {
      client: { url: "ws://127.0.0.1:9", apiKey: RIGHT_KEY, auth: "header" as const },
      create,
    });
    expect(failed.code).toBe("invalidParams");
    expect(failed.message).toContain("auth");
    expect(tab.console).toEqual([]);
  });
});
