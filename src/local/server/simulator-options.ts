import { requireOptions } from "../../protocol/arguments.js";
import { invalidParams, toText } from "../../protocol/error-helpers.js";
import { isAddress, toU64, U64_MAX } from "../../protocol/scalars.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { Engine } from "../engine/engine.js";
import { syntheticEngine } from "../engine/synthetic/synthetic-engine.js";
import { type SimulatorPlatform, type Timing, timingOf } from "../link/timing.js";

/** Options of a local simulator. All have defaults. */
export interface LocalSimulatorOptions {
  /**
   * The engine that executes the ledger. `"synthetic"` is deterministic and runs anywhere. `"litesvm"` executes real transactions
   * in a Solana VM, and needs Node.js, `startLocalSimulator` and the package `litesvm`. You can also pass your own `Engine`.
   *
   * @default "synthetic"
   */
  engine?: "synthetic" | "litesvm" | Engine;
  /**
   * Seed of the generated ledger. The same seed produces the same blocks.
   *
   * @default 0
   */
  seed?: number | bigint | string;
  /**
   * First slot of the generated ledger.
   *
   * @default 300_000_000n
   */
  startSlot?: bigint | number;
  /**
   * Number of slots in the generated ledger. Its last slot is `startSlot + slots - 1`.
   *
   * @default 10_000n, or fewer if the slots would exceed the largest u64
   */
  slots?: bigint | number;
  /**
   * Share of slots without a block, from 0 to 1.
   *
   * @default 0
   */
  skipRate?: number;
  /**
   * Transactions in each block of the generated ledger, from 1 to 10,000.
   *
   * @default 4
   */
  transactionsPerSlot?: number;
  /**
   * Pause after each block, in ms.
   *
   * @default 0
   */
  slotDelayMs?: number;
  /**
   * Minimum time between a `discoveryBatch` and the execution of its batch, in ms. A client can use this time to stop the session
   * before the batch.
   *
   * @default 20
   */
  discoveryLeadMs?: number;
  /**
   * Whether to verify the signatures of transactions in a `continue` request and in scheduled actions. If `false`, a client can
   * act for any account, as on the published service. `sendTransaction` always verifies signatures. `simulateTransaction`
   * verifies signatures only with `sigVerify: true`.
   *
   * @default false
   */
  verifySignatures?: boolean;
  /**
   * API key that the control channel requires.
   *
   * @default none: any key is accepted
   */
  apiKey?: string;
  /**
   * Origins of web pages that are allowed to connect, in addition to pages on loopback hosts. `"*"` allows all. Requests without an
   * `Origin` header do not come from a page and are always accepted.
   *
   * @default []
   * @example ["https://dashboard.example"]
   */
  allowedOrigins?: readonly string[];
  /**
   * When to send missed events to a client that attaches. `false`: after the `resumeAttachedSession` request. `true`: before the
   * response to the attach request, as the published server sometimes does. `"alternately"`: `false` for the first attach request,
   * `true` for the second, and so on. With `true`, a parallel run sends its first events before `sessionsCreatedV2`.
   *
   * @default false
   */
  replayBeforeAttached?: boolean | "alternately";
  /**
   * Number of sessions in a parallel run, from 1 to 256. A run never has more sessions than slots.
   *
   * @default as the published server: one per bundle if the range covers several bundles, otherwise 4
   */
  parallelSessions?: number;
  /**
   * Number of slots in each bundle of the ledger. `/available-ranges` lists the bundles. Parallel runs are split at the
   * boundaries of the bundles.
   *
   * @default 1_000n
   */
  bundleSlots?: bigint | number;
  /**
   * Whether the answer to a create request for a parallel run omits the ranges of the sessions, as old servers do.
   *
   * @default false
   */
  omitRanges?: boolean;
  /**
   * Number of duplicate events that each session sends when a client attaches to a parallel run. The published server sometimes
   * sends duplicates, too.
   *
   * @default 1
   */
  replayOverlap?: number;
  /**
   * Whether notifications are compressed for clients that request compression.
   *
   * @default true
   */
  compression?: boolean;
  /**
   * Whether `record` stores what the simulator sent.
   *
   * @default true
   */
  record?: boolean;
  /**
   * Maximum number of executed transactions and blocks that each session keeps in memory. Unsent events of connected
   * subscriptions are always kept. Removed entries are missing in new subscriptions, in RPC methods and in `record`.
   *
   * @default all
   */
  maxHistory?: number;

