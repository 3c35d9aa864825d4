import { invalidParams } from "../../protocol/error-helpers.js";
import { generateLedger } from "../engine/ledger/generate-ledger.js";
import { readLedger } from "../engine/ledger/read-ledger.js";
import { litesvmEngine } from "../engine/litesvm/litesvm-engine.js";
import { type LocalServerOptions, readLedgerPlan } from "../server/simulator-options.js";

/**
 * Replaces the engine name `"litesvm"` in the options with an engine. This code is separate from the other options, because the
 * in-page simulator must not load litesvm.
 *
 * @throws SimulatorError `invalidParams` for an option or a file of the ledger; `unsupported` if litesvm is not installed
 */
export async function withLitesvm(options: LocalServerOptions): Promise<LocalServerOptions> {
  const { engine, ledger, isolation = "none", vmTimeoutMs, platform } = options;
  if (isolation !== "none" && isolation !== "process") throw invalidParams("isolation", 'expected "process" or "none"');
  if (engine !== "litesvm") {
    if (isolation === "process") throw invalidParams("isolation", whyNotIsolated(engine));
    if (vmTimeoutMs !== undefined) throw invalidParams("vmTimeoutMs", 'only the engine "litesvm" has VM processes');
    if (ledger !== undefined) throw invalidParams("ledger", 'only the engine "litesvm" executes a ledger from a folder');
    return options;
  }
  const { bundleSlots, ...plan } = readLedgerPlan(options);
  const executed = ledger === undefined ? generateLedger(plan) : await readLedger(ledger);
  const given = { bundleSlots, isolation, ...(vmTimeoutMs !== undefined && { vmTimeoutMs }), ...(platform && { platform }) };
  return { ...options, engine: await litesvmEngine(executed, given) };
}

function whyNotIsolated(engine: LocalServerOptions["engine"]): string {
  return typeof engine === "object"
    ? '"process" is not possible with an Engine object, which cannot be sent to a process: use "none", engine: "litesvm", or litesvmEngine(ledger, { isolation: "process" })'
    : '"process" needs the engine "litesvm": other engines run in this process';
}
