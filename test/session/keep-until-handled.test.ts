import { expect, it } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { createLocalSimulator } from "../../src/local/in-page/in-page-simulator.js";
import { FakePlatform } from "../support/fake-platform.js";

const START = 100n;

/** Runs a test on a virtual clock, which advances until the test has settled. */
function onClock(run: (platform: FakePlatform) => Promise<void>): () => Promise<void> {
  return async () => {
    const platform = new FakePlatform();
    let isRunning = true;
    const running = run(platform).finally(() => {
      isRunning = false;
    });
    running.catch(() => {});
    while (isRunning) await platform.advance(1);
    await running;
  };
}

async function start(platform: FakePlatform) {
  const simulator = createLocalSimulator({ startSlot: START, slots: 5, platform });
  const { WebSocket, fetch } = simulator;
  const client = new BacktestClient({ url: simulator.url, WebSocket, fetch, logger: false, platform });
  const session = await client.startSession({ startSlot: START, endSlot: START + 4n });
  const closeRequests = () => simulator.record.sessions[0]?.requests.filter(({ method }) => method === "closeBacktestSession");
  return { simulator, session, closeRequests };
}

it(
  "with keepUntilHandled, the session stays on the server while the loop handles `completed`",
  onClock(async (platform) => {
    const { simulator, session, closeRequests } = await start(platform);
    for await (const { type } of session.run({ keepUntilHandled: true })) {
      if (type !== "completed") continue;
      // Handling `completed` takes one second of virtual time.
      await new Promise<void>((resolve) => platform.setTimeout(resolve, 1_000));
      expect(closeRequests()).toHaveLength(0);
    }
    expect(await session.closed).toEqual({ reason: "completed" });
    expect(closeRequests()).toHaveLength(1);
    await simulator.close();
  }),
);

it(
  "with keepUntilHandled, the session is closed when the loop exits early",
  onClock(async (platform) => {
    const { simulator, session, closeRequests } = await start(platform);
    for await (const { type } of session.run({ keepUntilHandled: true })) if (type === "completed") break;
    expect(await session.closed).toEqual({ reason: "completed" });
    expect(closeRequests()).toHaveLength(1);
    await simulator.close();
  }),
);

it(
  "with keepUntilHandled, the client sends no close request if the consumer detaches the session at `completed`",
  onClock(async (platform) => {
    const { simulator, session, closeRequests } = await start(platform);
    for await (const { type } of session.run({ keepUntilHandled: true })) if (type === "completed") await session.detach();
    expect(await session.closed).toEqual({ reason: "detached" });
    expect(closeRequests()).toHaveLength(0);
    await simulator.close();
  }),
);

it(
  "without keepUntilHandled, the session is closed as soon as `completed` has been delivered",
  onClock(async (platform) => {
    const { simulator, session } = await start(platform);
    let reason: string | undefined;
    for await (const { type } of session.run()) if (type === "completed") ({ reason } = await session.closed);
    expect(reason).toBe("completed");
    await simulator.close();
  }),
);
