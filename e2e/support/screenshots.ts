// Takes screenshots that are the same on any machine. They use bundled fonts. In the messages of the worker, fixed values replace
// all values that depend on the clock.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import type { BrowserContext, Page } from "playwright";
import { PNG } from "pngjs";
import type { ChannelState, Charts, Message, Snapshot, SubRange } from "../../demo/dashboard/contract.js";

const STORED = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const REPORTS = fileURLToPath(new URL("../../reports/screens/", import.meta.url));
/** Tolerances, because machines render text differently: the color difference of a pixel, and the share of differing pixels. */
const THRESHOLD = 0.2;
const MOST_DIFFERING = 0.02;

const require = createRequire(import.meta.url);
const FONTS = [
  { family: "Inter", path: require.resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2") },
  { family: "Inter", path: require.resolve("@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2") },
  {
    family: "JetBrains Mono",
    path: require.resolve("@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2"),
  },
];

/**
 * The state that a screenshot shows. `asItIs`: the real state. `playing`: shows a paused run as if it were playing. `broken`: shows the
 * moment at which all connections were lost. `parallel`: shows a completed parallel run with its sub-ranges at fixed positions.
 */
export type Pose = "asItIs" | "playing" | "broken" | "parallel";

declare global {
  interface Window {
    pose: Pose;
    /** Whether all channels have been lost at the same time. */
    isBroken: boolean;
  }
}

/** Makes the screenshots of a context's pages independent of the clock. Call it before a page is opened. */
export async function steadyPages(context: BrowserContext): Promise<void> {
  await context.addInitScript(steady);
}

/** Changes the messages of the worker before the page receives them. Runs in the page before the page's own code. */
function steady(): void {
  const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
  const SHARES = [62n, 41n, 55n, 38n];
  window.pose = "asItIs";
  window.isBroken = false;
  let broken: Partial<Snapshot> | undefined;
  let results = 0;
  let lastResult = 0;
  let subRanges: SubRange[] = [];

  function fixSnapshot(snapshot: Snapshot): void {
    const { progress, counters, result } = snapshot;
    if (result !== undefined) {
      if (result.endedAt !== lastResult) results++;
      lastResult = result.endedAt;
      result.endedAt = NOW + 90_000 * results;
      result.durationMs = 5_200 - 900 * results;
    }
    progress.slotsPerSecond = 0;
    progress.idleMs = 0;
    progress.notificationsPerSecond = 0;
    Object.assign(counters, { frames: counters.frames && 4_211, bytes: counters.bytes && 2_713_400, queued: 0 });
    if (window.pose === "parallel" && result !== undefined) splitIt(snapshot);
    if (window.pose === "broken" && broken === undefined) breakIt(snapshot);
    if (broken !== undefined) Object.assign(snapshot, structuredClone(broken));
    if (broken !== undefined) for (const channel of snapshot.channels) fixCountdown(channel);
    if (window.pose === "playing" || window.isBroken || subRanges.length > 0) {
      snapshot.phase = "playing";
      snapshot.faults = "all";
      progress.secondsLeft = 21;
      progress.slotsPerSecond = window.isBroken ? 0 : 61.4;
      progress.notificationsPerSecond = window.isBroken ? 0 : 1083;
    }
    snapshot.connectionLog = snapshot.connectionLog
      // The channels connect in varying order. Sorts entries with the same text by channel.
      .toSorted((a, b) => (a.text === b.text ? a.channel.localeCompare(b.channel) : 0))
      .map((entry, index) => ({ ...entry, at: NOW + 700 * index }));
  }

  function breakIt({ channels, connectionLog, counters }: Snapshot): void {
    if (channels.length === 0 || !channels.every(({ state }) => state === "down")) return;
    const reason = channels[0]?.reason ?? "";
    broken = {
      channels: channels.map(({ name }) => ({ name, state: "down", phase: "backingOff", attempt: 2, reason, reconnects: 0 })),
      connectionLog: [
        ...connectionLog.filter(({ text }) => text === "connected"),
        ...channels.map(({ name }) => ({ at: 0, channel: name, tone: "bad" as const, text: `${reason}; attempt 2 in 0.9 s` })),
      ],
      counters: { ...counters, reconnects: 0, duplicatesDropped: 0, gaps: 0 },
    };
    window.isBroken = true;
  }

  /** Makes the page always show the same time until the next attempt. */
  function fixCountdown(channel: ChannelState): void {
    Object.defineProperty(channel, "retryAt", { get: () => Date.now() + 900 });
  }

  function splitIt(snapshot: Snapshot): void {
    for (const [index, subRange] of snapshot.subRanges.entries()) {
      subRange.done = (subRange.total * (SHARES[index] ?? 50n)) / 100n;
      subRange.slot = subRange.startSlot + subRange.done;
      subRange.notifications = Number(subRange.done) * 17;
      subRange.state = "up";
    }
    subRanges = snapshot.subRanges;
    snapshot.progress.slot = subRanges.at(-1)?.slot;
    snapshot.progress.done = subRanges.reduce((sum, { done }) => sum + done, 0n);
    for (const channel of snapshot.channels) channel.state = "up";
    delete snapshot.result;
    // Removes the default account from the chart, because this account depends on timing.
    snapshot.chartedAccounts = [];
  }

  function fixCharts({ slots, balances, rate }: Charts): void {
    if (subRanges.length > 0) {
      for (const [index, first] of slots.x.entries()) {
        if (subRanges.some(({ startSlot, slot = 0n }) => first >= startSlot && first <= slot)) continue;
        for (const column of [slots.succeeded, slots.failed, slots.computeUnits]) column[index] = 0;
      }
      Object.assign(balances, { x: new Float64Array(), accounts: [] });
    }
    if (rate.x.length === 0) return;
    rate.x = Float64Array.from({ length: 60 }, (_, second) => NOW / 1000 + second);
    rate.y = Float64Array.from({ length: 60 }, (_, second) => 1_040 + 60 * Math.sin(second / 4) + 25 * Math.sin(second * 1.7));
  }

  function fixMessage(message: Message): void {
    if (message.type === "snapshot") fixSnapshot(message.snapshot);
    if (message.type === "charts") fixCharts(message.charts);
  }

  const add = Worker.prototype.addEventListener;
  Worker.prototype.addEventListener = function (this: Worker, type: string, listener: unknown, options?: unknown) {
    const original = listener as (event: Event) => void;
    const fixed = (event: Event) => {
      fixMessage((event as MessageEvent<Message>).data);
      original(event);
    };
    add.call(this, type, type === "message" ? fixed : original, options as AddEventListenerOptions);
  };
}

/** Loads the bundled fonts under the names of the page's preferred fonts, so that no system font is used. */
export async function loadFonts(page: Page): Promise<void> {
  const fonts = FONTS.map(({ family, path }) => ({ family, bytes: readFileSync(path).toString("base64") }));
  // Loads the fonts by script, because the page's Content-Security-Policy blocks an added style sheet.
  await page.evaluate(async (given) => {
    for (const { family, bytes } of given) {
      const font = new FontFace(
        family,
        Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)),
        { weight: "100 900" },
      );
      document.fonts.add(await font.load());
    }
    await document.fonts.ready;
  }, fonts);
}

