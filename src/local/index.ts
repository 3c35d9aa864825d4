export type { CapturePlatform } from "./engine/ledger/capture-clock.js";
export {
  type CapturedLedger,
  type CaptureLedgerOptions,
  type CaptureProgress,
  captureLedger,
} from "./engine/ledger/capture-ledger.js";
export { type GenerateLedgerOptions, generateLedger } from "./engine/ledger/generate-ledger.js";
export type {
  Ledger,
  LedgerBlock,
  LedgerStart,
  LedgerTransaction,
  RecordedMeta,
  RecordedTokenBalance,
} from "./engine/ledger/ledger.js";
export { readLedger } from "./engine/ledger/read-ledger.js";
export type { RpcAttempt, RpcRetry, RpcWait } from "./engine/ledger/rpc-client.js";
export { writeLedger } from "./engine/ledger/write-ledger.js";
export type { ReplaySummary, SkippedGroup, SkippedTransaction, SkipReason } from "./engine/litesvm/ledger-comparison.js";
export { type LitesvmEngineOptions, litesvmEngine } from "./engine/litesvm/litesvm-engine.js";
export * from "./in-page/index.js";
export { type LocalSimulator, startLocalSimulator } from "./node/node-server.js";
export type { LocalServerOptions } from "./server/simulator-options.js";
