import { describe, expect, test } from "vitest";
import type { ManagedEvent } from "../../../src/channels/managed-events.js";
import { startScriptedServer } from "../../support/scripted-server.js";
import { idOf, sendSessionEvent, startRun } from "../parallel-rig.js";
import {
  acceptDiffs,
  brief,
  CREATE,
  CREATED,
  diff,
  newClient,
  PROGRAM,
  reattach,
  rejection,
  settle,
  startSession,
  take,
  until,
} from "../session-rig.js";

const LAST = 18_446_744_073_709_551_615n;

async function setUp() {
  const server = await startScriptedServer();
  const client = newClient(server);
  const standing = await startSession(server, client, {
    ...CREATE,
    discoveries: [{ kind: "programExecuted", value: PROGRAM }],
  } as typeof CREATE);
  return { server, client, ...standing };
}

const batch = (slot: number, batchIndex: number) => ({
  slot,
  batchIndex,
  matched: [{ kind: "programExecuted", value: PROGRAM }],
  transactions: [{ data: "AQ==", encoding: "base64" }],
});

describe("advanceToDiscovery", () => {
  test("advanceToDiscovery advances to just before the discovered batch, and returns the discovery and the pause", async () => {
    const { session, control } = await setUp();
    const advancing = session.advanceToDiscovery();
    // Before a `discoveryBatch` arrives, the position of the discovery is unknown. The first request covers all blocks.
    expect(await control.expect("continue")).toMatchObject({ advanceCount: LAST });
    control.respond(3, "slotNotification", 100);
    control.respond(4, "discoveryBatch", batch(102, 3));
    // After `discoveryBatch`, the step sends a continueTo request for the discovered batch.
    expect(await control.expect("continueTo")).toEqual({ slot: 102, batchIndex: 3 });
    control.respond(5, "slotNotification", 101);
    control.respond(6, "paused", { slot: 102, batchIndex: 3 });
    expect(await advancing).toEqual({
      discovery: {
        type: "discoveryBatch",
        slot: 102n,
        batchIndex: 3,
        matched: [{ kind: "programExecuted", value: PROGRAM }],
        transactions: [{ data: "AQ==", encoding: "base64" }],
        transactionIndices: [],
      },
      paused: { type: "paused", slot: 102n, batchIndex: 3 },
    });
  });

  test("advanceToDiscovery pauses `offset` batches after the discovered batch", async () => {
    const { session, control } = await setUp();
    control.respond(3, "discoveryBatch", batch(102, 3));
    await until(() => session.diagnostics.queueLength === 2, "the discovery");
    const advancing = session.advanceToDiscovery({ offset: 2 });
    // The `discoveryBatch` event has already arrived, so the step sends `continueTo` as its first request.
    expect(await control.expect("continueTo")).toEqual({ slot: 102, batchIndex: 5 });
    control.respond(4, "paused", { slot: 102, batchIndex: 5 });
    expect(await advancing).toMatchObject({ discovery: { batchIndex: 3 }, paused: { batchIndex: 5 } });
  });

  test("advanceToDiscovery stops at every discovery, even if several discoveries arrive before the first stop", async () => {
    const { session, control } = await setUp();
    const stops: string[] = [];
    const serve = async (): Promise<void> => {
      await control.expect("continue");
      control.respond(3, "discoveryBatch", batch(101, 0));
      control.respond(4, "discoveryBatch", batch(101, 4));
      control.respond(5, "discoveryBatch", batch(103, 1));
      let sequence = 6;
      for (const [slot, batchIndex] of [
        [101, 0],
        [101, 4],
        [103, 1],
      ]) {
        expect(await control.expect("continueTo")).toEqual({ slot, batchIndex });
        control.respond(sequence++, "paused", { slot, batchIndex });
      }
      // After the last discovery, the step continues to the end.
      await control.expect("continue");
      control.respond(sequence++, "slotNotification", 103);
      control.respond(sequence, "completed", {});
    };
    const drive = async (): Promise<void> => {
      for (let at = await session.advanceToDiscovery(); at !== "completed"; at = await session.advanceToDiscovery()) {
        stops.push(brief(at.paused));
      }
    };
    await Promise.all([drive(), serve()]);
    expect(stops).toEqual(["paused 101/0", "paused 101/4", "paused 103/1"]);
    expect(session.coverage()).toEqual({ completed: true, highestSlot: 103n });
  });

  test("advanceToDiscovery resolves only at the pause of the discovered batch, not at an earlier pause", async () => {
    const { session, control } = await setUp();
    await take(session, 1);
    await session.continueTo({ slot: 101 });
    await control.expect("continueTo");
    control.respond(3, "discoveryBatch", batch(103, 0));
    control.respond(4, "paused", { slot: 101 });
    await until(() => session.diagnostics.queueLength === 2, "both");
    const advancing = session.advanceToDiscovery();
    await control.expect("continueTo");
    // Some servers send `readyForContinue` when they leave a pause. The step must ignore this event.
    control.respond(5, "readyForContinue");
    control.respond(6, "paused", { slot: 103, batchIndex: 0 });
    expect(await advancing).toMatchObject({ paused: { slot: 103n } });
  });

  test("advanceToDiscovery returns `completed` if the session completes before the discovered batch", async () => {
    const { session, control } = await setUp();
    const advancing = session.advanceToDiscovery();
    await control.expect("continue");
    control.respond(3, "discoveryBatch", batch(103, 0));
    await control.expect("continueTo");
    control.respond(4, "completed", {});
    expect(await advancing).toBe("completed");
  });

  test("advanceToDiscovery rejects with an error of the server, and can be called again", async () => {
    const { session, control } = await setUp();
    const advancing = session.advanceToDiscovery();
    await control.expect("continue");
    control.respond(3, "error", { invalidRequest: { error: "no such batch" } });
    expect(await rejection(advancing)).toMatchObject({
      code: "remote",
      remote: { kind: "invalidRequest" },
      message: expect.stringContaining("no such batch"),
    });
    control.respond(4, "readyForContinue");
    const again = session.advanceToDiscovery();
    await control.expect("continue");
    control.respond(5, "completed", {});
    expect(await again).toBe("completed");
  });

  test("advanceToDiscovery rejects if the session fails or has ended", async () => {
    const { session, control } = await setUp();
    const advancing = session.advanceToDiscovery();
    await control.expect("continue");
    control.respond(3, "error", "noMoreBlocks");
    expect(await rejection(advancing)).toMatchObject({ code: "remote", remote: { kind: "noMoreBlocks" } });
    expect(await rejection(session.advanceToDiscovery())).toMatchObject({ code: "remote" });
    const { session: shut } = await setUp();
    await shut.shutdown();
    expect(await rejection(shut.advanceToDiscovery())).toMatchObject({ code: "controlClosed" });
  });

  test("advanceToDiscovery rejects with `cancelled` when its signal is aborted", async () => {
    const { session, control } = await setUp();
    await take(session, 1);
    const stop = new AbortController();
    const advancing = session.advanceToDiscovery({ signal: stop.signal });
    await control.expect("continue");
    stop.abort();
    expect(await rejection(advancing)).toMatchObject({ code: "cancelled" });
    control.respond(3, "slotNotification", 100);
    expect((await take(session, 1)).map(brief)).toEqual(["slot 100"]);
    expect(await rejection(session.advanceToDiscovery({ signal: AbortSignal.abort() }))).toMatchObject({ code: "cancelled" });
  });
});

