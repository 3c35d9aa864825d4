export {
  applyStates,
  type ChangeableSession,
  type ChangedRunOptions,
  type Injection,
  type ModifiableSession,
  type RunChanges,
  runWithChanges,
} from "./changed-run.js";
export { readAccountStates, readInjections } from "./changes-json.js";
export { type CompareOptions, compareRuns } from "./compare-runs.js";
export type {
  Comparison,
  ComparisonSummary,
  DifferenceCounts,
  FigureDifference,
  LogDifference,
  OrderDifference,
  RunFacts,
} from "./comparison.js";
export { comparisonMarkdown, type MarkdownOptions } from "./comparison-markdown.js";
export type { ProfitAndLoss } from "./profit-and-loss.js";
export { type RecordEntry, readRecord } from "./read-record.js";
export { type RecordableSession, type RecordOptions, type RecordResult, record } from "./record.js";
export { csvSink, MemoryRecord, ndjsonSink, parquetSink, type RecordSink } from "./record-sinks.js";
export type { RecordSource, RecordStream, WebReadable } from "./record-source.js";
export type { RecordableEvent, RecordedSession, RunHeader } from "./recordable-event.js";
export type { RecordWriter } from "./recorded-line.js";
export type { RecordedBalance, RecordedTransaction } from "./recorded-transaction.js";
export { type AbClient, type AbOptions, type AbResult, type AbRun, type AbSession, type AbSide, runAB } from "./run-ab.js";
export { type InjectingSession, sendTransactions } from "./send-transactions.js";
export type { NodeWritable, RecordOutput, WebWritable } from "./sink-output.js";
export {
  type BalanceDifference,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  type RecordedOutcome,
  type TransactionDifference,
} from "./transaction-difference.js";
export { type ExplainFailure, type FailedOutcome, failureText, type TransactionFailure } from "./transaction-failure.js";
