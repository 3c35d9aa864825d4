import { expect } from "vitest";
import { BacktestClient, type BacktestClientOptions } from "../../src/index.js";
import type { Fault, Faults, FaultTarget } from "../../src/local/link/faults.js";
import type { SimulatorRecord } from "../../src/local/session/simulator-record.js";
import { type Balance, expectBalanced, Ledger } from "./chaos-ledger.js";
import { seededRandom } from "./seeded-random.js";

/** A simulator, in this process or in this page. */
export interface FaultySimulator {
  url: string;
  programs: readonly string[];
  faults: Faults;
  record: SimulatorRecord;
}

export interface FaultRunOptions {
  seed: number;
  slots: number;
  faults: number;
  client?: Partial<BacktestClientOptions>;
}

/** What a run brought, beside what the simulator says it should have. */
export interface FaultRun extends Balance {
  /** How often each kind of fault took effect. */
  struck: Record<string, number>;
  reconnects: Record<string, number>;
  end: string;
}

const FAULTS: readonly Fault[] = [
  { type: "drop" },
  { type: "drop" },
  { type: "close", code: 1012 },
  { type: "close", code: 1000 },
  { type: "close", code: 4321, reason: "because" },
  { type: "halfOpen" },
  { type: "cutFrame" },
  { type: "cutFrame" },
  { type: "busyOwner", times: 2 },
  { type: "refuseUpgrade", status: 503, times: 1 },
  { type: "delay", ms: 3 },
  { type: "delay", ms: 0 },
];

const TARGETS: readonly FaultTarget[] = [{ channel: "control" }, { channel: "subscription" }, {}];

/** Spreads faults over a session's slots: which one, whom it strikes and when is the seed's. */
function scheduleFaults(
  faults: Faults,
  random: () => number,
  startSlot: bigint,
  { slots, faults: wanted }: FaultRunOptions,
): void {
  const draw = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let i = 0; i < wanted; i++) {
    const fault = draw(FAULTS);
    const target = fault.type === "busyOwner" ? { channel: "control" as const } : draw(TARGETS);
    const atSlot = startSlot + BigInt(Math.floor(((i + random()) / wanted) * slots));
    faults.schedule({ atSlot }, { ...fault, target });
    // What is refused next time needs a next time.
    if (fault.type === "busyOwner" || fault.type === "refuseUpgrade") faults.schedule({ atSlot }, { type: "drop", target });
  }
}

/**
 * Runs a session through random faults, and puts what was delivered beside what the simulator recorded. The reconnect
 * policy is the default's, a hundred times faster.
 */
export async function runThroughFaults(
  simulator: FaultySimulator,
  startSlot: bigint,
  options: FaultRunOptions,
): Promise<FaultRun> {
  const random = seededRandom(options.seed);
  const client = new BacktestClient({
    url: simulator.url,
    reconnect: { initialBackoffMs: 10, maxBackoffMs: 300, uptimeResetMs: 300, maxAttempts: 200 },
    liveness: { pingIntervalMs: 150, deadlineMs: 450 },
    timeouts: { connectMs: 1_000, handshakeMs: 1_000, closeMs: 500, progressMs: 300 },
    ...options.client,
  });
  scheduleFaults(simulator.faults, random, startSlot, options);
  const session = await client.startSession({ startSlot, slotCount: options.slots - 1, sendSummary: true });
  const programs = simulator.programs.slice(0, 2);
  session.subscribeTransactions(programs);
  session.subscribeAccountDiffs(programs);
  const ledger = new Ledger();
  for await (const event of session.run({ step: 100 })) ledger.enter(event);
  const end = await session.closed;
  return {
    ...ledger.besides(simulator.record.session(session.info.sessionId), programs),
    struck: { ...simulator.faults.counts },
    reconnects: session.diagnostics.reconnects,
    end: end.reason,
  };
}

/** Holds a run against the simulator's own record: each event once, none missing, the order of each channel kept. */
export function expectExactlyOnce(run: FaultRun): void {
  expect(run.end).toBe("completed");
  expectBalanced(run, 1_000);
}
