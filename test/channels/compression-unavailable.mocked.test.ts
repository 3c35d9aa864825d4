import { expect, test, vi } from "vitest";
import { acceptDiffs, brief, diff, newClient, PROGRAM, startSession, takeUntil } from "../session/session-rig.js";
import { startScriptedServer } from "../support/scripted-server.js";

// As where its file wasn't copied along, or can't be fetched.
vi.mock("../../src/codec/zstd-loader.js", () => ({
  createFrameDecoder: () => Promise.reject(new TypeError("Failed to fetch dynamically imported module")),
}));

test("where the decoder can't be loaded, subscriptions go on without compression, with one warning for all", async () => {
  const server = await startScriptedServer();
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, warn: (line: string) => void warnings.push(line), error() {} };
  const { session } = await startSession(server, newClient(server, { logger }));
  session.subscribeAccountDiffs([PROGRAM]);
  const first = await server.subscription();
  expect(await first.accept("accountDiffSubscribe", 7)).toEqual({ filter: PROGRAM, config: { address_type: "program" } });
  first.notify("accountDiffNotification", 7, diff(100, "a"));
  expect((await takeUntil(session, "accountDiff")).map(brief).at(-1)).toBe("diff a");
  first.destroy();
  await acceptDiffs(server);
  session.subscribeAccountDiffs([PROGRAM]);
  await acceptDiffs(server);
  expect(warnings).toEqual([expect.stringMatching(/compress.*Failed to fetch/)]);
});
