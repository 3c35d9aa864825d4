export * from "./browser.js";
export {
  type CapturedLedger,
  type CaptureLedgerOptions,
  type CaptureProgress,
  captureLedger,
} from "./ledger/capture-ledger.js";
export { type GenerateLedgerOptions, generateLedger } from "./ledger/generate-ledger.js";
export type {
  Ledger,
  LedgerBlock,
  LedgerStart,
  LedgerTransaction,
  RecordedMeta,
  RecordedTokenBalance,
} from "./ledger/ledger.js";
export { readLedger } from "./ledger/read-ledger.js";
export type { RpcRetry } from "./ledger/rpc-client.js";
export { writeLedger } from "./ledger/write-ledger.js";
export type { ReplaySummary, SkippedGroup, SkippedTransaction, SkipReason } from "./litesvm/comparison.js";
export { type LitesvmEngineOptions, litesvmEngine } from "./litesvm/litesvm-engine.js";
export { type LocalSimulator, startLocalSimulator } from "./node-server.js";
export type { LocalServerOptions } from "./options.js";
