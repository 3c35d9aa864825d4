/* The program of a VM process. It runs one session and answers the calls of the simulator. */
import { SimulatorError } from "../../../protocol/simulator-error.js";
import { VERSION } from "../../../version.js";
import type { EngineBlock } from "../engine.js";
import { generateLedger } from "../ledger/generate-ledger.js";
import type { LedgerSource } from "../ledger/ledger-source.js";
import { reopenLedger } from "../ledger/read-ledger.js";
import type { SkippedTransaction } from "../litesvm/ledger-comparison.js";
import { LitesvmSession } from "../litesvm/litesvm-session.js";
import { loadLitesvm } from "../litesvm/load-litesvm.js";
import { markWriter } from "./execution-mark.js";
import { ExecutionSender } from "./execution-transfer.js";
import { MARK_FD, type OpenOrder, packError, type VmCalls, type VmRequest, type VmResponse } from "./vm-messages.js";

const sender = new ExecutionSender();
let opened: LitesvmSession | undefined;
let skipped: SkippedTransaction[] = [];

function session(): LitesvmSession {
  if (opened === undefined) throw new Error("the session is not open");
  return opened;
}

function openLedger(source: LedgerSource) {
  return source.type === "generated" ? generateLedger(source.plan) : reopenLedger(source);
}

async function open({ version, ledger, range, reportsSkipped }: OpenOrder): Promise<EngineBlock | undefined> {
  if (version !== VERSION) {
    throw new SimulatorError(
      "unsupported",
      `the program of the VM process has version ${VERSION}, but the simulator has version ${version}: install a single version of simulator-client`,
    );
  }
  opened = await LitesvmSession.open(await loadLitesvm(), await openLedger(ledger), range, {
    onExecute: markWriter(MARK_FD),
    ...(reportsSkipped && { onSkipped: (one: SkippedTransaction) => skipped.push(one) }),
  });
  return opened.currentBlock();
}

const calls: VmCalls = {
  open,
  executeBatch: () => sender.pack(session().executeBatch()),
  finishBlock: async () => {
    await session().finishBlock();
    return session().currentBlock();
  },
  prepare: (transactions) => void session().prepare(transactions),
  execute: async (transactions, options) => sender.pack(await session().prepare(transactions, options).execute()),
  simulate: (transactions, options) => {
    const { transactions: executed, ...rest } = session().simulate(transactions, options);
    return { executed: sender.pack(executed), ...rest };
  },
  applyAccounts: (states) => session().applyAccounts(states),
  account: (address) => session().account(address),
  summary: () => session().summary(),
  plannedBlock: (from) => session().plannedBlock(from),
  latestBlockhash: () => session().latestBlockhash(),
  isBlockhashValid: (blockhash) => session().isBlockhashValid(blockhash),
  blockHeight: () => session().blockHeight(),
  programAccounts: (program) => session().programAccounts(program),
  feeForMessage: (message) => session().feeForMessage(message),
};

async function answer({ method, args }: VmRequest): Promise<Omit<VmResponse, "id">> {
  try {
    return { result: await (calls[method] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    return { error: packError(error) };
  }
}

process.on("message", async (request: VmRequest) => {
  const response: VmResponse = { id: request.id, ...(await answer(request)) };
  if (skipped.length > 0) {
    response.skipped = skipped;
    skipped = [];
  }
  if (process.connected) process.send?.(response);
});
// The simulator process has ended, so this process must end, too.
process.on("disconnect", () => process.exit());
// Ctrl-C in a terminal sends SIGINT to all processes. The VM process ignores it, because the simulator (its parent) ends the VM
// process.
process.on("SIGINT", () => {});
