import { isAddress, toU64, U64_MAX } from "../../protocol/scalars.js";
import { invalidParams, SimulatorError } from "../../protocol/simulator-error.js";
import type { Engine } from "../engine/engine.js";
import { syntheticEngine } from "../engine/synthetic/synthetic-engine.js";
import { type SimulatorPlatform, type Timing, timingOf } from "../link/timing.js";

/** How a local simulator is made. Everything has a default. */
export interface LocalSimulatorOptions {
  /**
   * What executes the ledger. `"synthetic"` (default) is deterministic and runs anywhere; `"litesvm"` runs real
   * transactions in a Solana VM: for `startLocalSimulator` in Node.js, with the package `litesvm`; or an engine of one's own.
   */
  engine?: "synthetic" | "litesvm" | Engine;
  /** Names the made-up ledger: the same seed makes the same blocks. Default: 0. */
  seed?: number | bigint | string;
  /** First slot of the made-up ledger. Default: 300,000,000. */
  startSlot?: bigint | number;
  /**
   * Length of the made-up ledger, counted as a session's slot count: its last slot is `startSlot + slots`. Default:
   * 10,000.
   */
  slots?: bigint | number;
  /** Share of slots without a block, 0 to 1. Default: 0. */
  skipRate?: number;
  /** Transactions in each block of the made-up ledger, 1 to 10,000. Default: 4. */
  transactionsPerSlot?: number;
  /** Pause after each block, in ms. Default: 0. */
  slotDelayMs?: number;
  /**
   * The least time between telling of a discovery and executing its batch, in ms: a client that wants to stop there needs it,
   * for nothing here takes as long as on the service. Default: 20.
   */
  discoveryLeadMs?: number;
  /** The key that the control channel asks for. Default: none, and any key is let in. */
  apiKey?: string;
  /**
   * Origins of web pages that may connect, besides those on loopback hosts; `"*"` lets in all. Default: none. Requests
   * without an `Origin` header don't come from a page and are always let in.
   */
  allowedOrigins?: readonly string[];
  /**
   * Whether the replay of what was missed comes before `sessionAttached`, as the published server may send it, or after
   * the resume; in a parallel run, whether events come before `sessionsCreatedV2` and `parallelSessionAttachedV2`.
   * `"alternately"` does either by turns, the first handshake after the answer. Default: false.
   */
  replayBeforeAttached?: boolean | "alternately";
  /**
   * How many sessions a parallel run has, 1 to 256; never more than slots. Default: as the published server splits it, one a
   * bundle where the range lies in several, else 4.
   */
  parallelSessions?: number;
  /** Slots in a bundle of the ledger: what `/available-ranges` lists and parallel runs are split along. Default: 1,000. */
  bundleSlots?: bigint | number;
  /** Whether a parallel create is answered as by an old server, without the sessions' ranges. Default: false. */
  omitRanges?: boolean;
  /**
   * How many of the events that a client says it has are repeated, for each session, when it attaches to a parallel run
   * again: the published server may do so. Default: 1.
   */
  replayOverlap?: number;
  /** Whether notifications are compressed for a client that asks for it. Default: true. */
  compression?: boolean;
  /** Whether `record` keeps what was sent. Default: true. */
  record?: boolean;
  /**
   * Replaces the clock, the timers and the random numbers of the simulator. Intended for tests: one virtual clock can drive the
   * client and the simulator.
   *
   * @default the runtime's own
   */
  platform?: SimulatorPlatform;
}

