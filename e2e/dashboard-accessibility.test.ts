// Tests accessibility: axe in every state, keyboard, widths, zoom, reduced motion, forced colors. Also tests the size of the page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page, Response } from "playwright";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { elfFile } from "../test/support/elf-file.js";
import { type DashboardPage, dashboardSuite } from "./support/dashboard-page.js";
import { eventually } from "./support/eventually.js";
import { StreamTable } from "./support/stream-table.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
/** A token account in the ledger that the simulator generates from the seed 1. */
const TOKEN_ACCOUNT = "2AurUUNVjXbQsyvJTkouYjY1KoBsiRgt5tQu9ifLK7pJ";
const RULES: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
  // Requests only violations, because the lists of passed rules are long.
  resultTypes: ["violations"],
};
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
/**
 * Size limits. `page`: the page with the client and uPlot. `all`: in addition, the simulator, which is loaded for a run in the page, and
 * `explain`, which is loaded for the first failed transaction.
 */
const MOST_KB = { page: 180, all: 240 };
const SIMULATOR = /^\/dist\/browser-local/;
const EXPLAIN = /^\/dist\/browser-explain/;

const suite = dashboardSuite();
let axe: string;
let dashboard: DashboardPage;
let simulator: LocalSimulator | undefined;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});

afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

const open = async (query = "", options = {}) => {
  dashboard = await suite.open(query, options);
};

/** Starts a run, and pauses it at a slot that is not skipped. */
async function pauseAt(slot: number, query = ""): Promise<void> {
  await open(`?slotCount=400&delay=4${query}`);
  await dashboard.startPaused();
  await dashboard.page.getByLabel("To slot").fill(String(300_000_000 + slot));
  await dashboard.button("Go").click();
  await dashboard.untilSlot(300_000_000n + BigInt(slot));
  await dashboard.untilPhase("Paused");
}

const openDetail = async () => {
  await new StreamTable(dashboard.page, "Transactions").row(2).click();
  await dashboard.page.getByRole("complementary", { name: "Transaction" }).locator(".instruction").first().waitFor();
};

/** Runs and compares a baseline and a candidate in the page. The candidate has one account without tokens. */
async function compareInPage(): Promise<void> {
  await open(`?slotCount=20&programs=${TOKEN}`);
  await dashboard.button("A/B test").click();
  const empty = { lamports: 5, owner: "11111111111111111111111111111111", data: ["", "base64"], executable: false };
  await dashboard.page
    .locator(".drop-zone input[type=file]")
    .setInputFiles({ name: "accounts.json", mimeType: "", buffer: Buffer.from(JSON.stringify({ [TOKEN_ACCOUNT]: empty })) });
  await dashboard.page.locator(".change-text").waitFor();
  await dashboard.button("Run baseline and candidate").click();
  await dashboard.page
    .locator(".ab-verdict")
    .filter({ hasText: /became worse/ })
    .waitFor();
}

