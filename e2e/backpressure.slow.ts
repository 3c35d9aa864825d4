import { afterEach, describe, expect, it } from "vitest";
import { BacktestClient } from "../dist/index.js";
import { FIREHOSE, type Firehose, startFirehose } from "./support/firehose-server.js";
import { serveStatic } from "./support/static-server.js";
import { askPage } from "./support/unobserved-chromium.js";

/*
 * Tests a slow consumer with a fast server. The consumer reads one event per turn of the event loop. The server sends 200,000 events
 * without a pause.
 */

const TOTAL = FIREHOSE.slots * FIREHOSE.perSlot;
/** The default of the option maxBufferedEvents. */
const MARK = 10_000;
/** The control events that the server sends to the session. */
const CONTROL = ["readyForContinue", "slot", "completed"];

interface Found {
  diffs: number;
  control: string[];
  /** The events that arrived out of order. */
  wrong: string[];
  /** The largest number of buffered events. */
  mostBuffered: number;
  /** The largest number of received frames that the consumer had not read yet. */
  mostUnread: number;
  end: string;
  duplicatesDropped: number;
  reconnects: Record<string, number>;
  losses: object;
}

type ConsumeSlowly = (client: BacktestClient, run: typeof FIREHOSE, mark: number) => Promise<Found>;

let firehose: Firehose | undefined;

afterEach(async () => {
  await firehose?.close();
});

function expectComplete(found: Found): void {
  expect(found.wrong).toEqual([]);
  expect(found.diffs).toBe(TOTAL);
  expect(found.control.filter((type) => type !== "continuity")).toEqual(CONTROL);
  expect(found.end).toBe("completed");
  expect(found.losses).toEqual({});
  // Only a queue that reaches the limit causes backpressure.
  expect(found.mostBuffered).toBeGreaterThanOrEqual(MARK);
}

describe("a slow consumer that sends a continue request while its queue is full", () => {
  it("a slow consumer in Node.js loses none of 200,000 events, because the client pauses the socket when the buffer is full", async () => {
    const { consumeSlowly } = (await import(new URL("pages/slow-consumer.js", import.meta.url).href)) as {
      consumeSlowly: ConsumeSlowly;
    };
    firehose = await startFirehose();
    const client = new BacktestClient({ url: firehose.url, compression: "none" });
    const startedAt = performance.now();
    const found = await consumeSlowly(client, FIREHOSE, MARK);
    await client.close();
    console.log(
      `Node.js: at most ${found.mostBuffered} buffered, ${found.mostUnread} with unread frames; ${seconds(startedAt)} s`,
    );
    expectComplete(found);
    expect(found.mostBuffered).toBeLessThanOrEqual(MARK + CONTROL.length);
    // Node.js may deliver another 64 KiB after the client has paused the socket. 64 KiB contain fewer than 1,000 events.
    expect(found.mostUnread).toBeLessThanOrEqual(MARK + 1_000);
    // There was one subscribe request, without `replayFromSlot`: the client did not reconnect.
    expect(firehose.resumes).toEqual([undefined]);
    expect(found.duplicatesDropped).toBe(0);
  });

  it("a slow consumer in Chromium loses none of 200,000 events, because the client closes the socket when the buffer is full, and resumes later", async () => {
    firehose = await startFirehose(2_000);
    const site = await serveStatic();
    const startedAt = performance.now();
    const query = { url: firehose.url, run: JSON.stringify(FIREHOSE), mark: `${MARK}` };
    const text = await askPage(`${site.url}backpressure.html`, query, 110_000).finally(() => site.close());
    const found = JSON.parse(text) as Found | { failed: string };
    if ("failed" in found) throw new Error(`in the page: ${found.failed}`);
    console.log(
      `Chromium: at most ${found.mostBuffered} buffered, ${firehose.resumes.length} sockets, ${firehose.sent} sent; ${seconds(startedAt)} s`,
    );
    expectComplete(found);
    expect(found.mostBuffered).toBeLessThanOrEqual(MARK + CONTROL.length);
    // Two or more subscribe requests mean that the client reconnected. The exact number depends on the speed of the machine.
    expect(firehose.resumes.length).toBeGreaterThan(1);
    expect(firehose.resumes.slice(1).every((from) => from !== undefined)).toBe(true);
    expect(found.duplicatesDropped).toBeGreaterThan(0);
  }, 120_000);
});

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
