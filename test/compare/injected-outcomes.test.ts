import { expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { type InjectedOutcome, runWithChanges } from "../../src/compare/changed-run.js";
import { createLocalSimulator } from "../../src/local/in-page/in-page-simulator.js";
import { transfer } from "../local/transactions.js";

test("runWithChanges reports the outcomes of injected transactions for each slot, including the last slot", async () => {
  const simulator = createLocalSimulator({ startSlot: 100, slots: 10 });
  const client = new BacktestClient({
    url: simulator.url,
    WebSocket: simulator.WebSocket,
    fetch: simulator.fetch,
    logger: false,
  });
  onTestFinished(async () => {
    await client.close();
    await simulator.close();
  });
  const session = await client.startSession({ startSlot: 100, endSlot: 104 });
  const [good, bad, last] = [transfer(5n), transfer(2n ** 63n), transfer(6n)];
  const changes = {
    transactions: [
      { slot: 104, transactions: [last.base64] },
      { slot: 102, transactions: [good.base64, bad.base64] },
    ],
  };
  const reported: [bigint, readonly InjectedOutcome[]][] = [];
  const slots: bigint[] = [];
  const handleInjected = (slot: bigint, transactions: readonly InjectedOutcome[]): void =>
    void reported.push([slot, transactions]);
  for await (const event of runWithChanges(session, changes, { startSlot: 100n, handleInjected })) {
    if (event.type === "slot") slots.push(event.slot);
  }
  expect(slots).toEqual([100n, 101n, 102n, 103n, 104n]);
  expect(reported).toMatchObject([
    [
      102n,
      [
        { signature: good.signature, outcome: { err: null } },
        { signature: bad.signature, outcome: { err: { InstructionError: [0, { Custom: 1 }] } } },
      ],
    ],
    [104n, [{ signature: last.signature, outcome: { err: null } }]],
  ]);
});