/** Options of the simulator that listens on a port. */
export interface LocalServerOptions extends LocalSimulatorOptions {
  /**
   * Folder of a ledger for the engine `"litesvm"`, as `writeLedger` and `captureLedger` write it: `seed`, `startSlot`, `slots`,
   * `skipRate` and `transactionsPerSlot` then count for nothing. Default: one is made up.
   */
  ledger?: string;
  /** TCP port; 0 takes a free one. Default: 0. */
  port?: number;
  /**
   * Address to listen on.
   *
   * @default "127.0.0.1"
   */
  host?: string;
  /**
   * Hosts, without port, that requests may name in their `Host` header, besides loopback hosts and the address that the
   * simulator listens on. Any other is refused with HTTP 403, against DNS rebinding. `"*"` allows all.
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
  apiKey: string | undefined;
  allowedOrigins: readonly string[];
  replayBeforeAttached: boolean | "alternately";
  parallelSessions: number | undefined;
  omitRanges: boolean;
  replayOverlap: number;
  compression: boolean;
  record: boolean;
}

const MAX_TRANSACTIONS_PER_SLOT = 10_000;
const MAX_PARALLEL_SESSIONS = 256;
const MAX_MS = 2 ** 31 - 1;

/** @throws SimulatorError `invalidParams`, `unsupported` */
export function readOptions(options: LocalSimulatorOptions): SimulatorSettings {
  const { apiKey, allowedOrigins = [], replayBeforeAttached = false, record = true } = options;
  const { omitRanges = false, compression = true, parallelSessions, replayOverlap = 1 } = options;
  if (apiKey !== undefined && (typeof apiKey !== "string" || apiKey === "")) {
    throw invalidParams("apiKey", "expected a text that isn't empty");
  }
  return {
    timing: timingOf(checkedPlatform(options.platform)),
    engine: readEngine(options),
    slotDelayMs: numberWithin(options.slotDelayMs ?? 0, "slotDelayMs", 0, MAX_MS),
    discoveryLeadMs: numberWithin(options.discoveryLeadMs ?? 20, "discoveryLeadMs", 0, MAX_MS),
    apiKey,
    allowedOrigins,
    replayBeforeAttached,
    parallelSessions:
      parallelSessions === undefined ? undefined : wholeWithin(parallelSessions, "parallelSessions", 1, MAX_PARALLEL_SESSIONS),
    omitRanges,
    replayOverlap: wholeWithin(replayOverlap, "replayOverlap", 0, Number.MAX_SAFE_INTEGER),
    compression,
    record,
  };
}

function readEngine(options: LocalSimulatorOptions): Engine {
  const { engine = "synthetic" } = options;
  if (engine === "synthetic") return syntheticEngine(readLedgerPlan(options));
  if (engine !== "litesvm") return checkedEngine(engine);
  throw new SimulatorError(
    "unsupported",
    'a page has no engine "litesvm": take "synthetic", or in Node.js startLocalSimulator or the engine that litesvmEngine(ledger) gives',
  );
}

/** What the options say of a made-up ledger, whichever engine executes it. @throws SimulatorError `invalidParams` */
export function readLedgerPlan(options: LocalSimulatorOptions) {
  const startSlot = toU64(options.startSlot ?? 300_000_000n, "startSlot");
  const slots = toU64(options.slots ?? 10_000n, "slots");
  if (slots === 0n) throw invalidParams("slots", "expected at least 1");
  const last = startSlot + slots - 1n;
  const endSlot = last < U64_MAX ? last : U64_MAX;
  const transactionsPerSlot = wholeWithin(options.transactionsPerSlot ?? 4, "transactionsPerSlot", 1, MAX_TRANSACTIONS_PER_SLOT);
  const bundleSlots = toU64(options.bundleSlots ?? 1_000n, "bundleSlots");
  if (bundleSlots === 0n) throw invalidParams("bundleSlots", "expected at least 1");
  return {
    seed: String(options.seed ?? 0),
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
  throw invalidParams(field, `expected a number from ${min} to ${max}, got ${String(value).slice(0, 80)}`);
}

function wholeWithin(value: unknown, field: string, min: number, max: number): number {
  if (!Number.isInteger(value)) throw invalidParams(field, "expected a whole number");
  return numberWithin(value, field, min, max);
}
