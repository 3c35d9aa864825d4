const { BacktestClient } = require("simulator-client");
const { createLocalSimulator } = require("simulator-client/local");
const { collectSuccessful } = require("./copy-trader.js");

/** A simulator in the test process. The same seed always generates the same transactions. */
let simulator;
let client;

beforeEach(() => {
  simulator = createLocalSimulator({ seed: "copy-trader", startSlot: 300_000_000, slots: 100 });
  client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
});

afterEach(async () => {
  await client.close();
  await simulator.close();
});

test("the strategy collects each transaction once", async () => {
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 50 });
  const signatures = await collectSuccessful(session, simulator.programs[0], 10);
  expect(signatures.length).toBeGreaterThan(10);
  expect(new Set(signatures).size).toBe(signatures.length);
  await session.shutdown();
});

test("the strategy collects the same transactions if its connections are lost", async () => {
  const undisturbed = await client.startSession({ startSlot: 300_000_000, slotCount: 50 });
  const expected = await collectSuccessful(undisturbed, simulator.programs[0], 10);
  await undisturbed.shutdown();

  const disturbed = await client.startSession({ startSlot: 300_000_000, slotCount: 50 });
  disturbed.once("slot", () => simulator.faults.drop());
  expect(await collectSuccessful(disturbed, simulator.programs[0], 10)).toEqual(expected);
  await disturbed.shutdown();
});
