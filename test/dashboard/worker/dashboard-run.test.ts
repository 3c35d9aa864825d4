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

// A worker of a page has one; Node.js 20 doesn't.
beforeEach(() => vi.stubGlobal("WebSocket", WebSocket));

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(open.splice(0).map((run) => run.stop()));
  await simulator?.close();
  simulator = undefined;
});

/** A run, and a promise of each thing that it comes to. */
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
  // Each event is looked at, and no row.
  for (const table of [run.recorder.transactions, run.recorder.accountDiffs, run.recorder.logs])
    table.look({ first: 0, count: 0, asOf: undefined });
  const until = (condition: (snapshot: Snapshot) => boolean) =>
    new Promise<Snapshot>((resolve) => {
      waiting.add({ condition, resolve });
      look();
    });
  return { run, until, untilPhase: (phase: Phase) => until((snapshot) => snapshot.phase === phase), refusals };
}

const onServer = async (options: Parameters<typeof startLocalSimulator>[0] = {}): Promise<Settings> => {
  simulator = await startLocalSimulator({ startSlot: START, slots: 120, engine: "synthetic", ...options });
  return {
    ...inPage,
    source: { kind: "url", url: simulator.url, apiKey: "", auth: "subprotocol" },
    programs: simulator.programs.slice(0, 1),
  };
};

describe("a run on the simulator in the page", () => {
  test("plays from its start to its end, and tells what came of it", async () => {
    const { run, untilPhase } = watch(inPage);
    const ended = run.start();
    expect(run.read()).toMatchObject({ phase: "starting", progress: { done: 0n, total: 121n } });
    const { session, result, progress, counters, tables, channels } = await untilPhase("completed");
    await ended;
    expect(session).toMatchObject({ startSlot: START, endSlot: START + 120n, isResumed: false });
    expect(progress).toMatchObject({ done: 121n, total: 121n });
    expect(result).toMatchObject({ outcome: "completed", gaps: 0, reconnects: 0, sourceLabel: "this page, ledger 1" });
    // The last slots may have been skipped: nothing tells of those.
    const { slots = 0, skipped = 0 } = result ?? {};
    expect(skipped).toBeGreaterThan(0);
    expect(slots + skipped).toBeGreaterThan(110);
    expect(counters.transactions).toBe(tables.transactions.total);
    expect(counters.accountDiffs).toBe(tables.accountDiffs.total);
    expect(counters.transactions).toBeGreaterThan(100);
    // Four in each block, each once, though most mention more than one of the programs.
    expect(counters.transactions).toBe(slots * 4);
    expect(result?.server?.correctSimulation).toBe(slots * 4);
    expect(channels.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "control closed",
      "transaction closed",
      "accountDiff closed",
    ]);
    expect(run.isOpen).toBe(false);
  });

  test("pauses where it is, steps as far as it is told, goes to a slot, and plays on", async () => {
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
    expect((await untilPhase("completed")).progress.done).toBe(121n);
  });

  test("goes to the next discovery, and stops just before it", async () => {
    const first = watch(inPage);
    void first.run.start();
    const { result } = await first.untilPhase("completed");
    const { run, until, untilPhase } = watch({ ...inPage, step: 1, discoverPrograms: result?.programs ?? [] });
    void run.start();
    run.pause();
    await untilPhase("stopped");
    run.nextDiscovery();
    const { discoveries, progress } = await until(({ phase, discoveries }) => phase === "stopped" && discoveries.length > 0);
    expect(discoveries[0]?.transactions).toBeGreaterThan(0);
    expect(discoveries.some(({ slot }) => slot === (progress.slot ?? START - 1n) + 1n || slot === progress.slot)).toBe(true);
  });

  test("stops when it is told to, and keeps what it has", async () => {
    const { run, until, untilPhase } = watch({ ...inPage, source: { ...inPage.source, slotDelayMs: 1 } as Settings["source"] });
    void run.start();
    await until(({ counters }) => counters.transactions > 10);
    await run.stop();
    const { result, tables } = await untilPhase("ended");
    expect(result?.outcome).toBe("ended");
    expect(tables.transactions.total).toBeGreaterThan(10);
  });

  test("is stopped while it starts", async () => {
    const { run, untilPhase } = watch(inPage);
    const ended = run.start();
    await run.stop();
    await ended;
    expect((await untilPhase("ended")).session).toBeUndefined();
  });

  test("runs as sessions side by side, each a lane", async () => {
    const { run, untilPhase } = watch({ ...inPage, parallel: true });
    void run.start();
    const { lanes, result, channels } = await untilPhase("completed");
    expect(lanes).toHaveLength(4);
    expect(lanes.map(({ state }) => state)).toEqual(["completed", "completed", "completed", "completed"]);
    expect([lanes[0]?.startSlot, lanes[3]?.endSlot]).toEqual([START, START + 120n]);
    expect(lanes.reduce((sum, { notifications }) => sum + notifications, 0)).toBe(
      (result?.transactions ?? 0) + (result?.accountDiffs ?? 0),
    );
    expect(result?.server?.correctSimulation).toBe(result?.transactions);
    expect(channels.map(({ name }) => name)).toContain("accountDiff 4");
    expect(channels.filter(({ name }) => name.startsWith("control"))).toHaveLength(1);
  });

  test("loses nothing to a fault, and tells what happened", async () => {
    const whole = watch(inPage);
    void whole.run.start();
    const { result: expected } = await whole.untilPhase("completed");
    const { run, until, untilPhase } = watch({ ...inPage, source: { ...inPage.source, slotDelayMs: 1 } as Settings["source"] });
    void run.start();
    await until(({ progress }) => progress.done > 30n);
    expect(run.read().faults).toBe("all");
    run.strike({ type: "close", code: 1012 });
    const { result, connectionLog } = await untilPhase("completed");
    const { durationMs: _, endedAt: __, reconnects, duplicatesDropped: ___, ...rest } = result ?? ({} as never);
    expect(expected).toMatchObject(rest);
    expect(reconnects).toBeGreaterThan(0);
    expect(connectionLog.map(({ text }) => text).join("\n")).toMatch(/1012.*nothing was lost/s);
  });
});