  /**
   * Replaces the clock, the timers and the random numbers of the simulator. Intended for tests, in which the client and the
   * simulator can share a virtual clock.
   *
   * @default the runtime's own
   */
  platform?: SimulatorPlatform;
}

/** Options of a simulator that listens on a port. */
export interface LocalServerOptions extends LocalSimulatorOptions {
  /**
   * Folder of a ledger for the engine `"litesvm"`, as written by `writeLedger` and `captureLedger`. If it is set, `seed`,
   * `startSlot`, `slots`, `skipRate` and `transactionsPerSlot` have no effect.
   *
   * @default none: a ledger is generated
   */
  ledger?: string;
  /**
   * Where the VMs of the engine `"litesvm"` run. `"process"`: each session has its own process. The sessions then use all cores,
   * and a VM that aborts ends only its own session. `"none"`: all VMs run in this process, and sessions start faster. An `Engine`
   * object or a ledger object needs `"none"`, because it cannot be sent to a process.
   *
   * @default "none"
   */
  isolation?: "process" | "none";
  /**
   * Maximum time without progress while a VM process works on a request, in ms. The start of a transaction counts as progress.
   * After this time, the process is killed, and its session ends with an `internal` error. At the start of a session, the limit
   * is four times as long. Applies only to the isolation `"process"`.
   *
   * @default 30_000
   */
  vmTimeoutMs?: number;
  /**
   * TCP port. 0 uses any free port.
   *
   * @default 0
   */
  port?: number;
  /**
   * TCP port of the Yellowstone gRPC service, for `simulator-client/geyser`. 0 uses any free port. The address is the simulator's
   * `geyserUrl`. The connections are not encrypted.
   *
   * @default none: the service is not started
   */
  geyserPort?: number;
  /**
   * Address to listen on.
   *
   * @default "127.0.0.1"
   */
  host?: string;
  /**
   * Hosts, without port, that are accepted in the `Host` header, in addition to loopback hosts and the address that the simulator
   * listens on. Any other host is refused with HTTP 403, as a protection against DNS rebinding. `"*"` allows all hosts.
   *
   * @default []
   * @example ["simulator.internal", "192.168.1.20"]
   */
  allowedHosts?: readonly string[];
}

export interface SimulatorSettings {
  timing: Timing;
  engine: Engine;
  slotDelayMs: number;
  discoveryLeadMs: number;
  verifySignatures: boolean;
  apiKey: string | undefined;
  allowedOrigins: readonly string[];
  replayBeforeAttached: boolean | "alternately";
  parallelSessions: number | undefined;
  omitRanges: boolean;
  replayOverlap: number;
  compression: boolean;
  record: boolean;
  maxHistory: number;
}

/** The names of all options, including those of a simulator on a port. */
const KNOWN: Record<keyof LocalServerOptions, true> = {
  engine: true,
  seed: true,
  startSlot: true,
  slots: true,
  skipRate: true,
  transactionsPerSlot: true,
  slotDelayMs: true,
  discoveryLeadMs: true,
  verifySignatures: true,
  apiKey: true,
  allowedOrigins: true,
  replayBeforeAttached: true,
  parallelSessions: true,
  bundleSlots: true,
  omitRanges: true,
  replayOverlap: true,
  compression: true,
  record: true,
  maxHistory: true,
  platform: true,
  ledger: true,
  isolation: true,
  vmTimeoutMs: true,
  port: true,
  geyserPort: true,
  host: true,
  allowedHosts: true,
};

const MAX_TRANSACTIONS_PER_SLOT = 10_000;
const MAX_PARALLEL_SESSIONS = 256;
const MAX_MS = 2 ** 31 - 1;

