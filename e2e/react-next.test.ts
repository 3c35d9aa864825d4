import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { eventually } from "./support/eventually.js";
import { launchChromium } from "./support/launch-chromium.js";
import { buildNextApp, type NextApp } from "./support/next-app.js";
import { GUIDE_FILES } from "./support/react-guide.js";

/** Pages with the components of the React guide. `next build` also checks the types of all files of the guide. */
const GUIDE_PAGES = {
  ...Object.fromEntries([...GUIDE_FILES].map(([name, text]) => [`app/guide/${name}`, text])),
  "app/resumable/page.tsx": `import { Resumable } from "../guide/resumable";
export default function Page() {
  return <Resumable />;
}
`,
};

let simulator: LocalSimulator;
let app: NextApp;
let server: Awaited<ReturnType<NextApp["start"]>>;
let browser: Browser;

beforeAll(async () => {
  // A run of the app takes 6 s, so that the session is open when the test navigates.
  simulator = await startLocalSimulator({ startSlot: 300_000_000, slots: 1_000, slotDelayMs: 20 });
  app = await buildNextApp(GUIDE_PAGES, {
    NEXT_PUBLIC_SIMULATOR_URL: simulator.url,
    NEXT_PUBLIC_PROGRAM: simulator.programs[0] ?? "",
  });
  server = await app.start();
  browser = await launchChromium();
}, 400_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await simulator?.close();
  app?.remove();
});

/** Opens a page of the app, and records its sockets and console messages. React reports hydration errors on the console. */
async function openPage(path: string) {
  const page = await browser.newPage();
  const problems: string[] = [];
  let openSockets = 0;
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !message.location().url.endsWith("/favicon.ico"))
      problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("websocket", (socket) => {
    openSockets++;
    socket.on("close", () => openSockets--);
  });
  await page.goto(`${server.url}${path}`);
  return { page, problems, openSockets: () => openSockets };
}

describe("the app of demo/next, built by Next.js", () => {
  it("`next build` prerenders the first state of the React hooks, and starts no session", () => {
    expect(app.prerendered("backtest")).toContain('<p role="status">starting</p>');
    expect(app.prerendered("guide")).toContain('<p role="status">starting</p>');
    expect(app.prerendered("resumable")).toContain('<p role="status">starting, 0 slots</p>');
    expect(simulator.record.connections).toEqual({ control: 0, subscription: 0 });
  });

  it("a Server Component of the Next.js app lists the ranges of the simulator", async () => {
    const { page, problems } = await openPage("/");
    await page.getByText("300000000 to 300000999").waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it("a prerendered page of the Next.js app is hydrated without errors, and runs one session to its end", async () => {
    const before = simulator.record.sessions.length;
    const { page, problems } = await openPage("/backtest");
    await page.getByRole("status").filter({ hasText: "closed" }).waitFor();
    await page.getByText("300 of 300 slots").waitFor();
    await eventually(() => page.getByRole("listitem").count()).toBe(10);
    expect(simulator.record.sessions).toHaveLength(before + 1);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("a navigation to another page of the Next.js app closes the session on the server, and leaves no socket open", async () => {
    const before = simulator.record.sessions.length;
    const { page, problems, openSockets } = await openPage("/backtest");
    await page.getByRole("listitem").first().waitFor();
    await eventually(openSockets).toBe(2);
    // Uses the keyboard, because the link moves while the list above the link grows.
    await page.getByRole("link", { name: "End the session" }).press("Enter");
    await page.getByRole("link", { name: "Run a backtest" }).waitFor();
    await eventually(openSockets).toBe(0);
    const [session] = simulator.record.sessions.slice(before);
    await eventually(() => session?.requests.at(-1)?.method).toBe("closeBacktestSession");
    // The link opens the page again, and the page starts another session.
    await page.getByRole("link", { name: "Run a backtest" }).click();
    await page.getByRole("status").filter({ hasText: "ready" }).waitFor();
    expect(simulator.record.sessions).toHaveLength(before + 2);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("the first example of the React guide runs in a page of Next.js", async () => {
    const { page, problems } = await openPage("/guide");
    await page.getByRole("status").filter({ hasText: "closed" }).waitFor();
    await page.getByText("20 of 20 slots").waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it("a Next.js page with a saved checkpoint is hydrated without errors", async () => {
    const { page, problems } = await openPage("/resumable");
    await page.getByRole("status").filter({ hasText: "closed, 50 slots" }).waitFor();
    const checkpoint = { sessionId: "an-expired-session", startSlot: "300000000", endSlot: "300000049" };
    await page.evaluate((saved) => sessionStorage.setItem("run", JSON.stringify(saved)), checkpoint);
    await page.reload();
    await page.getByRole("status").filter({ hasText: "failed" }).waitFor();
    expect(problems.filter((problem) => !problem.startsWith("simulator-client: "))).toEqual([]);
    await page.close();
  });
});
