import { expect } from "vitest";
import { BacktestClient, type BacktestClientOptions } from "../../src/index.js";
import type { Fault, Faults, FaultTarget } from "../../src/local/link/faults.js";
import type { SimulatorRecord } from "../../src/local/session/simulator-record.js";
import { drawFrom, seededRandom } from "./chaos-random.js";
import { type Delivery, DeliveryLog, expectSameEvents } from "./delivery-log.js";

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

/** The result of a run through faults, with the record of the simulator. */
export interface FaultRun extends Delivery {
  /** Number of injected faults of each kind. */
  injected: Record<string, number>;
  reconnects: Record<string, number>;
  end: string;
}

/** Faults that damage open connections, and faults that hinder a reconnect. */
export const FAULTS: readonly Fault[] = [
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

/** Schedules faults at slots of a session. The seed determines the kind, the target and the slot of each fault. */
function scheduleFaults(
  faults: Faults,
  random: () => number,
  startSlot: bigint,
  { slots, faults: wanted }: FaultRunOptions,
): void {
  const draw = <T>(list: readonly T[]): T => drawFrom(list, random);
  for (let i = 0; i < wanted; i++) {
    const fault = draw(FAULTS);
    const target = fault.type === "busyOwner" ? { channel: "control" as const } : draw(TARGETS);
    const atSlot = startSlot + BigInt(Math.floor(((i + random()) / wanted) * slots));
    scheduleFault(faults, atSlot, { ...fault, target });
  }
}

/** Schedules a fault. If the fault refuses a new connection, also drops the current connection, so that the client reconnects. */
export function scheduleFault(faults: Faults, atSlot: bigint, fault: Fault): void {
  faults.schedule({ atSlot }, fault);
  if (fault.type !== "busyOwner" && fault.type !== "refuseUpgrade") return;
  faults.schedule({ atSlot }, { type: "drop", ...(fault.target && { target: fault.target }) });
}

/**
 * Runs a session through random faults, and compares the delivered events with the record of the simulator. The waits of the
 * reconnect policy are a hundredth of the defaults.
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
    timeouts: { connectMs: 1_000, handshakeMs: 1_000, closeMs: 500, continueTimeoutMs: 300 },
    ...options.client,
  });
  scheduleFaults(simulator.faults, random, startSlot, options);
  const session = await client.startSession({ startSlot, slotCount: options.slots, sendSummary: true });
  const programs = simulator.programs.slice(0, 2);
  session.subscribeTransactions(programs);
  session.subscribeAccountDiffs(programs);
  const log = new DeliveryLog();
  for await (const event of session.run({ step: 100 })) log.add(event);
  const end = await session.closed;
  return {
    ...log.compareWith(simulator.record.session(session.info.sessionId), programs),
    injected: { ...simulator.faults.counts },
    reconnects: session.diagnostics.reconnects,
    end: end.reason,
  };
}

/** Expects that the run completed, and that each event was delivered exactly once and in order. */
export function expectExactlyOnce(run: FaultRun): void {
  expect(run.end).toBe("completed");
  expectSameEvents(run, 1_000);
}
