import { expect } from "vitest";
import { BacktestClient, type BacktestClientOptions, type ManagedEvent, transactionSignature } from "../../src/index.js";
import type { Fault, FaultTarget, Faults } from "../../src/local/faults.js";
import type { SimulatorRecord } from "../../src/local/record.js";

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
export interface FaultRun {
  control: { delivered: string[]; recorded: string[] };
  /** By kind and program. */
  streams: Record<string, { delivered: string[]; recorded: string[] }>;
  notifications: number;
  /** How often each kind of fault took effect. */
  struck: Record<string, number>;
  reconnects: Record<string, number>;
  end: string;
}

/** A small, seeded source of chance (mulberry32), so that a run can be had again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
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
function scheduleFaults(faults: Faults, random: () => number, startSlot: bigint, { slots, faults: wanted }: FaultRunOptions): void {
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
export async function runThroughFaults(simulator: FaultySimulator, startSlot: bigint, options: FaultRunOptions): Promise<FaultRun> {
  const random = seededRandom(options.seed);
  const client = new BacktestClient({
    url: simulator.url,
    reconnect: { initialBackoffMs: 10, maxBackoffMs: 300, uptimeResetMs: 300, maxAttempts: 200 },
    liveness: { pingIntervalMs: 150, deadlineMs: 450 },
    timeouts: { connectMs: 1_000, handshakeMs: 1_000, goodbyeMs: 500, progressMs: 300 },
    ...options.client,
  });
  scheduleFaults(simulator.faults, random, startSlot, options);
  const session = await client.startSession({ startSlot, slotCount: options.slots - 1, sendSummary: true });
  const programs = simulator.programs.slice(0, 2);
  session.subscribeTransactions(programs);
  session.subscribeAccountDiffs(programs);
  const control: string[] = [];
  const streams = new Map<string, string[]>();
  let notifications = 0;
  for await (const event of session.run({ step: 100 })) {
    const stream = streamOf(event);
    if (stream === undefined) {
      if (event.type !== "continuity") control.push(controlKey(event));
      continue;
    }
    notifications++;
    const keys = streams.get(stream.name) ?? [];
    keys.push(stream.key);
    streams.set(stream.name, keys);
  }
  const end = await session.closed;
  const recorded = simulator.record.session(session.info.sessionId);
  if (recorded === undefined) throw new Error("the simulator has no record of the session");
  return {
    control: {
      delivered: control,
      recorded: recorded.control.flatMap(({ response }) => recordedKey(response as { method: string; params?: unknown })),
    },
    streams: Object.fromEntries(
      (["transaction", "accountDiff"] as const).flatMap((kind) =>
        programs.map((program) => {
          const name = `${kind} ${program}`;
          return [
            name,
            {
              delivered: streams.get(name) ?? [],
              recorded: recorded.notifications(kind, program).map(({ slot, key }) => `${slot} ${key}`),
            },
          ] as const;
        }),
      ),
    ),
    notifications,
    struck: { ...simulator.faults.counts },
    reconnects: session.diagnostics.reconnects,
    end: end.reason,
  };
}

/** Holds a run against the simulator's own record: each event once, none missing, the order of each channel kept. */
export function expectExactlyOnce(run: FaultRun): void {
  expect(run.end).toBe("completed");
  expect(run.control.delivered).toEqual(run.control.recorded);
  for (const [name, { delivered, recorded }] of Object.entries(run.streams)) {
    expect(recorded.length, name).toBeGreaterThan(1_000);
    expect(delivered, name).toEqual(recorded);
  }
}

function streamOf(event: ManagedEvent): { name: string; key: string } | undefined {
  switch (event.type) {
    case "transaction":
      return {
        name: `transaction ${event.program}`,
        key: `${event.transaction.slot} ${transactionSignature(event.transaction)}`,
      };
    case "accountDiff": {
      const { context, account, signature, txIndex } = event.diff;
      return { name: `accountDiff ${event.program}`, key: `${context.slot} ${account}|${signature}|${txIndex}` };
    }
    default:
      return undefined;
  }
}

function controlKey(event: ManagedEvent): string {
  switch (event.type) {
    case "slot":
      return `slot ${event.slot}`;
    case "status":
      return `status ${event.status}`;
    default:
      return event.type;
  }
}

/** The event that a recorded response should have become. */
function recordedKey({ method, params }: { method: string; params?: unknown }): string[] {
  switch (method) {
    case "slotNotification":
      return [`slot ${params}`];
    case "status":
      return [`status ${(params as { status: string }).status}`];
    case "sessionCreated":
    case "sessionAttached":
    case "success":
      return [];
    default:
      return [method];
  }
}
