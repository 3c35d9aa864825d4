import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringifyJson } from "../../../../src/codec/json.js";
import { ledgerSourceOf } from "../../../../src/local/engine/ledger/ledger-source.js";
import { TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";
import { ExecutionTurns } from "../../../../src/local/engine/vm-process/execution-turns.js";
import { VmProcessSession } from "../../../../src/local/engine/vm-process/vm-process-session.js";
import { FakePlatform } from "../../../support/fake-platform.js";
import { inPage } from "../../in-page-front.js";
import { continueBy, createSession, rpc } from "../../wire-client.js";
import { testFolder } from "../ledger/ledger-folder.js";
import { ledgerOf, run } from "../litesvm/litesvm-rig.js";
import { isRunning, openProcess } from "./vm-process-rig.js";

/** A long timeout, because each test starts processes. */
const SLOW = { timeout: 60_000 };
const TIMEOUT_MS = 30_000;

test("a VM process that hangs is killed after the timeout, and the error names the last executed transaction", SLOW, async () => {
  const timers = new FakePlatform();
  const session = await openProcess(ledgerOf(), { timers, timeoutMs: TIMEOUT_MS });
  const last = (await run(session, 7)).at(-1)!;
  const failure = new Promise<Error>((resolve) => session.onFailure(resolve));
  process.kill(session.pid, "SIGSTOP");
  const pending = Promise.resolve(session.executeBatch()).then(String, ({ message }: Error) => message);
  await timers.advance(TIMEOUT_MS);
  expect(isRunning(session.pid)).toBe(true);
  await timers.advance(TIMEOUT_MS);
  const message = await pending;
  expect(message).toBe(
    `the process of this session's VM did not respond for 30 s and was killed; it last started transaction ${last.signatures[0]} of slot 1006; other sessions are not affected`,
  );
  expect((await failure).message).toBe(message);
  await expect(session.account("11111111111111111111111111111111")).rejects.toThrow(message);
  await session.close();
  expect(isRunning(session.pid)).toBe(false);
});

test(
  "if a VM process loops endlessly while its session opens, the process is killed after four times the timeout",
  SLOW,
  async () => {
    const entry = join(await testFolder(), "loop.mjs");
    await writeFile(entry, 'process.on("message", () => { for (;;); });\n');
    const timers = new FakePlatform();
    const opening = VmProcessSession.open({
      entry,
      ledger: ledgerSourceOf(ledgerOf())!,
      range: { startSlot: 1_000n, endSlot: 1_099n, extraComputeUnits: null },
      timers,
      timeoutMs: TIMEOUT_MS,
    });
    let isOver = false;
    const failed = opening.then(String, ({ message }: Error) => message).finally(() => (isOver = true));
    await expect.poll(() => timers.timers).toHaveLength(1);
    await timers.advance(TIMEOUT_MS * 4);
    expect(isOver).toBe(false);
    await timers.advance(TIMEOUT_MS);
    expect(await failed).toMatch(
      /^the process of this session's VM did not respond for 120 s and was killed; it had not started any transaction/,
    );
  },
);

test("if a VM process hangs, its session ends with an internal error, and other sessions continue", SLOW, async () => {
  const ledger = ledgerOf({ transactionsPerSlot: 2 });
  const timers = new FakePlatform();
  const turns = new ExecutionTurns(1);
  const opened: VmProcessSession[] = [];
  const simulator = await inPage({
    engine: {
      programs: ledger.programs,
      bundles: [{ startSlot: 1_000n, endSlot: 1_099n, startTime: 0n, endTime: 40n }],
      open: async (range) => {
        const session = await openProcess(ledger, { ...range, timers, timeoutMs: TIMEOUT_MS, turns });
        opened.push(session);
        return session;
      },
    },
  });
  onTestFinished(() => simulator.close());
  const hanging = await createSession(simulator, { startSlot: 1_000n, endSlot: 1_099n });
  const other = await createSession(simulator, { startSlot: 1_000n, endSlot: 1_099n });
  process.kill(opened[0]!.pid, "SIGSTOP");
  continueBy(hanging, 1_000);
  // The watchdog sets a timer when the request has been sent.
  await expect.poll(() => timers.timers).toHaveLength(1);
  expect((await rpc(simulator, other, "getBalance", TOKEN_PROGRAM)).result).toMatchObject({ value: expect.anything() });
  continueBy(other, 1_000);
  await timers.advance(TIMEOUT_MS * 2);
  const { method, params } = await hanging.control.method("completed", "error");
  expect(method).toBe("error");
  expect(stringifyJson(params)).toMatch(/^{"internal":{"error":"the process .* did not respond for 30 s and was killed;/);
  expect((await other.control.method("completed", "error")).method).toBe("completed");
});
