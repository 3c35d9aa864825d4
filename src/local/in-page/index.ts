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
  PrepareOptions,
  SimulateOptions,
  Simulation,
  TokenBalance,
  TransactionMeta,
} from "../engine/engine.js";
export type { LocalWallet } from "../engine/local-wallets.js";
export type { Fault, Faults, FaultTarget, FaultTrigger, FaultType } from "../link/faults.js";
export type { Channel } from "../link/link.js";
export type { SimulatorPlatform } from "../link/timing.js";
export type { NotificationResult } from "../notifications/notification-results.js";
export type { LocalSimulatorOptions } from "../server/simulator-options.js";
export type { RecordedKind, RecordedResponse, RunRecord, SessionRecord, SimulatorRecord } from "../session/simulator-record.js";
export { BacktestFailure } from "../wire/backtest-failure.js";
export { RpcFailure } from "../wire/json-rpc.js";
export { createLocalSimulator, type InPageSimulator } from "./in-page-simulator.js";