describe("continueUntilReady", () => {
  test("continueUntilReady continues to the next stop, and returns the slots and statuses before that stop", async () => {
    const { session, control } = await setUp();
    await take(session, 1);
    const stepping = session.continueUntilReady({ advanceCount: 2 });
    expect(await control.expect("continue")).toMatchObject({ advanceCount: 2 });
    control.respond(3, "status", { status: "executingBlockTransactions" });
    control.respond(4, "slotNotification", 100);
    control.respond(5, "slotNotification", 102);
    control.respond(6, "readyForContinue");
    expect(await stepping).toEqual({
      outcome: "ready",
      slots: [100n, 102n],
      statuses: ["executingBlockTransactions"],
      transactions: [],
    });
  });

  test("continueUntilReady ignores a readyForContinue that arrived before the call", async () => {
    const { session, control } = await setUp();
    const stepping = session.continueUntilReady();
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    control.respond(4, "readyForContinue");
    expect(await stepping).toEqual({ outcome: "ready", slots: [100n], statuses: [], transactions: [] });
  });

  test("continueUntilReady ignores the readyForContinue at the start of a session", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession(CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", CREATED);
    const session = await starting;
    const stepping = session.continueUntilReady();
    await control.expect("continue");
    control.respond(2, "readyForContinue");
    control.respond(3, "slotNotification", 100);
    control.respond(4, "readyForContinue");
    expect(await stepping).toEqual({ outcome: "ready", slots: [100n], statuses: [], transactions: [] });
  });

  test.each([
    ["paused", { slot: 101, batchIndex: 1 }],
    ["completed", {}],
  ] as const)(
    "when a `%s` event arrives, continueUntilReady returns the type of the event as the outcome",
    async (outcome, params) => {
      const { session, control } = await setUp();
      await take(session, 1);
      const stepping = session.continueUntilReady();
      await control.expect("continue");
      control.respond(3, outcome, params);
      expect(await stepping).toEqual({ outcome, slots: [], statuses: [], transactions: [] });
    },
  );

  test("continueUntilReady rejects if the server refuses the request, if another step is running, or if its parameters are invalid", async () => {
    const { session, control } = await setUp();
    await take(session, 1);
    const stepping = session.continueUntilReady({ transactions: ["AQ=="] });
    await control.expect("continue");
    expect(await rejection(session.continueUntilReady())).toMatchObject({ code: "continueInFlight" });
    control.respond(3, "error", { invalidTransactionEncoding: { index: 0, error: "not base64" } });
    expect(await rejection(stepping)).toMatchObject({ code: "remote", remote: { kind: "invalidTransactionEncoding" } });
    expect(await rejection(session.continueUntilReady({ advanceCount: -1 }))).toMatchObject({ code: "invalidParams" });
  });

  test("continueUntilReady returns its result even if the connection is lost and resumed during the step", async () => {
    const { server, session, control } = await setUp();
    await take(session, 1);
    const stepping = session.continueUntilReady({ advanceCount: 2 });
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    await settle();
    control.destroy();
    await reattach(server, (again) => {
      again.respond(4, "slotNotification", 101);
      again.respond(5, "readyForContinue");
    });
    expect(await stepping).toMatchObject({ outcome: "ready", slots: [100n, 101n] });
  });

  test("a call of continueUntilReady() on a sub-session does not affect the other sub-sessions", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server));
    const [first, second] = run.subSessions;
    await first!.nextEvent();
    const stepping = first!.continueUntilReady();
    expect(await control.expect("continueSessionV1")).toMatchObject({ sessionId: idOf(0) });
    sendSessionEvent(control, 1, 2, "slotNotification", 110);
    sendSessionEvent(control, 0, 2, "slotNotification", 100);
    sendSessionEvent(control, 0, 3, "readyForContinue");
    expect(await stepping).toMatchObject({ slots: [100n] });
    expect(second!.diagnostics.queueLength).toBe(2);
  });
});

