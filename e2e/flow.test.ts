import { afterEach, describe, expect, it } from "vitest";
import { BacktestClient } from "../dist/index.js";
import { FIREHOSE, type Firehose, startFirehose } from "./support/firehose-server.js";
import { serveStatic } from "./support/static-server.js";
import { askPage } from "./support/unobserved-chromium.js";

/*
 * A consumer that takes one event a turn of the event loop, from a server that has 200,000 ready. (The 200 s of a millisecond each
 * would tell no more: what counts is that the server is faster by far, and that the consumer lets everything else happen between.)
 */

const TOTAL = FIREHOSE.slots * FIREHOSE.perSlot;
/** The default. */
const MARK = 10_000;
/** Control events are counted apart. */
const CONTROL = ["readyForContinue", "slot", "completed"];

interface Found {
  diffs: number;
  control: string[];
  /** Those that came out of turn. */
  wrong: string[];
  /** Events that were received and not taken. */
  mostHeld: number;
  /** The same, with frames that were read and not looked at yet. */
  mostUnread: number;
  end: string;
  duplicatesDropped: number;
  reconnects: Record<string, number>;
  losses: object;
}

type TakeSlowly = (client: BacktestClient, run: typeof FIREHOSE, mark: number) => Promise<Found>;

let firehose: Firehose | undefined;

afterEach(async () => {
  await firehose?.close();
});

function expectAllWithin(found: Found): void {
  expect(found.wrong).toEqual([]);
  expect(found.diffs).toBe(TOTAL);
  expect(found.control.filter((type) => type !== "continuity")).toEqual(CONTROL);
  expect(found.end).toBe("completed");
  expect(found.losses).toEqual({});
  // It was full, and not fuller.
  expect(found.mostHeld).toBeGreaterThanOrEqual(MARK);
}

describe("a consumer that takes one event a turn from a server that sends 200,000, and awaits its continue with a full queue", () => {
  it("in Node.js holds no more than the mark, by not reading on, and loses none", async () => {
    const { takeSlowly } = (await import(new URL("pages/take-slowly.js", import.meta.url).href)) as {
      takeSlowly: TakeSlowly;
    };
    firehose = await startFirehose();
    const client = new BacktestClient({ url: firehose.url, compression: "none" });
    const startedAt = performance.now();
    const found = await takeSlowly(client, FIREHOSE, MARK);
    await client.close();
    console.log(`Node.js: at most ${found.mostHeld} held, ${found.mostUnread} read; ${seconds(startedAt)} s`);
    expectAllWithin(found);
    expect(found.mostHeld).toBeLessThanOrEqual(MARK + CONTROL.length);
    // What the platform had read when it was told to pause: a chunk of 64 KiB.
    expect(found.mostUnread).toBeLessThanOrEqual(MARK + 1_000);
    // One socket: nothing was closed, nothing came twice.
    expect(firehose.resumes).toEqual([undefined]);
    expect(found.duplicatesDropped).toBe(0);
  });

  it("in Chromium holds no more than the mark, by closing the socket and going on from the cursor, and loses none", async () => {
    firehose = await startFirehose(2_000);
    const site = await serveStatic();
    const startedAt = performance.now();
    const query = { url: firehose.url, run: JSON.stringify(FIREHOSE), mark: `${MARK}` };
    const told = await askPage(`${site.url}flow.html`, query, 110_000).finally(() => site.close());
    const found = JSON.parse(told) as Found | { failed: string };
    if ("failed" in found) throw new Error(`in the page: ${found.failed}`);
    console.log(
      `Chromium: at most ${found.mostHeld} held, ${firehose.resumes.length} sockets, ${firehose.sent} sent; ${seconds(startedAt)} s`,
    );
    expectAllWithin(found);
    expect(found.mostHeld).toBeLessThanOrEqual(MARK + CONTROL.length);
    // Closed at the mark, opened at half of it: how many are needed rests on what is taken while one opens, and while one is open.
    expect(firehose.resumes.length).toBeGreaterThan(4);
    expect(firehose.resumes.slice(1).every((from) => from !== undefined)).toBe(true);
    expect(found.duplicatesDropped).toBeGreaterThan(0);
  }, 120_000);
});

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
