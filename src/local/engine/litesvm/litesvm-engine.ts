import { requireMethods, requireOptions } from "../../../protocol/arguments.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import { BacktestFailure } from "../../wire/backtest-failure.js";
import type { CreateParams, Engine, EngineSession, MaybePromise } from "../engine.js";
import { generateLedger } from "../ledger/generate-ledger.js";
import type { Ledger } from "../ledger/ledger.js";
import { ledgerSourceOf } from "../ledger/ledger-source.js";
import { bundlesOf } from "../ledger-bundles.js";
import { vmProcessEntry } from "../vm-process/vm-process-entry.js";
import { VmProcessSession } from "../vm-process/vm-process-session.js";
import type { WatchdogTimers } from "../vm-process/vm-watchdog.js";
import type { SkippedTransaction } from "./ledger-comparison.js";
import { LitesvmSession } from "./litesvm-session.js";
import { loadLitesvm } from "./load-litesvm.js";

/** Options of `litesvmEngine`. */
export interface LitesvmEngineOptions {
  /**
   * Slots per bundle, for `/available-ranges` and for splitting parallel runs. A larger number is used if the
   * ledger would otherwise have more than 1,000 bundles.
   *
   * @default 1000
   */
  bundleSlots?: bigint;
  /** Called for each ledger transaction that cannot be replayed, in any session. @default none */
  onSkipped?: (skipped: SkippedTransaction) => void;
  /**
   * Where the VM of a session runs. `"process"`: each session has its own process. The sessions then use all cores, and a VM that
   * aborts ends only its own session. This isolation requires a ledger from `generateLedger` or `readLedger`. `"none"`: all VMs
   * run in this process.
   *
   * @default "none"
   */
  isolation?: Isolation;
  /**
   * Maximum time without progress while a VM process works on a request, in ms. The start of a transaction counts as progress.
   * After this time, the process is killed, and its session ends with an `internal` error. At the start of a session, the limit
   * is four times as long. Applies only to the isolation `"process"`.
   *
   * @default 30_000
   */
  vmTimeoutMs?: number;
  /** The timers for `vmTimeoutMs`. Intended for tests. @default the timers of the runtime */
  platform?: WatchdogTimers;
}

const KNOWN: readonly (keyof LitesvmEngineOptions)[] = ["bundleSlots", "onSkipped", "isolation", "vmTimeoutMs", "platform"];
/** The longest time that a timer can measure, in ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export type Isolation = "process" | "none";

/**
 * Creates an engine that executes a ledger (default: `generateLedger()`) in a Solana VM. Each session has its own VM, which also
 * executes the transactions that the client sends. Node.js only. Requires the package `litesvm`.
 *
 * @throws SimulatorError `unsupported` if litesvm is not installed, has no build for this platform, or its processes cannot be
 * started; `invalidParams` for a ledger that cannot be sent to a process
 * @example
 * const sim = await startLocalSimulator({ engine: await litesvmEngine(generateLedger({ seed: "a" })) });
 */
export async function litesvmEngine(ledger: Ledger = generateLedger(), options: LitesvmEngineOptions = {}): Promise<Engine> {
  requireMethods(ledger, "ledger", ["begin", "blockFrom"], "a ledger, for example from generateLedger()");
  requireOptions(options, KNOWN);
  const { bundleSlots = 1_000n, isolation = "none", vmTimeoutMs } = options;
  if (vmTimeoutMs !== undefined) checkTimeout(vmTimeoutMs, isolation);
  const open = await (isolation === "process" ? openInProcess : openHere)(ledger, options);
  return {
    programs: ledger.programs,
    bundles: bundlesOf(ledger, bundleSlots),
    open: (create) => {
      const { startSlot, endSlot } = create;
      if (startSlot < ledger.startSlot || endSlot > ledger.endSlot) {
        throw new BacktestFailure({ bundleNotFound: { start_slot: startSlot, end_slot: endSlot } });
      }
      return open(create);
    },
  };
}

type Open = (create: CreateParams) => MaybePromise<EngineSession>;

async function openHere(ledger: Ledger, { onSkipped }: LitesvmEngineOptions): Promise<Open> {
  const module = await loadLitesvm();
  return (create) => LitesvmSession.open(module, ledger, create, onSkipped && { onSkipped });
}

async function openInProcess(
  ledger: Ledger,
  { onSkipped, vmTimeoutMs: timeoutMs, platform: timers }: LitesvmEngineOptions,
): Promise<Open> {
  const source = ledgerSourceOf(ledger);
  if (source === undefined) {
    throw invalidParams(
      "isolation",
      '"process" needs a ledger from generateLedger or readLedger, because no other ledger can be sent to a process: use "none"',
    );
  }
  const entry = vmProcessEntry();
  // The VM processes load litesvm themselves. This call is only a check: it throws early if litesvm is not installed.
  await loadLitesvm();
  return ({ startSlot, endSlot, extraComputeUnits }) => {
    const range = { startSlot, endSlot, extraComputeUnits };
    return VmProcessSession.open({ entry, ledger: source, range, onSkipped, timeoutMs, timers });
  };
}

/** Validates `vmTimeoutMs`. @throws SimulatorError `invalidParams` */
function checkTimeout(timeoutMs: unknown, isolation: Isolation): void {
  if (isolation !== "process") throw invalidParams("vmTimeoutMs", 'this option applies only to the isolation "process"');
  const isValid = typeof timeoutMs === "number" && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS;
  if (!isValid) throw invalidParams("vmTimeoutMs", `expected a number from 1 to ${MAX_TIMEOUT_MS}`);
}