/** Validates the options and adds the defaults. @throws SimulatorError `invalidParams`, `unsupported` */
export function readOptions(options: LocalSimulatorOptions): SimulatorSettings {
  requireOptions(options, Object.keys(KNOWN));
  const { apiKey, allowedOrigins = [], replayBeforeAttached = false, record = true } = options;
  const { omitRanges = false, compression = true, parallelSessions, replayOverlap = 1, maxHistory } = options;
  if (apiKey !== undefined && (typeof apiKey !== "string" || apiKey === "")) {
    throw invalidParams("apiKey", "expected a non-empty string");
  }
  return {
    timing: timingOf(checkedPlatform(options.platform)),
    engine: readEngine(options),
    slotDelayMs: numberWithin(options.slotDelayMs ?? 0, "slotDelayMs", 0, MAX_MS),
    discoveryLeadMs: numberWithin(options.discoveryLeadMs ?? 20, "discoveryLeadMs", 0, MAX_MS),
    verifySignatures: options.verifySignatures ?? false,
    apiKey,
    allowedOrigins,
    replayBeforeAttached,
    parallelSessions:
      parallelSessions === undefined ? undefined : wholeWithin(parallelSessions, "parallelSessions", 1, MAX_PARALLEL_SESSIONS),
    omitRanges,
    replayOverlap: wholeWithin(replayOverlap, "replayOverlap", 0, Number.MAX_SAFE_INTEGER),
    compression,
    record,
    maxHistory:
      maxHistory === undefined ? Number.POSITIVE_INFINITY : wholeWithin(maxHistory, "maxHistory", 1, Number.MAX_SAFE_INTEGER),
  };
}

function readEngine(options: LocalSimulatorOptions): Engine {
  const { engine = "synthetic" } = options;
  if (engine === "synthetic") return syntheticEngine(readLedgerPlan(options));
  if (engine !== "litesvm") return checkedEngine(engine);
  throw new SimulatorError(
    "unsupported",
    'the engine "litesvm" needs Node.js and startLocalSimulator, or an engine from litesvmEngine(ledger): use "synthetic" in a page',
  );
}

/** Returns the plan of the generated ledger. The plan is the same for all engines. @throws SimulatorError `invalidParams` */
export function readLedgerPlan(options: LocalSimulatorOptions) {
  const startSlot = toU64(options.startSlot ?? 300_000_000n, "startSlot");
  const slots = toU64(options.slots ?? 10_000n, "slots");
  if (slots === 0n) throw invalidParams("slots", "expected at least 1");
  const last = startSlot + slots - 1n;
  if (options.slots !== undefined && last > U64_MAX)
    throw invalidParams("slots", `the last slot would be ${last}, which is greater than ${U64_MAX}`);
  const endSlot = last < U64_MAX ? last : U64_MAX;
  const transactionsPerSlot = wholeWithin(options.transactionsPerSlot ?? 4, "transactionsPerSlot", 1, MAX_TRANSACTIONS_PER_SLOT);
  const bundleSlots = toU64(options.bundleSlots ?? 1_000n, "bundleSlots");
  if (bundleSlots === 0n) throw invalidParams("bundleSlots", "expected at least 1");
  return {
    seed: toText(options.seed ?? 0),
    startSlot,
    endSlot,
    skipRate: numberWithin(options.skipRate ?? 0, "skipRate", 0, 1),
    transactionsPerSlot,
    bundleSlots,
  };
}

function checkedEngine(engine: unknown): Engine {
  const { programs, bundles, open } = (typeof engine === "object" && engine !== null ? engine : {}) as Partial<Engine>;
  if (!Array.isArray(programs) || !programs.every(isAddress) || !Array.isArray(bundles) || typeof open !== "function") {
    throw invalidParams("engine", 'expected "synthetic", "litesvm", or an Engine: { programs, bundles, open }');
  }
  return engine as Engine;
}

function checkedPlatform(platform: SimulatorPlatform | undefined): SimulatorPlatform | undefined {
  if (platform === undefined) return undefined;
  for (const member of ["now", "setTimeout", "clearTimeout", "randomHex"] as const) {
    if (typeof platform?.[member] !== "function") throw invalidParams(`platform.${member}`, "expected a function");
  }
  return platform;
}

function numberWithin(value: unknown, field: string, min: number, max: number): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw invalidParams(field, `expected a number from ${min} to ${max}, got ${toText(value).slice(0, 80)}`);
}

function wholeWithin(value: unknown, field: string, min: number, max: number): number {
  if (!Number.isInteger(value)) throw invalidParams(field, "expected a whole number");
  return numberWithin(value, field, min, max);
}
