import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { Phase, SavedRun, Settings, Snapshot } from "../../../demo/dashboard/contract.js";
import { DashboardRun } from "../../../demo/dashboard/worker/dashboard-run.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";

const START = 300_000_000n;
const inPage: Settings = {
  source: { kind: "inPage", seed: "1", transactionsPerSlot: 4, slotDelayMs: 0, skipRate: 0.1 },
  startSlot: START,
  slotCount: 120n,
  programs: [],
  streams: { transactions: true, accountDiffs: true },
  discoverPrograms: [],
  step: 10,
  parallel: false,
  rows: 10_000,
};

let simulator: LocalSimulator | undefined;
const open: DashboardRun[] = [];

// Node.js 20 has no global WebSocket.
beforeEach(() => vi.stubGlobal("WebSocket", WebSocket));

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(open.splice(0).map((run) => run.stop()));
  await simulator?.close();
  simulator = undefined;
});

/** Creates a run, and returns functions that wait for its states. */
function watch(settings: Settings) {
  const waiting = new Set<{ condition: (snapshot: Snapshot) => boolean; resolve: (snapshot: Snapshot) => void }>();
  const refusals: string[] = [];
  const look = () => {
    if (waiting.size === 0) return;
    const snapshot = run.read();
    for (const waiter of waiting) {
      if (!waiter.condition(snapshot)) continue;
      waiting.delete(waiter);
      waiter.resolve(snapshot);
    }
  };
  const run = new DashboardRun(1, settings, undefined, {
    handleChange: look,
    handleRefusal: (_, error) => refusals.push(String(error)),
  });
  open.push(run);
  // The snapshots contain no table rows, because the tests do not read them.
  for (const table of [run.recorder.transactions, run.recorder.accountDiffs, run.recorder.logs])
    table.setWindow({ first: 0, count: 0, asOf: undefined });
  const until = (condition: (snapshot: Snapshot) => boolean) =>
    new Promise<Snapshot>((resolve) => {
      waiting.add({ condition, resolve });
      look();
    });
  return { run, until, untilPhase: (phase: Phase) => until((snapshot) => snapshot.phase === phase), refusals };
}

const onServer = async (options: Parameters<typeof startLocalSimulator>[0] = {}): Promise<Settings> => {
  simulator = await startLocalSimulator({ startSlot: START, slots: 130, engine: "synthetic", ...options });
  return {
    ...inPage,
    source: { kind: "url", url: simulator.url, apiKey: "", auth: "subprotocol" },
    programs: simulator.programs.slice(0, 1),
  };
};

