import { expect, it } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { createLocalSimulator } from "../../src/local/in-page/in-page-simulator.js";

const START = 100n;

async function start() {
  const simulator = createLocalSimulator({ startSlot: START, slots: 5 });
  const { WebSocket, fetch } = simulator;
  const client = new BacktestClient({ url: simulator.url, WebSocket, fetch, logger: false });
  const session = await client.startSession({ startSlot: START, endSlot: START + 4n });
  const closeRequests = () => simulator.record.sessions[0]?.requests.filter(({ method }) => method === "closeBacktestSession");
  return { simulator, session, closeRequests };
}

/** Lets all pending callbacks run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

it("keepUntilHandled keeps the session on the server while the loop handles `completed`", async () => {
  const { simulator, session, closeRequests } = await start();
  for await (const { type } of session.run({ keepUntilHandled: true })) {
    if (type !== "completed") continue;
    await settled();
    expect(closeRequests()).toHaveLength(0);
  }
  expect(await session.closed).toEqual({ reason: "completed" });
  expect(closeRequests()).toHaveLength(1);
  await simulator.close();
});

it("keepUntilHandled closes the session when the loop exits early", async () => {
  const { simulator, session, closeRequests } = await start();
  for await (const { type } of session.run({ keepUntilHandled: true })) if (type === "completed") break;
  expect(await session.closed).toEqual({ reason: "completed" });
  expect(closeRequests()).toHaveLength(1);
  await simulator.close();
});

it("keepUntilHandled lets the loop detach instead of closing the session", async () => {
  const { simulator, session, closeRequests } = await start();
  for await (const { type } of session.run({ keepUntilHandled: true })) if (type === "completed") await session.detach();
  expect(await session.closed).toEqual({ reason: "detached" });
  expect(closeRequests()).toHaveLength(0);
  await simulator.close();
});

it("without keepUntilHandled, the session is closed as soon as `completed` has been delivered", async () => {
  const { simulator, session } = await start();
  let reason: string | undefined;
  for await (const { type } of session.run()) if (type === "completed") ({ reason } = await session.closed);
  expect(reason).toBe("completed");
  await simulator.close();
});
