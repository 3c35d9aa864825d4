import { expect, test } from "vitest";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { createLocalSimulator } from "../../../src/local/in-page/index.js";
import { FakePlatform } from "../../support/fake-platform.js";

test("a client and a simulator with the same platform use only the clock of that platform", async () => {
  const platform = new FakePlatform();
  const sim = createLocalSimulator({ startSlot: 100, slots: 20, slotDelayMs: 1_000, platform });
  const client = new BacktestClient({ url: sim.url, WebSocket: sim.WebSocket, fetch: sim.fetch, platform });

  const starting = client.startSession({ startSlot: 100, endSlot: 104 });
  await platform.advance(100);
  const session = await starting;
  const slots: bigint[] = [];
  session.on("slot", ({ slot }) => slots.push(slot));
  void session.continue({ advanceCount: 100 });
  await platform.advance(2_500);
  expect(slots).toEqual([100n, 101n, 102n]);
  await platform.advance(5_000);
  expect(slots).toEqual([100n, 101n, 102n, 103n, 104n]);
  expect((await session.closed).reason).toBe("completed");
  await sim.close();
});

test("two simulators generate the same session id if the `random` functions of their platforms return the same numbers", async () => {
  const sessionIds = await Promise.all(
    [0, 1].map(async () => {
      const platform = new FakePlatform({ random: () => 0.25 });
      const sim = createLocalSimulator({ startSlot: 100, slots: 20, platform });
      const client = new BacktestClient({ url: sim.url, WebSocket: sim.WebSocket, fetch: sim.fetch, platform });
      const starting = client.startSession({ startSlot: 100, endSlot: 104 });
      await platform.advance(100);
      return (await starting).info.sessionId;
    }),
  );
  expect(sessionIds[0]).toBe(`backtest_${"4".repeat(32)}`);
  expect(sessionIds[1]).toBe(sessionIds[0]);
});

test("a simulator and a client refuse a platform without a required member, and the error names the member", () => {
  const { now, randomHex } = new FakePlatform();
  expect(() => createLocalSimulator({ platform: { now, randomHex } as never })).toThrow("platform.setTimeout");
  expect(() => new BacktestClient({ url: "ws://h", platform: { setTimeout: 5 } as never })).toThrow("platform.setTimeout");
});
