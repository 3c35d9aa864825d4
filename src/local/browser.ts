export type {
  AccountDiff,
  AccountState,
  CreateParams,
  Engine,
  EngineBlock,
  EngineSession,
  ExecutedTransaction,
  InnerInstructions,
  LedgerBundle,
  MaybePromise,
  PlannedBlock,
  PlannedTransaction,
  PreparedTransactions,
  SimulateOptions,
  Simulation,
  TokenBalance,
  TransactionMeta,
} from "./engine.js";
export { BacktestFailure } from "./failure.js";
export type { Fault, Faults, FaultTarget, FaultTrigger, FaultType } from "./faults.js";
export { createLocalSimulator, type InPageSimulator } from "./in-page.js";
export { RpcFailure } from "./json-rpc.js";
export type { Channel } from "./link.js";
export type { NotificationResult } from "./notification-results.js";
export type { LocalSimulatorOptions } from "./options.js";
export type { RecordedKind, RecordedResponse, RunRecord, SessionRecord, SimulatorRecord } from "./record.js";