/** The states of the page, each with the function that brings the page into this state. */
const STATES: Record<string, () => Promise<void>> = {
  "not started, with its options open": async () => {
    await open("?startSlot=none");
    await dashboard.start();
    await dashboard.page.locator("#startSlot-error").waitFor();
  },
  playing: async () => {
    await open("?slotCount=200000&delay=4&discover=11111111111111111111111111111111");
    await dashboard.start();
    await dashboard.untilSlot(300_000_010n);
  },
  paused: () => pauseAt(61),
  "with the connection panel and the menu of faults open": async () => {
    await pauseAt(61);
    await dashboard.openConnections();
    await dashboard.page.locator("#faults summary").click();
  },
  "with a transaction open": async () => {
    await pauseAt(61);
    await openDetail();
  },
  "with an account diff open": async () => {
    await pauseAt(61);
    const diffs = await new StreamTable(dashboard.page, "Account diffs").open();
    await diffs.row(0).click();
    await dashboard.page.getByRole("complementary", { name: "Account diff" }).locator(".change-table").waitFor();
    await dashboard.page.getByText(/^Raw data, /).click();
  },
  "with filters, selected slots, the menu of filters open, and a link to an unknown transaction": async () => {
    await pauseAt(61);
    const { page } = dashboard;
    const { panel } = new StreamTable(page, "Transactions");
    await page.evaluate((signature) => {
      location.hash = `#tx=${signature}`;
    }, "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQkjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW");
    await page.locator("#linked").getByText("is not in memory yet").waitFor();
    await panel.getByRole("button", { name: "Failed only" }).click();
    await panel.getByText("Add filter", { exact: true }).first().click();
    await panel.getByLabel("Filter by").selectOption("Slots");
    await panel.getByLabel("Value").fill("300000010 - 300000050");
    await panel.getByRole("button", { name: "Add filter" }).click();
    await page.locator(".zoom").waitFor();
    await panel.getByText("Add filter", { exact: true }).first().click();
    await panel.getByRole("button", { name: "Add filter" }).click();
    await panel.getByText("Enter the first and the last slot").waitFor();
  },
  "with a dialog open": async () => {
    await pauseAt(61);
    await dashboard.button("Stop…").click();
    await dashboard.page.getByRole("dialog", { name: "Stop this run?" }).waitFor();
  },
  "completed, compared with an earlier run": async () => {
    await open("?slotCount=20&delay=0");
    await dashboard.start();
    await dashboard.untilPhase("Completed");
    await dashboard.startAnother();
    await dashboard.untilPhase("Completed");
    await dashboard.page.getByLabel("Compare with").selectOption({ index: 1 });
    await dashboard.page.getByRole("columnheader", { name: "Earlier" }).waitFor();
  },
  failed: async () => {
    simulator = await startLocalSimulator({ slots: 10 });
    await open(`?url=${simulator.url}&startSlot=5&programs=${TOKEN}&autostart=1`);
    await dashboard.untilPhase("Failed");
    await dashboard.page.getByRole("heading", { name: "The server does not have these slots" }).waitFor();
  },
  "with the pickers of ranges and programs open": async () => {
    simulator = await startLocalSimulator({ startSlot: 1_000, slots: 200, bundleSlots: 100 });
    await open(`?url=${simulator.url}&startSlot=1000&slotCount=50&programs=${TOKEN}`);
    const { page } = dashboard;
    await page.locator("#options > summary").click();
    await page.getByText("Choose from the available ranges").click();
    await page.getByText("Choose programs", { exact: true }).click();
    await page.getByRole("slider", { name: "First slot of the part" }).waitFor();
    await page.getByLabel(/^Jupiter /).waitFor();
  },
  "with a comparison of two A/B runs": compareInPage,
  "with both sides of a difference open": async () => {
    await compareInPage();
    await dashboard.page
      .getByRole("button", { name: /, show both sides$/ })
      .first()
      .click();
    await dashboard.page.getByRole("dialog", { name: /^Difference 1 of/ }).waitFor();
  },
  "with an A/B run that cannot start": async () => {
    await open("?slotCount=20");
    await dashboard.button("A/B test").click();
    await dashboard.page
      .locator(".drop-zone input[type=file]")
      .setInputFiles({ name: `${TOKEN}.so`, mimeType: "", buffer: Buffer.from(elfFile()) });
    await dashboard.page.getByLabel("Address of the program to replace").waitFor();
    await dashboard.button("Run baseline and candidate").click();
    await dashboard.page.getByRole("alert").waitFor();
  },
  "in parallel": async () => {
    await open("?slotCount=100000&delay=4&parallel=1");
    await dashboard.start();
    await dashboard.page.getByRole("progressbar", { name: "Sub-range 4" }).waitFor();
  },
};

describe("the states of the page", () => {
  for (const [state, reach] of Object.entries(STATES)) {
    it(`axe finds no accessibility violations on a phone and a desktop, with the light and the dark theme: ${state}`, async () => {
      await reach();
      const { page } = dashboard;
      await page.evaluate(axe);
      for (const [name, size] of Object.entries(SIZES)) {
        await page.setViewportSize(size);
        for (const theme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme: theme });
          await eventually(() => violations(page), `${name}, ${theme}`).toEqual([]);
        }
      }
    });
  }
});

