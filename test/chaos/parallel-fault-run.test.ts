import { expect, test } from "vitest";
import { BacktestClient, type ParallelSubSession } from "../../src/index.js";
import { startLocalSimulator } from "../../src/local/index.js";
import type { Fault, Faults, FaultTarget } from "../../src/local/link/faults.js";
import { expectBalanced, Ledger } from "./chaos-ledger.js";
import { seededRandom } from "./seeded-random.js";

const START = 300_000_000n;
const SUB_SESSIONS = 16;
const FAULTS = 500;
/** 10 and more notifications each. */
const SLOTS = 10_016;

/** Another seed a day keeps the runs from being always the same; FAULT_SEED has one again. */
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Date.now() / 86_400_000));

/** Faults of open connections, and what stands in the way of those that come back. */
const KINDS: readonly Fault[] = [
  { type: "drop" },
  { type: "drop" },
  { type: "close", code: 1012 },
  { type: "close", code: 1000 },
  { type: "close", code: 4321, reason: "because" },
  { type: "halfOpen" },
  { type: "cutFrame" },
  { type: "cutFrame" },
  { type: "corruptFrame" },
  { type: "corruptFrame" },
  { type: "busyOwner", times: 1 },
  { type: "refuseUpgrade", status: 503, times: 1 },
  { type: "delay", ms: 3 },
  { type: "delay", ms: 0 },
  { type: "slow", bytesPerSecond: 1_000_000 },
  { type: "slow", bytesPerSecond: 0 },
];

/** Spreads the faults over the sub-sessions' slots: which one, whom it strikes and when is the seed's. */
function scheduleFaults(faults: Faults, random: () => number, subSessions: readonly ParallelSubSession[]): void {
  const draw = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const control = { channel: "control" } as const;
  for (let i = 0; i < FAULTS; i++) {
    const { info, range } = subSessions[i % subSessions.length] as ParallelSubSession;
    const own = { channel: "subscription", sessionId: info.sessionId } as const;
    const fault = draw(KINDS);
    // Mostly one's own subscriptions; the control connection and the whole link are everybody's.
    const target = aimOf(fault, draw<FaultTarget>([own, own, own, own, control, control, { channel: "subscription" }, {}]), own);
    // Not at the very end: a text that is damaged there would be a subscription's end, which nobody tells again.
    const slots = Number(range.endSlot - range.startSlot) - 20;
    const atSlot = range.startSlot + BigInt(Math.floor(random() * slots));
    faults.schedule({ atSlot }, { ...fault, target });
    // What is refused next time needs a next time.
    if (fault.type === "busyOwner" || fault.type === "refuseUpgrade") faults.schedule({ atSlot }, { type: "drop", target });
  }
}

/** A damaged text frame is reported and skipped, as it should: only where all is compressed does nothing get lost. */
function aimOf(fault: Fault, drawn: FaultTarget, own: FaultTarget): FaultTarget {
  if (fault.type === "busyOwner") return { channel: "control" };
  return fault.type === "corruptFrame" ? own : drawn;
}

test("16 sub-sessions, compressed, 100,000 notifications through 500 random faults: each once, none missing, in order", async () => {
  console.log(`parallel fault run, seed ${seed}`);
  const simulator = await startLocalSimulator({
    seed,
    startSlot: START,
    slots: SLOTS,
    transactionsPerSlot: 4,
    slotDelayMs: 10,
    parallelSessions: SUB_SESSIONS,
    replayBeforeAttached: "alternately",
    replayOverlap: 3,
  });
  // The reconnect policy is the default's, a hundred times faster.
  const client = new BacktestClient({
    url: simulator.url,
    reconnect: { initialBackoffMs: 10, maxBackoffMs: 100, uptimeResetMs: 300, maxAttempts: 200, idleStreamMs: 20 },
    liveness: { pingIntervalMs: 300, deadlineMs: 900 },
    timeouts: { connectMs: 2_000, handshakeMs: 2_000, closeMs: 500, progressMs: 500 },
  });
  const startedAt = performance.now();
  try {
    const run = await client.startParallelSession({ startSlot: START, slotCount: SLOTS - 1, sendSummary: true });
    expect(run.subSessions).toHaveLength(SUB_SESSIONS);
    scheduleFaults(simulator.faults, seededRandom(seed), run.subSessions);
    const programs = simulator.programs.slice(0, 2);
    const ledgers = new Map(run.subSessions.map((subSession) => [subSession, new Ledger()]));
    for (const subSession of run.subSessions) {
      subSession.subscribeTransactions([...programs]);
      subSession.subscribeAccountDiffs([...programs]);
    }
    for await (const { subSession, event } of run.run({ step: 100 })) ledgers.get(subSession)?.enter(event);
    expect(await run.closed).toEqual({ reason: "completed" });

    const balances = [...ledgers].map(([{ info }, ledger]) => ledger.besides(simulator.record.session(info.sessionId), programs));
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
    const diagnostics = run.subSessions.map((subSession) => subSession.diagnostics);
    const notifications = sum(balances.map((balance) => balance.notifications));
    console.log(
      JSON.stringify({
        seconds: Math.round((performance.now() - startedAt) / 100) / 10,
        notifications,
        struck: simulator.faults.counts,
        controlReconnects: Math.max(...diagnostics.map(({ reconnects }) => reconnects.control ?? 0)),
        subscriptionReconnects: sum(
          diagnostics.map(({ reconnects }) => (reconnects.transaction ?? 0) + (reconnects.accountDiff ?? 0)),
        ),
        duplicatesDropped: sum(diagnostics.map(({ duplicatesDropped }) => duplicatesDropped)),
        bytes: sum(diagnostics.map(({ bytes }) => bytes)),
        decodedBytes: sum(diagnostics.map(({ decodedBytes }) => decodedBytes)),
      }),
    );
    for (const balance of balances) expectBalanced(balance, 400);
    expect(notifications).toBeGreaterThanOrEqual(100_000);
    expect(sum(diagnostics.map(({ decodedBytes }) => decodedBytes))).toBeGreaterThan(50_000_000);
    expect(sum(Object.values(simulator.faults.counts))).toBeGreaterThanOrEqual(FAULTS);
  } finally {
    await client.close();
    await simulator.close();
  }
}, 120_000);
