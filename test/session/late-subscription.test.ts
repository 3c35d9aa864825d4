import { expect, test } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { createLocalSimulator } from "../../src/local/in-page/in-page-simulator.js";

test("if a subscription is added while the event `completed` is buffered, its notifications are delivered before `completed`", async () => {
  await using simulator = createLocalSimulator({ startSlot: 1_000, slots: 20 });
  const { url, WebSocket, fetch } = simulator;
  await using client = new BacktestClient({ url, WebSocket, fetch });
  const session = await client.startSession({ startSlot: 1_000, slotCount: 20 });
  const events = session[Symbol.asyncIterator]();
  await events.next();
  const { outcome } = await session.continueUntilReady({ advanceCount: 1_000 });
  expect(outcome).toBe("completed");

  const [program = ""] = simulator.programs;
  session.subscribeTransactions([program]);
  const types: string[] = [];
  for await (const { type } of events) types.push(type);
  const expected = simulator.record.session(session.info.sessionId)?.notifications("transaction", program).length ?? 0;
  expect(expected).toBeGreaterThan(0);
  expect(types.filter((type) => type === "transaction")).toHaveLength(expected);
  expect(types.at(-1)).toBe("completed");
  expect(await session.closed).toEqual({ reason: "completed" });
  expect(() => session.subscribeTransactions([program])).toThrow("completed");
});