describe("at any width", () => {
  it("the page has no horizontal scrollbar at widths from 360 to 2,560 pixels, and at 200 % zoom", async () => {
    await STATES["completed, compared with an earlier run"]?.();
    await openDetail();
    const { page } = dashboard;
    await dashboard.button("Close the detail").click();
    // 640 x 450 is a window of 1,280 x 900 at 200 % zoom.
    for (const [width, height] of [
      [360, 740],
      [390, 844],
      [640, 450],
      [768, 1024],
      [1440, 900],
      [2560, 1440],
    ] as const) {
      await page.setViewportSize({ width, height });
      const beyond = () =>
        page.evaluate(() =>
          [...document.querySelectorAll("main *, header *")]
            .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
            // Excludes elements that have their own scrollbar.
            .filter((element) => element.closest(".grid, .dump, .tabs, .charts, .visually-hidden") === null)
            .map(({ tagName, className }) => `${tagName} ${className}`),
        );
      await eventually(() => page.evaluate(() => document.documentElement.scrollWidth), `${width} px`).toBeLessThanOrEqual(width);
      await eventually(beyond, `${width} px`).toEqual([]);
    }
  });
});

describe("the keyboard", () => {
  it("the Tab key reaches every control, and the focus is visible", async () => {
    await pauseAt(30);
    const { page } = dashboard;
    await page.locator("body").click({ position: { x: 2, y: 2 } });
    const all = await page.evaluate(() => {
      const usable = "a[href], button, input, select, textarea, summary, [tabindex='0']";
      const found = [...document.querySelectorAll<HTMLElement>(usable)].filter(
        (element) => element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }),
      );
      for (const [index, element] of found.entries()) element.dataset.stop = String(index);
      return found.map((element) => `${element.tagName} ${element.id} ${element.textContent?.slice(0, 20)}`);
    });
    expect(all.length).toBeGreaterThan(15);
    const seen = new Set<number>();
    const unseen: string[] = [];
    // Presses Tab ten extra times, because more controls may appear after the count.
    for (let presses = 0; presses < all.length + 10; presses++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        if (element === null || element === document.body) return undefined;
        const now = getComputedStyle(element);
        const isMarked = (now.outlineStyle !== "none" && Number.parseFloat(now.outlineWidth) >= 2) || now.boxShadow !== "none";
        const { bottom, right, top, left } = element.getBoundingClientRect();
        const isInSight = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
        return {
          stop: Number(element.dataset.stop ?? -1),
          isSeen: isMarked && isInSight,
          name: `${element.tagName} ${element.id}`,
        };
      });
      if (focus === undefined) continue;
      seen.add(focus.stop);
      if (!focus.isSeen) unseen.push(focus.name);
    }
    expect(unseen, "invisible focus").toEqual([]);
    expect(
      all.filter((_, index) => !seen.has(index)),
      "never reached",
    ).toEqual([]);
  });

  it("a run can be started, paused, inspected and stopped with the keyboard only", async () => {
    await open("?slotCount=200000&delay=4");
    const { page } = dashboard;
    const { keyboard } = page;
    await page.locator("#start-button").focus();
    await keyboard.press("Enter");
    await dashboard.untilSlot(300_000_010n);
    await keyboard.press("Space");
    await dashboard.untilPhase("Paused");
    await page.getByRole("tab", { name: "Transactions" }).focus();
    await keyboard.press("ArrowRight");
    const diffs = new StreamTable(page, "Account diffs");
    await eventually(async () => (await diffs.rows()).get(0)?.[0]).toMatch(/\d/);
    for (let presses = 0; presses < 6; presses++) {
      await keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.getAttribute("role") === "row")) break;
    }
    await keyboard.press("Enter");
    const detail = page.getByRole("complementary", { name: "Account diff" });
    await detail.waitFor();
    await keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("row");
    await keyboard.press("x");
    await page.getByRole("dialog", { name: "Stop this run?" }).waitFor();
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await dashboard.untilPhase("Stopped");
  });
});

