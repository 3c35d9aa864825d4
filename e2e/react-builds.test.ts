import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";
import type { PackageFolder } from "./support/package-folder.js";
import { buildApp, installForReact } from "./support/react-app.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const DIST = "../node_modules/simulator-client/dist";

/** The builds of the client, each with its own copy of the classes and of eventemitter3. */
const CLIENTS = { esm: "simulator-client", cjs: `${DIST}/index.cjs`, browser: "simulator-client/browser" };
/** The builds of the hooks. */
const HOOKS = { esm: "simulator-client/react", cjs: `${DIST}/react.cjs` };

/** Runs a session with each hook, and shows what the hooks have returned. */
const MAIN = `import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createLocalSimulator } from "simulator-client/browser/local";
${Object.entries(CLIENTS)
  .map(([name, from]) => `import * as ${name}Client from "${from}";`)
  .join("\n")}
${Object.entries(HOOKS)
  .map(([name, from]) => `import * as ${name}Hooks from "${from}";`)
  .join("\n")}

const query = new URLSearchParams(location.search);
const { BacktestClient, loadCheckpoint } = { esm: esmClient, cjs: cjsClient, browser: browserClient }[query.get("client")];
const hooks = { esm: esmHooks, cjs: cjsHooks }[query.get("hooks")];

const simulator = createLocalSimulator({ startSlot: 300_000_000, slots: 100 });
const [program] = simulator.programs;
const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
const counts = { handled: 0 };

function App() {
  const { state, session } = hooks.useBacktestSession(client, { startSlot: 300_000_000, slotCount: 20 }, {
    setup: (session) => session.subscribeAccountDiffs([program]).ready,
    run: true,
  });
  const { done, completed } = hooks.useSlotProgress(session);
  const connections = hooks.useConnectionStatus(session);
  const { events } = hooks.useEvents(session, { types: ["slot"] });
  const transactions = hooks.useTransactions(session, [program], { limit: 10_000 });
  const slots = hooks.useSubscription(session, "slot", []);
  const { account } = hooks.useAccount(session, program);
  hooks.useEventHandler(session, ["accountDiff"], () => counts.handled++);
  const shown = {
    state,
    done: String(done),
    completed,
    connections: connections.state,
    slotEvents: events.length,
    transactions: transactions.events.length + transactions.dropped,
    slots: slots.events.length,
    gaps: transactions.gaps + slots.gaps,
    hasAccount: account !== undefined,
    handled: counts.handled,
    checkpoint: String(loadCheckpoint("none")),
  };
  return <output>{JSON.stringify(shown)}</output>;
}

createRoot(document.getElementById("app")).render(<StrictMode><App /></StrictMode>);
`;

let folder: PackageFolder;
let browser: Browser;
let site: StaticServer;

beforeAll(async () => {
  folder = installForReact();
  mkdirSync(join(folder.path, "app"));
  folder.write(join("app", "main.jsx"), MAIN);
  folder.write(join("app", "index.html"), '<div id="app"></div><script type="module" src="main.jsx"></script>');
  folder.write(join("app", "package.json"), '{ "private": true, "type": "module" }');
  site = await serveStatic(await buildApp(folder, join(folder.path, "app"), "development"));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  folder?.remove();
});

describe("the hooks with a session of each build", () => {
  it.each(Object.keys(HOOKS).flatMap((hooks) => Object.keys(CLIENTS).map((client) => ({ hooks, client }))))(
    "React hooks from the $hooks build receive all events of a client from the $client build",
    async ({ hooks, client }) => {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().includes("404")) problems.push(message.text());
      });
      await page.goto(`${site.url}?${new URLSearchParams({ hooks, client })}`);
      const output = page.locator("output");
      await output.filter({ hasText: '"state":"closed"' }).waitFor();
      const shown = async () => JSON.parse(String(await output.textContent())) as Record<string, unknown>;
      await eventually(shown).toEqual({
        state: "closed",
        done: "20",
        completed: true,
        connections: "closed",
        slotEvents: 20,
        transactions: expect.any(Number),
        slots: 20,
        gaps: 0,
        hasAccount: false,
        handled: expect.any(Number),
        checkpoint: "undefined",
      });
      await eventually(async () => (await shown()).transactions).toBeGreaterThan(20);
      await eventually(async () => (await shown()).handled).toBeGreaterThan(20);
      expect(problems).toEqual([]);
      await page.close();
    },
  );
});
