import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalSimulator } from "../dist/local.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";
import type { PackageFolder } from "./support/package-folder.js";
import { buildApp, installForReact } from "./support/react-app.js";
import { GUIDE, GUIDE_FILES } from "./support/react-guide.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

/** The entry of the test app. Renders the component that the query of the URL names. */
const MAIN = `import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useBacktestSession } from "simulator-client/react";
import { Backtest } from "./backtest";
import { client, program } from "./client";
import { Lamports } from "./lamports";
import { Player } from "./player";
import { Resumable } from "./resumable";
import { Watch } from "./watch-account";

const RANGE = { startSlot: 300_000_000n, slotCount: 20 };

function Summed() {
  const { session } = useBacktestSession(client, RANGE, {
    setup: (session) => session.subscribeAccountDiffs([program]),
    run: true,
  });
  return <Lamports session={session} />;
}

/** The account of the program never changes, so the example shows no balance for it. */
function Watched() {
  const { session } = useBacktestSession(client, RANGE, { run: true });
  return <Watch session={session} address={program} />;
}

const shown = {
  backtest: <Backtest slotCount={20} />,
  lamports: <Summed />,
  player: <Player />,
  resumable: <Resumable />,
  watched: <Watched />,
};
const name = new URLSearchParams(location.search).get("shown") as keyof typeof shown;
createRoot(document.getElementById("app") as HTMLElement).render(<StrictMode>{shown[name]}</StrictMode>);
`;

/**
 * The module with the client of the examples. If the page has the parameter `url`, the client connects to that simulator instead
 * of the simulator in the page.
 */
const SERVED_CLIENT = `import { BacktestClient } from "simulator-client";
import * as inPage from "./client-in-page";
const url = new URLSearchParams(location.search).get("url");
export const client = url === null ? inPage.client : new BacktestClient({ url });
export const { program } = inPage;
`;

let folder: PackageFolder;
let browser: Browser;
let site: StaticServer;

beforeAll(async () => {
  folder = installForReact();
  mkdirSync(join(folder.path, "app"));
  const files = new Map([
    ...GUIDE_FILES,
    ["client-in-page.ts", GUIDE_FILES.get("client.ts") ?? ""],
    ["client.ts", SERVED_CLIENT],
  ]);
  for (const [name, text] of [...files, ["main.tsx", MAIN] as const]) folder.write(join("app", name), text);
  folder.write(join("app", "index.html"), '<div id="app"></div><script type="module" src="main.tsx"></script>');
  folder.write(join("app", "package.json"), '{ "private": true, "type": "module" }');
  folder.write(
    "tsconfig.json",
    JSON.stringify({
      // The compiler options that create-vite 9 generates, and additional strict options.
      compilerOptions: {
        target: "es2023",
        lib: ["ES2023", "DOM"],
        module: "esnext",
        types: ["vite/client"],
        allowArbitraryExtensions: true,
        skipLibCheck: true,
        moduleResolution: "bundler",
        allowImportingTsExtensions: true,
        verbatimModuleSyntax: true,
        moduleDetection: "force",
        noEmit: true,
        jsx: "react-jsx",
        noUnusedLocals: true,
        noUnusedParameters: true,
        erasableSyntaxOnly: true,
        noFallthroughCasesInSwitch: true,
        strict: true,
        noUncheckedIndexedAccess: true,
      },
      include: ["app"],
    }),
  );
  site = await serveStatic(await buildApp(folder, join(folder.path, "app"), "development"));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  folder?.remove();
});

async function open(name: string, url?: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  // Ignores the 404 of the icon that every browser requests.
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) problems.push(message.text());
  });
  const query = new URLSearchParams({ shown: name, ...(url !== undefined && { url }) });
  await page.goto(`${site.url}?${query}`);
  return { page, problems };
}

describe("the files of the React guide", () => {
  it("this file tests all code files of the React guide", () => {
    expect([...GUIDE_FILES.keys()]).toEqual([
      "backtest.tsx",
      "client.ts",
      "player.tsx",
      "lamports.tsx",
      "watch-account.tsx",
      "resumable.tsx",
      "page.tsx",
    ]);
    expect(GUIDE.match(/^```\w+$/gm)).toHaveLength(GUIDE_FILES.size);
  });

  it("the code files of the React guide compile", async () => {
    const { code, stdout } = await folder.tsc();
    expect(stdout).toBe("");
    expect(code).toBe(0);
  });

  it("the first example of the React guide runs a backtest, and can restart it", async () => {
    const { page, problems } = await open("backtest");
    const status = page.getByRole("status");
    await status.filter({ hasText: "closed" }).waitFor();
    await page.getByText("20 of 20 slots").waitFor();
    // A poll can miss the short run that “Run again” starts. A `MutationObserver` detects every change of the status.
    await status.evaluate((element) => {
      const isAgain = new Promise<void>((resolve) => {
        new MutationObserver(() => element.textContent !== "closed" && resolve()).observe(element, {
          characterData: true,
          subtree: true,
        });
      });
      Object.assign(window, { isAgain });
    });
    await page.getByRole("button", { name: "Run again" }).click();
    await page.evaluate(() => (window as unknown as { isAgain: Promise<void> }).isAgain);
    await status.filter({ hasText: "closed" }).waitFor();
    await page.getByText("20 of 20 slots").waitFor();
    expect(problems).toEqual([]);
  });

  it("the player example of the React guide pauses a run and continues it", async () => {
    const { page, problems } = await open("player");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByRole("listitem").filter({ hasText: "slot 300000049: " }).first().waitFor();
    await eventually(() => page.getByRole("listitem").count()).toBe(20);
    expect(problems).toEqual([]);
  });

  it("the lamports example of the React guide adds up values without a render for each event", async () => {
    const { page, problems } = await open("lamports");
    await page
      .locator("output")
      .filter({ hasText: /^-?\d+ lamports$/ })
      .waitFor();
    expect(problems).toEqual([]);
  });

  it("the account example of the React guide counts the transactions that it receives", async () => {
    const { page, problems } = await open("watched");
    await page.getByText("not changed yet").waitFor();
    await page
      .getByRole("definition")
      .filter({ hasText: /^[1-9]\d* received$/ })
      .waitFor();
    expect(problems).toEqual([]);
  });

  it("the resumable example of the React guide resumes its run after a reload", async () => {
    const simulator = await startLocalSimulator({ startSlot: 300_000_000, slots: 100, slotDelayMs: 80 });
    const { page, problems } = await open("resumable", simulator.url);
    const status = page.getByRole("status");
    await status.filter({ hasText: /^ready, [1-9]/ }).waitFor();
    // The run takes 4 s, so this reload interrupts the run.
    await page.reload();
    await status.filter({ hasText: "closed, 50 slots" }).waitFor();
    expect(simulator.record.sessions).toHaveLength(1);
    expect(simulator.record.sessions[0]?.requests.map(({ method }) => method)).toContain("attachBacktestSession");
    // The session has completed and removed its checkpoint, so this reload starts another session.
    await page.reload();
    await status.filter({ hasText: "closed, 50 slots" }).waitFor();
    expect(simulator.record.sessions).toHaveLength(2);
    expect(problems).toEqual([]);
    await simulator.close();
  });
});

it("the React guide links to existing files", () => {
  const links = [...GUIDE.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(1);
  for (const link of links) expect(existsSync(new URL(`../docs/${link}`, import.meta.url)), link).toBe(true);
});