describe("waitForStatus", () => {
  test("waitForStatus resolves with the first matching status, and consumes no event", async () => {
    const { session, control } = await setUp();
    const taking = take(session, 4);
    const waiting = session.waitForStatus("decodedTransactions");
    control.respond(3, "status", { status: "startingRuntime" });
    control.respond(4, "status", { status: "decodedTransactions" });
    control.respond(5, "status", { status: "appliedAccountModifications" });
    await waiting;
    expect((await taking).map(brief)).toEqual([
      "readyForContinue",
      "status startingRuntime",
      "status decodedTransactions",
      "status appliedAccountModifications",
    ]);
  });

  test("waitForStatus resolves even if the consumer does not read the status", async () => {
    const { session, control } = await setUp();
    await take(session, 1);
    const waiting = session.waitForStatus("decodedTransactions");
    control.respond(3, "status", { status: "decodedTransactions" });
    await waiting;
    expect(session.diagnostics.queueLength).toBe(1);
  });

  test("waitForStatus rejects if the session completes without the status, if the session fails, or if the signal is aborted", async () => {
    const { session, control } = await setUp();
    const waiting = session.waitForStatus("programAccountsLoaded");
    control.respond(3, "completed", {});
    expect(await rejection(waiting)).toMatchObject({
      code: "controlClosed",
      message: expect.stringContaining("programAccountsLoaded"),
    });
    const { session: failing, control: other } = await setUp();
    const failed = failing.waitForStatus("programAccountsLoaded");
    other.respond(3, "error", "noMoreBlocks");
    expect(await rejection(failed)).toMatchObject({ code: "remote" });
    const { session: idle } = await setUp();
    const stop = new AbortController();
    const cancelled = idle.waitForStatus("programAccountsLoaded", { signal: stop.signal });
    stop.abort();
    expect(await rejection(cancelled)).toMatchObject({ code: "cancelled" });
  });
});

