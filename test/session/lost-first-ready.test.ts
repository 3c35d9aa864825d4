import { expect, test } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { createLocalSimulator } from "../../src/local/in-page/index.js";
import { FakePlatform } from "../support/fake-platform.js";

test("in a page, a connection that falls silent before the first readyForContinue is replaced, and the session completes", async () => {
  const platform = new FakePlatform();
  const sim = createLocalSimulator({ startSlot: 100, slots: 20, platform });
  const client = new BacktestClient({ url: sim.url, WebSocket: sim.WebSocket, fetch: sim.fetch, platform });
  // The first two frames are a status and sessionCreated.
  sim.faults.schedule({ afterFrames: 2, target: { channel: "control" } }, { type: "halfOpen" });
  const starting = client.startSession({ startSlot: 100, endSlot: 104 });
  await platform.advance(100);
  const session = await starting;
  const slots: bigint[] = [];
  const consume = async (): Promise<void> => {
    for await (const event of session.run()) if (event.type === "slot") slots.push(event.slot);
  };
  const consumed = consume();

  await platform.advance(44_000);
  expect(sim.record.connections.control).toBe(1);
  await platform.advance(10_000);
  await consumed;
  expect(sim.record.connections.control).toBeGreaterThan(1);
  expect(slots).toEqual([100n, 101n, 102n, 103n, 104n]);
  expect((await session.closed).reason).toBe("completed");
  await sim.close();
});