describe("a run on a server", () => {
  test("fails in the client's words when it is refused", async () => {
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
    ["in its field", (url: string) => ({ url, apiKey: "very-secret-key" })],
    ["in the address", (url: string) => ({ url: `${url}?api_key=very-secret-key`, apiKey: "" })],
  ])("keeps its key to itself, written %s", async (_, written) => {
    const settings = await onServer({ apiKey: "very-secret-key" });
    const { run, until, untilPhase } = watch({
      ...settings,
      source: { ...settings.source, ...written(simulator!.url) } as Settings["source"],
    });
    void run.start();
    await until(({ phase }) => phase === "playing");
    const shown = (value: unknown) => JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}` : member));
    expect(shown(run.read()) + shown(run.keep())).not.toContain("secret");
    await untilPhase("completed");
  });

  test("goes on after a reload where it was, with all that was counted", async () => {
    const settings = await onServer({ slotDelayMs: 2 });
    const before = watch(settings);
    void before.run.start();
    await before.until(({ progress }) => progress.done > 40n);
    const kept = structuredClone(before.run.keep()) as SavedRun;
    expect(kept.wasPlaying).toBe(true);
    // The page is gone, and its sockets with it: nobody says goodbye.
    simulator?.faults.drop();
    before.run.pause();
    const after = watch(kept.settings);
    void after.run.resume(kept);
    const { session, counters } = await after.untilPhase("completed");
    expect(session?.isResumed).toBe(true);
    const record = simulator!.record.session(session!.id)!;
    const [program = ""] = settings.programs;
    expect(counters.transactions).toBe(new Set(record.notifications("transaction", program).map(({ key }) => key)).size);
    expect(counters.accountDiffs).toBe(new Set(record.notifications("accountDiff", program).map(({ key }) => key)).size);
    expect(after.run.keep()).toBeUndefined();
  });
});