describe("a run on the simulator in the page", () => {
  test("a run on the simulator in the page plays to its end, and reports the result", async () => {
    const { run, untilPhase } = watch(inPage);
    const ended = run.start();
    expect(run.read()).toMatchObject({ phase: "starting", progress: { done: 0n, total: 120n } });
    const { session, result, progress, counters, tables, channels } = await untilPhase("completed");
    await ended;
    expect(session).toMatchObject({ startSlot: START, endSlot: START + 119n, isResumed: false });
    expect(progress).toMatchObject({ done: 120n, total: 120n });
    expect(result).toMatchObject({
      outcome: "completed",
      gaps: 0,
      reconnects: 0,
      sourceLabel: expect.stringMatching(/^this page, ledger 1, /),
    });
    const { slots = 0, skipped = 0 } = result ?? {};
    expect(skipped).toBeGreaterThan(0);
    expect(slots + skipped).toBe(120);
    expect(progress.skipped).toBe(skipped);
    expect(counters.transactions).toBe(tables.transactions.total);
    expect(counters.accountDiffs).toBe(tables.accountDiffs.total);
    expect(counters.transactions).toBeGreaterThan(100);
    // Each block has four transactions. Each transaction is counted once, although most of them mention several programs.
    expect(counters.transactions).toBe(slots * 4);
    expect(result?.server?.correctSimulation).toBe(slots * 4);
    expect(channels.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "control closed",
      "transaction closed",
      "accountDiff closed",
    ]);
    expect(run.isOpen).toBe(false);
  });

  test("a run on the simulator in the page can pause, step, continue to a slot, and play to its end", async () => {
    const { run, until, untilPhase } = watch({
      ...inPage,
      source: { ...inPage.source, slotDelayMs: 1, skipRate: 0 } as Settings["source"],
    });
    void run.start();
    await until(({ progress }) => progress.done > 5n);
    run.pause();
    const { progress } = await untilPhase("stopped");
    await run.step(7);
    const stepped = await untilPhase("stopped");
    expect(stepped.progress.slot).toBe((progress.slot ?? 0n) + 7n);
    await run.continueTo(START + 100n);
    expect((await untilPhase("stopped")).progress.slot).toBe(START + 100n);
    expect(run.read().phase).toBe("stopped");
    run.play();
    expect((await untilPhase("completed")).progress.done).toBe(120n);
  });

  test("nextDiscovery() stops the run right before the next matching batch (`discoveryBatch`)", async () => {
    const settings: Settings = { ...inPage, source: { ...inPage.source, skipRate: 0 } as Settings["source"] };
    const first = watch(settings);
    void first.run.start();
    const { result } = await first.untilPhase("completed");
    const { run, until, untilPhase } = watch({ ...settings, step: 1, discoverPrograms: result?.programs ?? [] });
    void run.start();
    run.pause();
    await untilPhase("stopped");
    run.nextDiscovery();
    const { discoveries, progress } = await until(({ phase, discoveries }) => phase === "stopped" && discoveries.length > 0);
    expect(discoveries[0]?.transactions).toBeGreaterThan(0);
    expect(discoveries.some(({ slot }) => slot === (progress.slot ?? START - 1n) + 1n || slot === progress.slot)).toBe(true);
  });

  test("a run on the simulator in the page keeps the received data after stop()", async () => {
    const { run, until, untilPhase } = watch({ ...inPage, source: { ...inPage.source, slotDelayMs: 1 } as Settings["source"] });
    void run.start();
    await until(({ counters }) => counters.transactions > 10);
    await run.stop();
    const { result, tables } = await untilPhase("ended");
    expect(result?.outcome).toBe("ended");
    expect(tables.transactions.total).toBeGreaterThan(10);
  });

  test("a run on the simulator in the page can be stopped while it starts", async () => {
    const { run, untilPhase } = watch(inPage);
    const ended = run.start();
    await run.stop();
    await ended;
    expect((await untilPhase("ended")).session).toBeUndefined();
  });

  test("a run on the simulator in the page runs sub-ranges in parallel", async () => {
    const { run, untilPhase } = watch({ ...inPage, parallel: true });
    void run.start();
    const { subRanges, result, channels } = await untilPhase("completed");
    expect(subRanges).toHaveLength(4);
    expect(subRanges.map(({ state }) => state)).toEqual(["completed", "completed", "completed", "completed"]);
    expect([subRanges[0]?.startSlot, subRanges[3]?.endSlot]).toEqual([START, START + 119n]);
    expect(subRanges.reduce((sum, { notifications }) => sum + notifications, 0)).toBe(
      (result?.transactions ?? 0) + (result?.accountDiffs ?? 0),
    );
    expect(result?.server?.correctSimulation).toBe(result?.transactions);
    expect(channels.map(({ name }) => name)).toContain("accountDiff 4");
    expect(channels.filter(({ name }) => name.startsWith("control"))).toHaveLength(1);
  });

  test("a run on the simulator in the page recovers from an injected fault without losing events, and logs the fault", async () => {
    const whole = watch(inPage);
    void whole.run.start();
    const { result: expected } = await whole.untilPhase("completed");
    const { run, until, untilPhase } = watch({ ...inPage, source: { ...inPage.source, slotDelayMs: 1 } as Settings["source"] });
    void run.start();
    await until(({ progress }) => progress.done > 30n);
    expect(run.read().faults).toBe("all");
    run.injectFault({ type: "close", code: 1012 });
    const { result, connectionLog } = await untilPhase("completed");
    const { durationMs: _, endedAt: __, reconnects, duplicatesDropped: ___, ...rest } = result ?? ({} as never);
    expect(expected).toMatchObject(rest);
    expect(reconnects).toBeGreaterThan(0);
    expect(connectionLog.map(({ text }) => text).join("\n")).toMatch(/1012.*no events lost/s);
  });
});

describe("a run on a server", () => {
  test("a run on a server fails with the error of the client if the server refuses the API key", async () => {
    const settings = await onServer({ apiKey: "another-key" });
    const { run, untilPhase } = watch({
      ...settings,
      source: { ...settings.source, apiKey: "very-secret-key" } as Settings["source"],
    });
    const ended = run.start();
    const { error, result } = await untilPhase("failed");
    expect(error).toMatchObject({ code: "unauthorized", message: expect.not.stringContaining("very-secret") });
    expect(result).toBeUndefined();
    await ended;
  });

  test.each([
    ["in the key field", (url: string) => ({ url, apiKey: "very-secret-key" })],
    ["in the URL", (url: string) => ({ url: `${url}?api_key=very-secret-key`, apiKey: "" })],
  ])("the snapshots of a run on a server never contain an API key that the user enters %s", async (_, written) => {
    const settings = await onServer({ apiKey: "very-secret-key" });
    const { run, until, untilPhase } = watch({
      ...settings,
      source: { ...settings.source, ...written(simulator!.url) } as Settings["source"],
    });
    void run.start();
    await until(({ phase }) => phase === "playing");
    const shown = (value: unknown) => JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}` : member));
    expect(shown(run.read()) + shown(run.save())).not.toContain("secret");
    await untilPhase("completed");
  });

  test("a run on a server resumes after a reload, and its totals are complete", async () => {
    const settings = await onServer({ slotDelayMs: 2 });
    const before = watch(settings);
    void before.run.start();
    await before.until(({ progress }) => progress.done > 40n);
    const saved = structuredClone(before.run.save()) as SavedRun;
    expect(saved.wasPlaying).toBe(true);
    // Imitates a reload of the page: the sockets are closed without a close handshake.
    simulator?.faults.drop();
    before.run.pause();
    const after = watch(saved.settings);
    void after.run.resume(saved);
    const { session, counters } = await after.untilPhase("completed");
    expect(session?.isResumed).toBe(true);
    const record = simulator!.record.session(session!.id)!;
    const [program = ""] = settings.programs;
    expect(counters.transactions).toBe(new Set(record.notifications("transaction", program).map(({ key }) => key)).size);
    expect(counters.accountDiffs).toBe(new Set(record.notifications("accountDiff", program).map(({ key }) => key)).size);
    expect(after.run.save()).toBeUndefined();
  });
});