describe("system preferences", () => {
  it("the page animates nothing if the system prefers reduced motion", async () => {
    await open("?slotCount=200000&delay=4", { reducedMotion: "reduce" });
    await dashboard.start();
    await dashboard.untilSlot(300_000_010n);
    await dashboard.openConnections();
    // Records all texts of the connection panel, because the text "lost" is visible only for a moment.
    const states = await dashboard.observeTexts(".channels");
    const moved = await dashboard.page.evaluateHandle(() => {
      const names = new Set<string>();
      const record = () => {
        for (const { effect } of document.getAnimations())
          names.add(String((effect as KeyframeEffect | null)?.target?.className));
      };
      new MutationObserver(record).observe(document.body, { subtree: true, childList: true, characterData: true });
      return names;
    });
    await dashboard.injectFault("Redeploy");
    await eventually(states).toContainEqual(expect.stringContaining("lost"));
    await openDetail();
    expect(await moved.evaluate((names) => [...names])).toEqual([]);
  });

  it("each state in the page stays recognizable if the system forces colors", async () => {
    await pauseAt(61);
    const { page } = dashboard;
    await page.emulateMedia({ forcedColors: "active" });
    await openDetail();
    const look = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { outlineStyle, outlineColor, borderBottomColor, backgroundColor, color } = getComputedStyle(element);
          return [outlineStyle, outlineColor, borderBottomColor, backgroundColor, color].join(" ");
        });
    await eventually(() => look("[role=tab][aria-selected=true]"), "the tab that is shown").not.toBe(
      await look("[role=tab][aria-selected=false]"),
    );
    await eventually(() => look(".grid-body [aria-selected=true]"), "the row that is open").not.toBe(
      await look(".grid-body [aria-selected=false]:not([hidden])"),
    );
    await eventually(() => look(".bar-fill"), "the progress").not.toBe(await look(".bar"));
    // Outcomes, channels and the phase are not shown by color alone: each has a text.
    await page.getByRole("gridcell", { name: "✓ succeeded" }).first().waitFor();
    await eventually(() => dashboard.channels()).toEqual(["connected", "connected", "connected"]);
    await dashboard.untilPhase("Paused");
  });
});

describe("the size of the page", () => {
  it(`the page loads at most ${MOST_KB.page} kB gzipped, not counting the simulator and explain modules`, async () => {
    const context = await suite.browser.newContext();
    const fetched: Response[] = [];
    context.on("response", (response) => fetched.push(response));
    dashboard = await suite.openIn(context);
    const { page } = dashboard;
    await dashboard.start();
    await page.locator("#tables [role=gridcell]").first().waitFor();
    await dashboard.untilPhase("Playing");
    await page.locator(".cell-outcome", { hasText: "✗ Token: insufficient funds" }).first().waitFor();
    // Counts each file once. The page and its worker request some files twice.
    const unique = [...new Map(fetched.map((response) => [response.url(), response])).values()];
    const files = await Promise.all(
      unique.map(async (response) => ({
        path: new URL(response.url()).pathname,
        origin: new URL(response.url()).origin,
        size: gzipSync(await response.body(), { level: 9 }).length,
      })),
    );
    files.sort((a, b) => b.size - a.size);
    const sum = (some: typeof files) => some.reduce((total, { size }) => total + size, 0) / 1000;
    const [simulatorKb, explainKb] = [SIMULATOR, EXPLAIN].map((part) => sum(files.filter(({ path }) => part.test(path))));
    const pageKb = sum(files) - simulatorKb! - explainKb!;
    const table = files.map(({ path, size }) => `${(size / 1000).toFixed(1).padStart(6)} kB  ${path}`);
    console.log(
      [
        ...table,
        `${files.length} requests: ${pageKb.toFixed(1)} kB, ${simulatorKb!.toFixed(1)} kB of the simulator, ${explainKb!.toFixed(1)} kB of explain`,
      ].join("\n"),
    );
    expect(files.map(({ path }) => path)).toContain("/node_modules/uplot/dist/uPlot.iife.min.js");
    expect(
      files.some(({ path }) => path.startsWith("/dist/browser-local")),
      "the simulator is in the sum",
    ).toBe(true);
    expect(new Set(files.map(({ origin }) => origin))).toEqual(new Set([new URL(suite.url).origin]));
    expect(simulatorKb, "it was loaded").toBeGreaterThan(10);
    expect(pageKb).toBeLessThanOrEqual(MOST_KB.page);
    expect(sum(files)).toBeLessThanOrEqual(MOST_KB.all);
  });
});

/** Returns the violations that axe finds, one per line. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    return (await axe.run(options)).violations;
  }, RULES);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary = "" }) => `${id} at ${target.join(" ")}: ${failureSummary.split("\n").slice(1).join(" ")}`,
    ),
  );
}
