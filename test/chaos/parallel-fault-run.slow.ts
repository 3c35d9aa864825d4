import { expect, test } from "vitest";
import { BacktestClient, type ParallelSubSession } from "../../src/index.js";
import { startLocalSimulator } from "../../src/local/index.js";
import type { Fault, Faults, FaultTarget } from "../../src/local/link/faults.js";
import { drawFrom, seededRandom } from "./chaos-random.js";
import { DeliveryLog, expectSameEvents } from "./delivery-log.js";
import { FAULTS, scheduleFault } from "./fault-run.js";

const START = 300_000_000n;
const SUB_SESSIONS = 16;
const FAULT_COUNT = 500;
/** Number of slots. Each slot has at least 10 notifications. */
const SLOTS = 10_016;

/** A new seed each day, so that the runs differ. FAULT_SEED repeats a run. */
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Date.now() / 86_400_000));

/** `FAULTS`, and additional faults that damage compressed frames or slow down connections. */
const KINDS: readonly Fault[] = [
  ...FAULTS,
  { type: "corruptFrame" },
  { type: "corruptFrame" },
  { type: "slow", bytesPerSecond: 1_000_000 },
  { type: "slow", bytesPerSecond: 0 },
];

/** Schedules faults at slots of the sub-sessions. The seed determines the kind, the target and the slot of each fault. */
function scheduleFaults(faults: Faults, random: () => number, subSessions: readonly ParallelSubSession[]): void {
  const draw = <T>(list: readonly T[]): T => drawFrom(list, random);
  const control = { channel: "control" } as const;
  for (let i = 0; i < FAULT_COUNT; i++) {
    const { info, range } = subSessions[i % subSessions.length] as ParallelSubSession;
    const own = { channel: "subscription", sessionId: info.sessionId } as const;
    const fault = draw(KINDS);
    // About half of the faults hit the subscriptions of one sub-session, and a quarter hit the control connection, which all
    // sub-sessions share.
    const target = targetFor(
      fault,
      draw<FaultTarget>([own, own, own, own, control, control, { channel: "subscription" }, {}]),
      own,
    );
    // The last 20 slots get no fault. A fault there could damage `subscriptionComplete`, and the server does not replay this message.
    const slots = Number(range.endSlot - range.startSlot) - 20;
    const atSlot = range.startSlot + BigInt(Math.floor(random() * slots));
    scheduleFault(faults, atSlot, { ...fault, target });
  }
}

/**
 * Returns the target of a fault. `corruptFrame` targets only subscriptions (`own`), because the events in a damaged
 * control frame are lost.
 */
function targetFor(fault: Fault, drawn: FaultTarget, own: FaultTarget): FaultTarget {
  if (fault.type === "busyOwner") return { channel: "control" };
  return fault.type === "corruptFrame" ? own : drawn;
}

test("a session delivers 100,000 compressed notifications of 16 sub-sessions exactly once and in order through 500 random faults", async () => {
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
  // The waits of the reconnect policy are a hundredth of the defaults.
  const client = new BacktestClient({
    url: simulator.url,
    reconnect: { initialBackoffMs: 10, maxBackoffMs: 100, uptimeResetMs: 300, maxAttempts: 200, idleStreamMs: 20 },
    liveness: { pingIntervalMs: 300, deadlineMs: 900 },
    timeouts: { connectMs: 2_000, handshakeMs: 2_000, closeMs: 500, continueTimeoutMs: 500 },
  });
  const startedAt = performance.now();
  try {
    const run = await client.startParallelSession({ startSlot: START, slotCount: SLOTS, sendSummary: true });
    expect(run.subSessions).toHaveLength(SUB_SESSIONS);
    scheduleFaults(simulator.faults, seededRandom(seed), run.subSessions);
    const programs = simulator.programs.slice(0, 2);
    const logs = new Map(run.subSessions.map((subSession) => [subSession, new DeliveryLog()]));
    for (const subSession of run.subSessions) {
      subSession.subscribeTransactions([...programs]);
      subSession.subscribeAccountDiffs([...programs]);
    }
    for await (const { subSession, event } of run.run({ step: 100 })) logs.get(subSession)?.add(event);
    expect(await run.closed).toEqual({ reason: "completed" });

    const deliveries = [...logs].map(([{ info }, log]) => log.compareWith(simulator.record.session(info.sessionId), programs));
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
    const diagnostics = run.subSessions.map((subSession) => subSession.diagnostics);
    const notifications = sum(deliveries.map((delivery) => delivery.notifications));
    console.log(
      JSON.stringify({
        seconds: Math.round((performance.now() - startedAt) / 100) / 10,
        notifications,
        injected: simulator.faults.counts,
        controlReconnects: Math.max(...diagnostics.map(({ reconnects }) => reconnects.control ?? 0)),
        subscriptionReconnects: sum(
          diagnostics.map(({ reconnects }) => (reconnects.transaction ?? 0) + (reconnects.accountDiff ?? 0)),
        ),
        duplicatesDropped: sum(diagnostics.map(({ duplicatesDropped }) => duplicatesDropped)),
        bytes: sum(diagnostics.map(({ bytes }) => bytes)),
        decodedBytes: sum(diagnostics.map(({ decodedBytes }) => decodedBytes)),
      }),
    );
    for (const delivery of deliveries) expectSameEvents(delivery, 400);
    expect(notifications).toBeGreaterThanOrEqual(100_000);
    expect(sum(diagnostics.map(({ decodedBytes }) => decodedBytes))).toBeGreaterThan(50_000_000);
    expect(sum(Object.values(simulator.faults.counts))).toBeGreaterThanOrEqual(FAULT_COUNT);
  } finally {
    await client.close();
    await simulator.close();
  }
}, 240_000);