/** Compares the page with a stored screenshot. With `UPDATE_SCREENS=1`, stores a new screenshot instead. @returns the difference in a line, or `undefined` */
export async function compareScreen(page: Page, name: string): Promise<string | undefined> {
  const actual = PNG.sync.read(await page.screenshot({ animations: "disabled", caret: "hide", scale: "css" }));
  const file = join(STORED, `${name}.png`);
  if (process.env.UPDATE_SCREENS === "1") {
    mkdirSync(STORED, { recursive: true });
    writeFileSync(file, pack(actual));
    return undefined;
  }
  const stored = PNG.sync.read(readFileSync(file));
  const { width, height } = actual;
  if (stored.width !== width || stored.height !== height)
    return `${name}: ${width}x${height}, stored is ${stored.width}x${stored.height}`;
  const difference = new PNG({ width, height });
  const differing = pixelmatch(stored.data, actual.data, difference.data, width, height, { threshold: THRESHOLD });
  const reports = { actual: join(REPORTS, `${name}.png`), difference: join(REPORTS, `${name}.diff.png`) };
  if (differing <= width * height * MOST_DIFFERING) {
    for (const report of Object.values(reports)) rmSync(report, { force: true });
    return undefined;
  }
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(reports.actual, pack(actual));
  writeFileSync(reports.difference, pack(difference));
  const share = ((100 * differing) / (width * height)).toFixed(2);
  return `${name}: ${share} % of its pixels differ; see reports/screens/${name}.png and .diff.png, or store it with UPDATE_SCREENS=1`;
}

/** If a color has a smaller share of the pixels than this, it is rare. Rare colors come from anti-aliasing. */
const RARE = 0.0005;

/** Encodes a screenshot as a small file: without transparency, and with rare colors rounded to steps of 8, which is invisible. */
function pack(png: PNG): Buffer {
  const { data } = png;
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 4) counts.set(data.readUInt32BE(at), (counts.get(data.readUInt32BE(at)) ?? 0) + 1);
  for (let at = 0; at < data.length; at += 4) {
    if ((counts.get(data.readUInt32BE(at)) ?? 0) > (RARE * data.length) / 4) continue;
    for (let channel = at; channel < at + 3; channel++) data[channel] = Math.min(255, Math.round((data[channel] ?? 0) / 8) * 8);
  }
  // Flat colors and text compress best without a filter.
  return PNG.sync.write(png, { colorType: 2, filterType: 0, deflateLevel: 9, deflateStrategy: 0 });
}
