import { invalidParams } from "../../protocol/simulator-error.js";
import { generateLedger } from "../engine/ledger/generate-ledger.js";
import { readLedger } from "../engine/ledger/read-ledger.js";
import { litesvmEngine } from "../engine/litesvm/litesvm-engine.js";
import { type LocalServerOptions, readLedgerPlan } from "../server/simulator-options.js";

/**
 * The options with the engine that the name `"litesvm"` stands for in its place: what the in-page simulator, which has the same
 * options, must never load.
 *
 * @throws SimulatorError `invalidParams`: an option, or a file of the ledger; `unsupported` if litesvm isn't there
 */
export async function withLitesvm(options: LocalServerOptions): Promise<LocalServerOptions> {
  const { engine, ledger } = options;
  if (engine !== "litesvm") {
    if (ledger !== undefined) throw invalidParams("ledger", 'only the engine "litesvm" executes one');
    return options;
  }
  const { bundleSlots, ...plan } = readLedgerPlan(options);
  const executed = ledger === undefined ? generateLedger(plan) : await readLedger(ledger);
  return { ...options, engine: await litesvmEngine(executed, { bundleSlots }) };
}
