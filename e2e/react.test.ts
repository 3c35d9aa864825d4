import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright";
import { createServer } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";
import { observeTexts } from "./support/observe-texts.js";
import type { PackageFolder } from "./support/package-folder.js";
import { buildApp, copyDemo, installForReact } from "./support/react-app.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

let folder: PackageFolder;
let browser: Browser;
let app: string;
/** The servers of the built demo, by build mode. */
const sites = new Map<string, StaticServer>();
const simulators: LocalSimulator[] = [];

beforeAll(async () => {
  folder = installForReact();
  app = copyDemo(folder);
  for (const mode of ["production", "development"] as const) {
    sites.set(mode, await serveStatic(await buildApp(folder, app, mode)));
  }
  browser = await launchChromium();
});

afterEach(async () => {
  await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([...sites.values()].map((site) => site.close()));
  folder?.remove();
});

/** Matches expected console messages: the client's warnings, and the browser's message about a socket that is closed before it is open. */
const EXPECTED =
  /^simulator-client: |^WebSocket connection to \S+ failed: WebSocket is closed before the connection is established/;

/** Opens a page, and records its sockets and console errors. */
async function openPage(url: string, options: Parameters<Browser["newContext"]>[0] = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  let openSockets = 0;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !EXPECTED.test(message.text())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("websocket", (socket) => {
    openSockets++;
    socket.on("close", () => openSockets--);
  });
  await page.goto(url);
  return { page, problems, openSockets: () => openSockets, close: () => context.close() };
}

async function start(page: Page, slots: number): Promise<void> {
  await page.getByLabel("Slots").fill(String(slots));
  await page.getByRole("button", { name: "Start" }).click();
}

const stateIs = (page: Page, text: string | RegExp) => page.getByRole("status").filter({ hasText: text }).waitFor();
const connection = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });

async function newSimulator(options: Parameters<typeof startLocalSimulator>[0]): Promise<LocalSimulator> {
  const simulator = await startLocalSimulator(options);
  simulators.push(simulator);
  return simulator;
}

