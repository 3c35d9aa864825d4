import { BacktestFailure } from "../../wire/backtest-failure.js";
import type { CreateParams, Engine } from "../engine.js";
import type { Ledger } from "../ledger/ledger.js";
import { bundlesOf } from "../ledger-bundles.js";
import type { SkippedTransaction } from "./ledger-comparison.js";
import { LitesvmSession } from "./litesvm-session.js";
import { loadLitesvm } from "./load-litesvm.js";

export interface LitesvmEngineOptions {
  /**
   * Slots per bundle, for `/available-ranges` and for splitting parallel runs. Bundles are larger if there would be more than a thousand.
   *
   * @default 1000
   */
  bundleSlots?: bigint;
  /** Called for each transaction of the ledger that cannot be replayed, in any session. @default only the summary lists them */
  onSkipped?: (skipped: SkippedTransaction) => void;
}

/**
 * Creates an engine that executes a ledger in a Solana VM. Each session has its own VM, which also executes transactions of the client.
 * Node.js only. Requires the package `litesvm`.
 *
 * @throws SimulatorError `unsupported` if litesvm is not installed or has no build for this platform
 * @example
 * const sim = await startLocalSimulator({ engine: await litesvmEngine(generateLedger({ seed: "a" })) });
 */
export async function litesvmEngine(ledger: Ledger, options: LitesvmEngineOptions = {}): Promise<Engine> {
  const { bundleSlots = 1_000n, onSkipped } = options;
  const module = await loadLitesvm();
  return {
    programs: ledger.programs,
    bundles: bundlesOf(ledger, bundleSlots),
    open: (create: CreateParams) => {
      const { startSlot, endSlot } = create;
      if (startSlot < ledger.startSlot || endSlot > ledger.endSlot) {
        throw new BacktestFailure({ bundleNotFound: { start_slot: startSlot, end_slot: endSlot } });
      }
      return LitesvmSession.open(module, ledger, create, onSkipped);
    },
  };
}