describe("listeners", () => {
  test("listeners receive every event that arrives during and after a step", async () => {
    const { server, session, control } = await setUp();
    const heard: string[] = [];
    const hear = (event: ManagedEvent): void => void heard.push(brief(event));
    session.on("readyForContinue", hear);
    session.on("slot", hear);
    session.on("accountDiff", hear);
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await until(() => heard.length === 1, "the flow");
    const stepping = session.continueUntilReady();
    await control.expect("continue");
    diffs.notify("accountDiffNotification", 7, diff(100, "a"));
    control.respond(3, "slotNotification", 100);
    control.respond(4, "readyForContinue");
    await stepping;
    control.respond(5, "slotNotification", 101);
    diffs.notify("accountDiffNotification", 7, diff(101, "b"));
    await until(() => heard.length === 6, "what came afterwards");
    expect(heard.filter((line) => !line.startsWith("diff"))).toEqual([
      "readyForContinue",
      "slot 100",
      "readyForContinue",
      "slot 101",
    ]);
    expect(heard.filter((line) => line.startsWith("diff"))).toEqual(["diff a", "diff b"]);
  });

  test("listeners that are added after waitForStatus() receive the later events", async () => {
    const { session, control } = await setUp();
    const waiting = session.waitForStatus("decodedTransactions");
    control.respond(3, "status", { status: "decodedTransactions" });
    await waiting;
    // `waitForStatus` has started the delivery. The session drops events that have no listener, so its queue is empty.
    expect(session.diagnostics.queueLength).toBe(0);
    const heard: string[] = [];
    session.on("slot", (event) => heard.push(brief(event)));
    control.respond(4, "slotNotification", 100);
    await until(() => heard.length === 1, "the slot");
    expect(heard).toEqual(["slot 100"]);
  });

  test("waitForStatus receives a status even if listeners were added before the call", async () => {
    const { session, control } = await setUp();
    session.on("status", () => {});
    await until(() => session.diagnostics.queueLength === 0, "the flow");
    const waiting = session.waitForStatus("decodedTransactions");
    control.respond(3, "status", { status: "decodedTransactions" });
    await waiting;
  });

  test("an iterator that was started before a step receives the events of the step", async () => {
    const { session, control } = await setUp();
    const iterator = session[Symbol.asyncIterator]();
    await iterator.next();
    const stepping = session.continueUntilReady();
    await control.expect("continue");
    control.respond(3, "readyForContinue");
    control.respond(4, "slotNotification", 101);
    await stepping;
    expect((await iterator.next()).value).toEqual({ type: "readyForContinue" });
    expect((await iterator.next()).value).toEqual({ type: "slot", slot: 101n });
  });
});

describe("coverage and progress", () => {
  test("coverage and progress include all received slots, whether they have been delivered or not", async () => {
    const { session, control } = await setUp();
    expect(session.coverage()).toEqual({ completed: false });
    expect(session.progress).toEqual({ done: 0n, total: 4n });
    control.respond(3, "slotNotification", 101);
    await until(() => session.progress.done === 2n, "the slot");
    expect(session.coverage()).toEqual({ completed: false, highestSlot: 101n });
    control.respond(4, "slotNotification", 99);
    control.respond(5, "slotNotification", 104);
    await until(() => session.progress.done === 4n, "a slot beyond");
    expect(session.coverage()).toEqual({ completed: false, highestSlot: 104n, beyondRange: 104n });
    control.respond(6, "completed", {});
    await until(() => session.coverage().completed, "the end");
    expect(session.coverage()).toEqual({ completed: true, highestSlot: 104n, beyondRange: 104n });
  });

  test("coverage and progress are complete after `completed`, even if the last slots of the range were skipped", async () => {
    const { session, control } = await setUp();
    control.respond(3, "slotNotification", 100);
    control.respond(4, "completed", {});
    await until(() => session.coverage().completed, "the end");
    expect(session.progress).toEqual({ done: 4n, total: 4n });
    expect(session.coverage()).toEqual({ completed: true, highestSlot: 100n });
  });

  test("coverage and progress do not count slots below the range", async () => {
    const { session, control } = await setUp();
    control.respond(3, "slotNotification", 90);
    await until(() => session.coverage().highestSlot === 90n, "the slot");
    expect(session.progress).toEqual({ done: 0n, total: 4n });
  });
});
