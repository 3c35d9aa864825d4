import fc from "fast-check";
import { expect, test } from "vitest";
import { FatalFailure } from "../../src/connection/channel-socket.js";
import { ReconnectCoordinator } from "../../src/connection/reconnect-coordinator.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { sameStatus } from "../../src/connection/status.js";
import type { PageEvent } from "../../src/transport/platform.js";
import { settle } from "../support/fake-platform.js";
import { type Bench, bench } from "./scripted-channel.js";

/** The events that a connection may receive from its peer, its owner, its page, or a timer. */
const EVENTS: Record<string, (b: Bench, ms: number) => void | Promise<void>> = {
  opens: (b) => b.network.open.find(({ readyState }) => readyState === 0)?.open(),
  greets: (b) => b.network.open[0]?.emitText("hello", "one"),
  talks: (b) => b.network.open[0]?.emitText("two", "three"),
  closes: (b) => b.network.peers.find(({ readyState }) => readyState === 1 || readyState === 2)?.close(1012),
  fails: (b) => b.network.open[0]?.fail(new Error("cut")),
  pauses: (b) => b.runner.pauseIntake(),
  resumes: (b) => b.runner.resumeIntake(),
  stale: (b) => b.runner.reconnectStale(),
  waits: (b, ms) => b.platform.advance(ms),
  sleeps: (b, ms) => b.platform.sleep(ms),
  settles: () => settle(),
};
const PAGE: PageEvent[] = ["frozen", "thawed", "online", "offline", "visible"];

const event = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...Object.keys(EVENTS)) },
  { weight: 4, arbitrary: fc.constantFrom("opens", "greets", "settles") },
  { weight: 2, arbitrary: fc.constantFrom(...PAGE.map((name) => `page ${name}`)) },
);
const ENDINGS: Record<string, (b: Bench) => void> = {
  cancel: (b) => b.runner.cancel(),
  close: (b) => b.runner.close(),
  finish: (b) => {
    b.channel.finish();
    b.runner.close();
  },
  refuse: (b) => {
    b.channel.fail(new FatalFailure("refused"));
    b.runner.close();
  },
};

test("a connection opens one socket at most, reports each change once and leaves nothing open, whatever happens", async () => {
  const step = fc.record({ what: event, ms: fc.integer({ min: 0, max: 70_000 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("node" as const, "page" as const),
      fc.boolean(),
      fc.array(step, { maxLength: 50 }),
      fc.constantFrom(...Object.keys(ENDINGS)),
      async (kind, isGated, steps, ending) => {
        const gate = new ReconnectCoordinator();
        const reconnect = { ...DEFAULT_RECONNECT, ungatedAttempts: 2 };
        const b = bench(kind, { reconnect, ...(isGated && { coordinator: { gate, owner: "a" } }) });
        b.runner.start();
        for (const { what, ms } of steps) {
          if (what.startsWith("page ")) await b.platform.page(what.slice("page ".length) as PageEvent);
          else await EVENTS[what]?.(b, ms);
          expect(b.network.open.length).toBeLessThanOrEqual(1);
          // At most two timers are set: one for the state, and one for the handshake or the liveness watch.
          expect(b.platform.timers.length).toBeLessThanOrEqual(2);
        }
        ENDINGS[ending]?.(b);
        await b.platform.advance(5_000);
        await settle();
        expect(b.ends).toHaveLength(1);
        expect(b.isClean).toBe(true);
        b.statuses.forEach((status, index) => {
          const before = b.statuses[index - 1];
          if (before !== undefined) expect(sameStatus(before, status)).toBe(false);
        });
        // After the connection has ended, another session can get the permission to reconnect.
        expect(await gate.reconnectSlot(AbortSignal.timeout(1_000), "another owner")).toBeDefined();
      },
    ),
    { numRuns: 150 },
  );
});