/** Returns the violations that axe finds. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

const siteUrl = (mode: "production" | "development") => sites.get(mode)?.url ?? "";

describe.each(["production", "development"] as const)("the app of demo/react, built for %s", (mode) => {
  it("the built app of demo/react creates one session on a server, and closes the session and its sockets", async () => {
    const simulator = await newSimulator({ startSlot: 300_000_000, slots: 10_000, slotDelayMs: 5 });
    const { page, problems, openSockets, close } = await openPage(
      `${siteUrl(mode)}?url=${encodeURIComponent(simulator.url)}&program=${simulator.programs[0]}`,
    );
    await start(page, 5_000);
    await stateIs(page, "Running");
    await page.getByRole("row").nth(3).waitFor();
    expect(simulator.record.sessions).toHaveLength(1);
    expect(simulator.record.connections).toEqual({ control: 1, subscription: 1 });
    await eventually(openSockets).toBe(2);

    await page.getByRole("button", { name: "Pause" }).click();
    await stateIs(page, "Paused");
    await page.getByRole("button", { name: "Play" }).click();
    await stateIs(page, "Running");

    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Start" }).waitFor();
    await eventually(openSockets).toBe(0);
    const requests = () => simulator.record.sessions.map((session) => session.requests.at(-1)?.method);
    await eventually(requests).toEqual(["closeBacktestSession"]);

    // The panel is closed during the start of the session, before the first response.
    simulator.faults.delay(200);
    await start(page, 5_000);
    await page.getByRole("button", { name: "Close" }).click();
    await eventually(openSockets).toBe(0);
    simulator.faults.clear();
    await eventually(() => requests().every((method) => method === "closeBacktestSession")).toBe(true);
    expect(problems).toEqual([]);
    await close();
  });
});

describe("the app of demo/react", () => {
  it("the app of demo/react runs on the simulator in the page, and shows a dropped connection and its reconnect", async () => {
    const { page, problems, close } = await openPage(siteUrl("production"));
    // The run takes 6 s, so that it is open when the button is pressed.
    await start(page, 300);
    await stateIs(page, "Running");
    await connection(page, "transaction").filter({ hasText: "connected" }).waitFor();
    await page.getByRole("row").nth(3).waitFor();
    const connections = await observeTexts(page, ".connections");
    await page.getByRole("button", { name: "Drop the connections" }).click();
    await eventually(connections).toContainEqual(expect.stringMatching(/^controllost .*next attempt in \d/));
    // If the run has completed in the meantime, the connection is closed.
    await eventually(() => page.locator(".connections").textContent()).toMatch(/^control(?:connected|closed)/);
    await stateIs(page, "Completed");
    await eventually(() => page.getByRole("progressbar").getAttribute("value")).toBe("1");
    await eventually(() => page.getByText("300 of 300").count()).toBe(1);
    await eventually(() => page.getByRole("row").count()).toBe(13);
    expect(problems).toEqual([]);
    await close();
  });

  it("the app of demo/react can stop its run, and can start another run with a new session", async () => {
    const simulator = await newSimulator({ startSlot: 300_000_000, slots: 10_000, slotDelayMs: 2 });
    const { page, problems, close } = await openPage(
      `${siteUrl("development")}?url=${encodeURIComponent(simulator.url)}&program=${simulator.programs[0]}`,
    );
    await start(page, 9_000);
    await page.getByRole("row").nth(3).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await stateIs(page, "Stopped. Received data stays here.");
    await eventually(() => page.getByRole("row").count()).toBeGreaterThan(3);
    await page.getByRole("button", { name: "Run again" }).click();
    await stateIs(page, "Running");
    expect(simulator.record.sessions).toHaveLength(2);
    await eventually(() => simulator.record.sessions[0]?.requests.at(-1)?.method).toBe("closeBacktestSession");
    expect(problems).toEqual([]);
    await close();
  });

  it.each([
    { colorScheme: "light", width: 1280 },
    { colorScheme: "dark", width: 360 },
  ] as const)(
    "the app of demo/react is accessible and has no horizontal scrollbar: $colorScheme, $width px",
    async ({ colorScheme, width }) => {
      const { page, close } = await openPage(siteUrl("production"), { colorScheme, viewport: { width, height: 800 } });
      await page.getByLabel("Slots").waitFor();
      await eventually(() => violations(page)).toEqual([]);
      await start(page, 10);
      await stateIs(page, "Completed");
      await eventually(() => violations(page)).toEqual([]);
      await eventually(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await close();
    },
  );

  it("the app of demo/react shows why it cannot connect if no simulator is running", async () => {
    const { page, close } = await openPage(`${siteUrl("production")}?url=${encodeURIComponent("ws://127.0.0.1:9/backtest")}`);
    await start(page, 10);
    await stateIs(page, /^Starting: lost \(/);
    await close();
  });
});

describe("the app of demo/react on Vite's own server", () => {
  it("the app of demo/react on Vite's dev server keeps its session while the source of its component is edited", async () => {
    const simulator = await newSimulator({ startSlot: 300_000_000, slots: 10_000, slotDelayMs: 5 });
    const server = await createServer({ root: app, server: { port: 0, host: "127.0.0.1" }, logLevel: "error" });
    try {
      await server.listen();
      const { page, problems, close } = await openPage(
        `${server.resolvedUrls?.local[0]}?url=${encodeURIComponent(simulator.url)}&program=${simulator.programs[0]}`,
      );
      await start(page, 9_000);
      await page.getByRole("row").nth(3).waitFor();
      const file = join(app, "src", "backtest-panel.tsx");
      const edited = readFileSync(file, "utf8").replace('"Running"', '"Under way"');
      // Saves the file every 2 s until the page changes. Vite misses a save if it does not watch the file yet.
      const timer = setInterval(() => writeFileSync(file, edited), 2_000);
      writeFileSync(file, edited);
      await stateIs(page, "Under way").finally(() => clearInterval(timer));
      expect(simulator.record.sessions).toHaveLength(1);
      expect(simulator.record.connections).toEqual({ control: 1, subscription: 1 });
      expect(simulator.record.sessions[0]?.requests.at(-1)?.method).not.toBe("closeBacktestSession");
      expect(problems).toEqual([]);
      await close();
    } finally {
      await server.close();
    }
  });
});

describe("simulator-client/react", () => {
  it("the files of simulator-client/react start with “use client”, for frameworks with server rendering", () => {
    const dist = join(folder.path, "node_modules", "simulator-client", "dist");
    for (const file of ["react.js", "react.cjs"]) {
      expect(readFileSync(join(dist, file), "utf8")).toMatch(/^"use client";\n/);
    }
  });

  const RENDER = `
const before = process.getActiveResourcesInfo().sort();
const client = new BacktestClient({ url: "ws://127.0.0.1:9" });
function Page() {
  const { state, session } = hooks.useBacktestSession(client, { startSlot: 1n, slotCount: 5n }, { run: true });
  const { done } = hooks.useSlotProgress(session);
  const connection = hooks.useConnectionStatus(session);
  const { events } = hooks.useEvents(session);
  hooks.useEventHandler(session, ["slot"], () => {});
  return [state, connection.state, String(done), events.length].join(" ");
}
const html = renderToString(createElement(StrictMode, null, createElement(Page)));
const after = process.getActiveResourcesInfo().sort();
console.log(JSON.stringify({ html, left: after.length - before.length, hasWindow: "window" in globalThis }));`;

  it.each([
    {
      name: "an ES module",
      file: "render.mjs",
      head: `import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { BacktestClient } from "simulator-client";
import * as hooks from "simulator-client/react";`,
    },
    {
      name: "CommonJS",
      file: "render.cjs",
      head: `const { createElement, StrictMode } = require("react");
const { renderToString } = require("react-dom/server");
const { BacktestClient } = require("simulator-client");
const hooks = require("simulator-client/react");`,
    },
  ])("the React hooks, loaded as $name, render on a server without opening a connection", async ({ file, head }) => {
    folder.write(file, head + RENDER);
    const { code, stdout, stderr, ms } = await folder.node(file);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ html: "starting idle 0 0", left: 0, hasWindow: false });
    expect(code).toBe(0);
    // A client that tries to connect would keep the process running for 60 s.
    expect(ms).toBeLessThan(50_000);
  });
});
