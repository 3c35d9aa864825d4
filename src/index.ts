export type {
  AccountDiffEvent,
  AccountEvent,
  ActionResultEvent,
  CompletedEvent,
  ContinuityEvent,
  DiagnosticEvent,
  DiscoveryBatchEvent,
  ErrorEvent,
  LogsEvent,
  ManagedEvent,
  PausedEvent,
  ProgramAccountEvent,
  ReadyForContinueEvent,
  ReplacementEvent,
  SignatureEvent,
  SlotEvent,
  SlotUpdateEvent,
  StatusEvent,
  SubscriptionEvent,
  TransactionEvent,
  UnrecognizedEvent,
} from "./channels/managed-events.js";
export type { SessionInfo } from "./channels/session-info.js";
export type { SubscriptionKindName } from "./channels/subscription-kinds.js";
export { BacktestClient } from "./client/backtest-client.js";
export type { BacktestClientOptions } from "./client/client-options.js";
export type {
  BuildStatus,
  BundleBuild,
  BundleBuilds,
  BundleKind,
  CompletedBundle,
  ComputeTotals,
  DatasetCredentials,
  DeletedBundle,
  DepthCoverage,
  DepthSource,
  DepthStatus,
  SessionCounts,
  SessionUsage,
  SessionUsagePage,
  UsageBucket,
  UsagePricing,
  UsageReport,
} from "./client/http/answers.js";
export type { CallOptions } from "./client/http/exchange.js";
export type {
  BundleBuildRequest,
  BundleDeleteRequest,
  DepthRequest,
  UsageSessions,
  UsageWindow,
} from "./client/http/http-calls.js";
export { createFrameDecoder, type FrameDecoder, type FrameDecoderOptions } from "./codec/compressed-frame-decoder.js";
export { ZstdError, type ZstdErrorCode } from "./codec/zstd/zstd-error.js";
export { ReconnectBudget } from "./connection/reconnect-budget.js";
export type { ReconnectSlot, StreamingGuard } from "./connection/reconnect-coordinator.js";
export { ReconnectCoordinator } from "./connection/reconnect-coordinator.js";
export type { ReconnectPolicy, RetryContext } from "./connection/reconnect-policy.js";
export type { SessionTimeouts } from "./connection/session-timeouts.js";
export type { ConnectionStatus, DownPhase } from "./connection/status.js";
export { type AccountDiff, decodeAccountData, type UiAccount } from "./protocol/account-diff-notification.js";
export type { ActionResult } from "./protocol/action-notification.js";
export type { AvailableRange } from "./protocol/available-range.js";
export type { BacktestError } from "./protocol/backtest-error.js";
export type { DiagnosticSample } from "./protocol/diagnostic-notification.js";
export type { RangeBound, RangeBounds } from "./protocol/filter-ranges.js";
export { filterRanges } from "./protocol/filter-ranges.js";
export type { Replacement } from "./protocol/replacement-notification.js";
export type { BacktestRequest } from "./protocol/requests.js";
export { encodeRequest } from "./protocol/requests.js";
export type { BacktestResponse, BacktestStatus, DecodedResponse } from "./protocol/responses.js";
export { decodeResponse } from "./protocol/responses.js";
export type { SessionSummary } from "./protocol/session-summary.js";
export type { AccountData, DiscoveryFilter, EncodedBinary } from "./protocol/shapes.js";
export { isSimulatorError, SimulatorError, type SimulatorErrorCode } from "./protocol/simulator-error.js";
export type { SplitOptions } from "./protocol/split-range.js";
export { splitRange } from "./protocol/split-range.js";
export { type ConfirmedTransaction, type TransactionMeta, transactionSignature } from "./protocol/transaction-notification.js";
export { loadCheckpoint, saveCheckpoint } from "./session/checkpoint/checkpoint-store.js";
export type { SessionCheckpoint, SubscriptionCheckpoint } from "./session/checkpoint/session-checkpoint.js";
export type { Logger } from "./session/context.js";
export type { ContinueParams, ContinueToParams } from "./session/continues/continue-params.js";
export type { InjectedTransaction, TransactionOutcome } from "./session/continues/injected-transactions.js";
export type { RunOptions } from "./session/continues/run.js";
export type { ContinueResult, DiscoveryPause } from "./session/continues/steps.js";
export type { TransactionInput } from "./session/continues/transaction-input.js";
export type { StartOptions } from "./session/control/control-connection.js";
export type { SessionCoverage, SlotRange } from "./session/coverage.js";
export type { CreateSession } from "./session/create-options.js";
export type { Diagnostics } from "./session/diagnostics.js";
export { ManagedBacktestSession } from "./session/managed-backtest-session.js";
export type {
  ParallelEnd,
  ParallelEvent,
  ParallelEvents,
} from "./session/managed-parallel-session.js";
export { ManagedParallelSession, ParallelSubSession } from "./session/managed-parallel-session.js";
export { ObservedSession } from "./session/observed-session.js";
export type { ActionAnchor, DiagnosticProbe, ScheduledAction } from "./session/pack-actions.js";
export type { ProgramOverride } from "./session/program-override.js";
export { overrideAt, programOverride } from "./session/program-override.js";
export type { ConnectOptions } from "./session/raw-connection.js";
export { BacktestConnection } from "./session/raw-connection.js";
export type { SessionEnd } from "./session/session-closing.js";
export type { ConnectionChange } from "./session/session-engine.js";
export type { AccountUpdateOptions, SessionEvents } from "./session/subscribable-session.js";
export type { SubscribeOptions, Subscription, SubscriptionEmitterEvents } from "./session/subscription.js";
export type { OpenTelemetryLike } from "./session/telemetry.js";
export type { AuthMode } from "./transport/auth.js";
export { CLOSE_CODES } from "./transport/close-codes.js";
export type { LivenessPolicy } from "./transport/liveness.js";
export { forwardPageEvents, type PageEventPort, receivePageEvents } from "./transport/page-event-bridge.js";
export type { PageEvent, PageLife, Platform } from "./transport/platform.js";
export type { WebSocketInstance, WebSocketLike } from "./transport/websocket-like.js";
