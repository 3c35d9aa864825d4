import { BacktestFailure } from "../../wire/backtest-failure.js";
import type { CreateParams, Engine } from "../engine.js";
import type { Ledger } from "../ledger/ledger.js";
import { bundlesOf } from "../ledger-bundles.js";
import type { SkippedTransaction } from "./ledger-comparison.js";
import { LitesvmSession } from "./litesvm-session.js";
import { loadLitesvm } from "./load-litesvm.js";

export interface LitesvmEngineOptions {
  /**
   * Slots in a bundle: what `/available-ranges` lists and parallel runs are split along; larger ones where there would be
   * more than a thousand. Default: 1,000.
   */
  bundleSlots?: bigint;
  /** Called for each transaction of the ledger that could not be replayed, by whichever session. Default: only the summary tells. */
  onSkipped?: (skipped: SkippedTransaction) => void;
}

/**
 * A Solana VM that executes a ledger: each session has one of its own, and a client's transactions run in it like the
 * ledger's. Node.js only; needs the package `litesvm`.
 *
 * @throws SimulatorError `unsupported` if litesvm isn't there, or has no build for this platform
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
