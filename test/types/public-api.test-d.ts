import { describe, expectTypeOf, test } from "vitest";
import {
  type AccountData,
  type AccountDiff,
  type AccountDiffEvent,
  type AccountEvent,
  type AccountUpdateOptions,
  type ActionAnchor,
  type ActionResult,
  type ActionResultEvent,
  type AuthMode,
  type AvailableRange,
  type BacktestClient,
  BacktestConnection,
  type BacktestError,
  type BacktestRequest,
  type BacktestResponse,
  type BacktestStatus,
  type BuildStatus,
  type BundleBuild,
  type BundleBuildRequest,
  type BundleBuilds,
  type BundleDeleteRequest,
  type BundleKind,
  type CallOptions,
  CLOSE_CODES,
  type CompletedBundle,
  type CompletedEvent,
  type ComputeTotals,
  type ConnectionStatus,
  type ConnectOptions,
  type ContinueParams,
  type ContinueResult,
  type ContinueToParams,
  type ContinuityEvent,
  createFrameDecoder,
  type DatasetCredentials,
  type DecodedResponse,
  type DeletedBundle,
  type DepthCoverage,
  type DepthRequest,
  type DepthSource,
  type DepthStatus,
  type DiagnosticEvent,
  type DiagnosticProbe,
  type DiagnosticSample,
  type Diagnostics,
  type DiscoveryBatchEvent,
  type DiscoveryFilter,
  type DiscoveryPause,
  type DownPhase,
  decodeAccountData,
  decodeResponse,
  type EncodedBinary,
  type ErrorEvent,
  encodeRequest,
  type FrameDecoder,
  type FrameDecoderOptions,
  filterRanges,
  forwardPageEvents,
  isSimulatorError,
  type LivenessPolicy,
  type Logger,
  type LogsEvent,
  loadCheckpoint,
  ManagedBacktestSession,
  type ManagedEvent,
  ManagedParallelSession,
  type OpenTelemetryLike,
  overrideAt,
  type PageEvent,
  type PageEventPort,
  type PageLife,
  type ParallelEnd,
  type ParallelEvent,
  type ParallelEvents,
  ParallelSubSession,
  type PausedEvent,
  type Platform,
  type ProgramAccountEvent,
  type ProgramOverride,
  programOverride,
  type RangeBound,
  type RangeBounds,
  type ReadyForContinueEvent,
  ReconnectBudget,
  ReconnectCoordinator,
  type ReconnectPolicy,
  type ReconnectSlot,
  type Replacement,
  type ReplacementEvent,
  type RetryContext,
  type RunOptions,
  receivePageEvents,
  type ScheduledAction,
  type SessionCheckpoint,
  type SessionCounts,
  type SessionCoverage,
  type SessionEvents,
  type SessionSummary,
  type SessionTimeouts,
  type SessionUsage,
  type SessionUsagePage,
  type SignatureEvent,
  SimulatorError,
  type SimulatorErrorCode,
  type SlotEvent,
  type SlotRange,
  type SlotUpdateEvent,
  type SplitOptions,
  type StartOptions,
  type StatusEvent,
  type StreamingGuard,
  type Subscription,
  type SubscriptionCheckpoint,
  type SubscriptionKindName,
  saveCheckpoint,
  splitRange,
  type TransactionEvent,
  type TransactionInput,
  type TransactionMeta,
  transactionSignature,
  type UiAccount,
  type UnrecognizedEvent,
  type UsageBucket,
  type UsagePricing,
  type UsageReport,
  type UsageSessions,
  type UsageWindow,
  type WebSocketInstance,
  type WebSocketLike,
  type ZstdError,
  type ZstdErrorCode,
} from "../../src/index.js";

declare const client: BacktestClient;
declare const session: ManagedBacktestSession;
declare const run: ManagedParallelSession;

describe("events", () => {
  test("the type ManagedEvent is a union of named types that is discriminated by `type`", () => {
    type All =
      | ReadyForContinueEvent
      | PausedEvent
      | DiscoveryBatchEvent
      | SlotEvent
      | StatusEvent
      | CompletedEvent
      | ErrorEvent
      | UnrecognizedEvent
      | ContinuityEvent
      | TransactionEvent
      | AccountDiffEvent
      | ActionResultEvent
      | DiagnosticEvent
      | ReplacementEvent
      | LogsEvent
      | AccountEvent
      | ProgramAccountEvent
      | SignatureEvent
      | SlotUpdateEvent;
    expectTypeOf<ManagedEvent>().toEqualTypeOf<All>();
    expectTypeOf<ManagedEvent["type"]>().toEqualTypeOf<Exclude<keyof SessionEvents, "connection" | "progress" | "close">>();
  });

  test("the 64-bit integers of events are bigint, and the 32-bit integers are number", () => {
    expectTypeOf<DiscoveryBatchEvent["slot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<DiscoveryBatchEvent["batchIndex"]>().toEqualTypeOf<number>();
    expectTypeOf<DiscoveryBatchEvent["matched"]>().toEqualTypeOf<DiscoveryFilter[]>();
    expectTypeOf<DiscoveryBatchEvent["transactions"]>().toEqualTypeOf<EncodedBinary[]>();
    expectTypeOf<ActionResultEvent["result"]>().toEqualTypeOf<ActionResult>();
    expectTypeOf<ActionResult["slot"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ActionResult["actionIndex"]>().toEqualTypeOf<number>();
    expectTypeOf<ActionResult["transactionOutcomes"][number]["unitsConsumed"]>().toEqualTypeOf<bigint>();
    expectTypeOf<DiagnosticEvent["sample"]>().toEqualTypeOf<DiagnosticSample>();
    expectTypeOf<DiagnosticSample["routerSlot"]>().toEqualTypeOf<bigint | undefined>();
    expectTypeOf<DiagnosticSample["usdValue"]>().toEqualTypeOf<number>();
    expectTypeOf<ReplacementEvent["replacement"]>().toEqualTypeOf<Replacement>();
    for (const event of [] as (LogsEvent | AccountEvent | ProgramAccountEvent | SignatureEvent | SlotUpdateEvent)[]) {
      expectTypeOf(event.slot).toEqualTypeOf<bigint>();
    }
    expectTypeOf<AccountEvent["account"]>().toEqualTypeOf<UiAccount>();
    expectTypeOf<ProgramAccountEvent["account"]>().toEqualTypeOf<UiAccount>();
    expectTypeOf<SlotUpdateEvent["root"]>().toEqualTypeOf<bigint>();
    // The error of a transaction comes from the runtime and has no fixed shape.
    expectTypeOf<LogsEvent["err"]>().toEqualTypeOf<unknown>();
    expectTypeOf<SignatureEvent["err"]>().toEqualTypeOf<unknown>();
  });

  test("the type Replacement is narrowed by `kind`", () => {
    const read = (replacement: Replacement): void => {
      expectTypeOf(replacement.kind).toEqualTypeOf<"requote" | "directFill" | "original">();
      expectTypeOf(replacement.changeVsL1Bps).toEqualTypeOf<bigint | undefined>();
      // @ts-expect-error: only a direct fill has a template
      replacement.template;
      if (replacement.kind === "directFill") expectTypeOf(replacement.hop.inputAmount).toEqualTypeOf<bigint>();
      if (replacement.kind === "requote") expectTypeOf(replacement.routedTransaction).toEqualTypeOf<EncodedBinary>();
      if (replacement.kind === "original") expectTypeOf(replacement.simulatedOutputAmount).toEqualTypeOf<bigint | undefined>();
    };
    expectTypeOf(read).parameter(0).toEqualTypeOf<Replacement>();
  });

  test("decodeAccountData accepts the account of an event", () => {
    expectTypeOf(decodeAccountData).toBeCallableWith({} as UiAccount);
    expectTypeOf(decodeAccountData).returns.toEqualTypeOf<Uint8Array>();
    expectTypeOf<AccountDiff["pre"]>().toEqualTypeOf<UiAccount | undefined>();
    expectTypeOf(transactionSignature).parameter(0).toEqualTypeOf<TransactionEvent["transaction"]>();
    expectTypeOf<TransactionMeta["fee"]>().toEqualTypeOf<bigint>();
  });
});

describe("a session", () => {
  test("a session has a subscribe method for each kind of subscription", () => {
    expectTypeOf<Subscription["kind"]>().toEqualTypeOf<SubscriptionKindName>();
    for (const subscription of [
      session.subscribeAccountDiffs([""]),
      session.subscribeAccountDiffsOf([""]),
      session.subscribeTransactions([""]),
      session.subscribeActions(),
      session.subscribeDiagnostics(),
      session.subscribeReplacements(),
      session.subscribeLogs([""]),
      session.subscribeAccounts([""], { intraSlotUpdates: true }),
      session.subscribeProgramAccounts([""]),
      session.subscribeSignatures([""]),
      session.subscribeSlots(),
    ]) {
      expectTypeOf(subscription).toExtend<Subscription>();
    }
    expectTypeOf<AccountUpdateOptions>().toEqualTypeOf<{ intraSlotUpdates?: boolean; signal?: AbortSignal }>();
    // @ts-expect-error: this kind has no filter
    session.subscribeActions(["address"]);
    // @ts-expect-error: this kind does not have the option
    session.subscribeLogs(["address"], { intraSlotUpdates: true });
    // @ts-expect-error: the property is read-only
    session.subscribeSlots().kind = "slot";
  });

  test("each step method of a session has a typed result", () => {
    expectTypeOf(session.continue).parameter(0).toEqualTypeOf<ContinueParams | undefined>();
    expectTypeOf(session.continueTo).parameter(0).toEqualTypeOf<ContinueToParams>();
    expectTypeOf(session.run).parameter(0).toEqualTypeOf<RunOptions | undefined>();
    expectTypeOf(session.advanceToDiscovery()).resolves.toEqualTypeOf<DiscoveryPause | "completed">();
    expectTypeOf<DiscoveryPause>().toEqualTypeOf<{ discovery: DiscoveryBatchEvent; paused: PausedEvent }>();
    expectTypeOf(session.continueUntilReady()).resolves.toEqualTypeOf<ContinueResult>();
    expectTypeOf(session.transactionOutcomes(["AQ=="])).resolves.toEqualTypeOf<ContinueResult["transactions"]>();
    expectTypeOf<ContinueResult["outcome"]>().toEqualTypeOf<"ready" | "paused" | "completed">();
    expectTypeOf<ContinueResult["slots"]>().toEqualTypeOf<bigint[]>();
    expectTypeOf<ContinueResult["statuses"]>().toEqualTypeOf<BacktestStatus[]>();
    expectTypeOf(session.waitForStatus).parameter(0).toEqualTypeOf<BacktestStatus>();
    // @ts-expect-error: there is no such status
    void session.waitForStatus("executed");
    expectTypeOf(session.coverage()).toEqualTypeOf<SessionCoverage>();
    expectTypeOf<SessionCoverage["highestSlot"]>().toEqualTypeOf<bigint | undefined>();
    expectTypeOf(session.progress).toEqualTypeOf<{ done: bigint; total: bigint }>();
  });

  test("a continue request accepts account states, and transactions as base64, bytes or objects with serialize()", () => {
    expectTypeOf<NonNullable<ContinueParams["transactions"]>[number]>().toEqualTypeOf<TransactionInput>();
    expectTypeOf<string>().toExtend<TransactionInput>();
    expectTypeOf<Uint8Array>().toExtend<TransactionInput>();
    expectTypeOf<{ serialize(): Uint8Array }>().toExtend<TransactionInput>();
    expectTypeOf<number>().not.toExtend<TransactionInput>();
    expectTypeOf<NonNullable<ContinueParams["modifyAccountStates"]>>().toEqualTypeOf<Record<string, AccountData>>();
    expectTypeOf(session.modifyAccounts).parameter(0).toEqualTypeOf<Record<string, AccountData>>();
    expectTypeOf(session.programOverride("", new Uint8Array())).resolves.toEqualTypeOf<Record<string, AccountData>>();
    expectTypeOf(programOverride).parameter(0).toEqualTypeOf<ProgramOverride>();
    expectTypeOf<ProgramOverride["startSlot"]>().toEqualTypeOf<bigint | number>();
    expectTypeOf(programOverride).returns.toEqualTypeOf<Record<string, AccountData>>();
    expectTypeOf(overrideAt(5n, {})).toEqualTypeOf<ScheduledAction>();
  });

  test("the diagnostics of a session are a read-only snapshot", () => {
    expectTypeOf(session.diagnostics).toEqualTypeOf<Diagnostics>();
    expectTypeOf<Diagnostics["reconnects"]>().toEqualTypeOf<Record<string, number>>();
    expectTypeOf<Diagnostics["losses"]>().toEqualTypeOf<Record<string, Record<string, number>>>();
    // @ts-expect-error: the property is read-only
    session.diagnostics = {} as Diagnostics;
  });

  test("a session is detached into a plain JSON checkpoint, and is resumed from it", () => {
    expectTypeOf(session.checkpoint()).toEqualTypeOf<SessionCheckpoint>();
    expectTypeOf(session.detach()).resolves.toEqualTypeOf<SessionCheckpoint>();
    expectTypeOf(client.resumeSession).parameter(0).toEqualTypeOf<SessionCheckpoint>();
    expectTypeOf(client.resumeSession).returns.resolves.toEqualTypeOf<ManagedBacktestSession>();
    expectTypeOf<SessionCheckpoint["sequence"]>().toEqualTypeOf<string | null>();
    expectTypeOf<SessionCheckpoint["subscriptions"]>().toEqualTypeOf<SubscriptionCheckpoint[]>();
    expectTypeOf<SubscriptionCheckpoint["kind"]>().toEqualTypeOf<SubscriptionKindName>();
    expectTypeOf(saveCheckpoint(session, "run")).toEqualTypeOf<() => void>();
    expectTypeOf(loadCheckpoint("run")).toEqualTypeOf<SessionCheckpoint | undefined>();
    // @ts-expect-error: a sub-session cannot be detached alone
    run.subSessions[0]?.detach();
  });

  test("the session classes are exported for instanceof checks", () => {
    const read = (thing: unknown): void => {
      if (thing instanceof ManagedBacktestSession) expectTypeOf(thing).toEqualTypeOf<ManagedBacktestSession>();
      if (thing instanceof ParallelSubSession) expectTypeOf(thing.range).toEqualTypeOf<SlotRange>();
      if (thing instanceof ManagedParallelSession) expectTypeOf(thing.controlSessionId).toEqualTypeOf<string>();
      if (thing instanceof BacktestConnection) expectTypeOf(thing.closed).toEqualTypeOf<Promise<void>>();
    };
    expectTypeOf(read).returns.toBeVoid();
  });
});

describe("planned actions in the create parameters", () => {
  test("the type ActionAnchor is discriminated by the field `at`", () => {
    expectTypeOf<ActionAnchor["at"]>().toEqualTypeOf<
      "beforeSlot" | "afterSlot" | "beforeEverySlot" | "afterEverySlot" | "beforeMatch" | "afterMatch"
    >();
    expectTypeOf<Extract<ActionAnchor, { slots: unknown }>["slots"]>().toEqualTypeOf<(bigint | number)[]>();
    expectTypeOf<{ at: "beforeMatch" }>().not.toExtend<ActionAnchor>();
    expectTypeOf<{ at: "beforeSlot"; filter: DiscoveryFilter }>().not.toExtend<ActionAnchor>();
    expectTypeOf<ScheduledAction["kind"]>().toEqualTypeOf<"simulate" | "send" | undefined>();
    expectTypeOf<DiagnosticProbe["markets"]>().toEqualTypeOf<string[]>();
    expectTypeOf<{ anchor: ActionAnchor; markets: string[] }>().not.toExtend<DiagnosticProbe>();
  });
});

describe("a parallel run", () => {
  test("a parallel run yields each event together with its sub-session", () => {
    expectTypeOf(client.startParallelSession).returns.resolves.toEqualTypeOf<ManagedParallelSession>();
    expectTypeOf(run).toExtend<AsyncIterable<ParallelEvent>>();
    expectTypeOf(run.run({ step: 1n })).toExtend<AsyncIterable<ParallelEvent>>();
    expectTypeOf<ParallelEvent>().toEqualTypeOf<{ subSession: ParallelSubSession; event: ManagedEvent }>();
    expectTypeOf(run.subSessions).toEqualTypeOf<readonly ParallelSubSession[]>();
    expectTypeOf(run.closed).resolves.toEqualTypeOf<ParallelEnd>();
    expectTypeOf<ParallelEnd["reason"]>().toEqualTypeOf<"completed" | "shutdown" | "failed">();
    expectTypeOf<keyof ParallelEvents>().toEqualTypeOf<"connection" | "close">();
    expectTypeOf(run.progress).toEqualTypeOf<{ done: bigint; total: bigint }>();
    // @ts-expect-error: only a sub-session has `continue`
    void run.continue();
  });
});

describe("a raw connection", () => {
  test("send() of a raw connection accepts each type of request, and responses() yields each type of response", () => {
    expectTypeOf(client.connect).parameter(0).toEqualTypeOf<ConnectOptions | undefined>();
    expectTypeOf(client.connect).returns.resolves.toEqualTypeOf<BacktestConnection>();
    expectTypeOf<BacktestConnection["send"]>().parameter(0).toEqualTypeOf<BacktestRequest>();
    expectTypeOf<ReturnType<BacktestConnection["responses"]>>().toExtend<AsyncIterable<DecodedResponse>>();
    expectTypeOf(encodeRequest).toEqualTypeOf<(request: BacktestRequest) => string>();
    expectTypeOf(decodeResponse).returns.toEqualTypeOf<DecodedResponse>();
    expectTypeOf<DecodedResponse["response"]>().toEqualTypeOf<BacktestResponse>();
  });
});

describe("HTTP calls", () => {
  test("HTTP calls return 64-bit integers as bigint, and field names in camelCase", () => {
    expectTypeOf(client.health()).resolves.toEqualTypeOf<boolean>();
    expectTypeOf(client.ready()).resolves.toEqualTypeOf<boolean>();
    expectTypeOf(client.availableRanges()).resolves.toEqualTypeOf<AvailableRange[]>();
    expectTypeOf(client.usage()).resolves.toEqualTypeOf<UsageReport>();
    expectTypeOf<UsageReport["daily"]>().toEqualTypeOf<UsageBucket[] | undefined>();
    expectTypeOf<UsageReport["pricing"]>().toEqualTypeOf<UsagePricing | undefined>();
    expectTypeOf<UsageReport["compute"]>().toEqualTypeOf<ComputeTotals>();
    expectTypeOf<UsageReport["sessions"]>().toEqualTypeOf<SessionCounts>();
    expectTypeOf<ComputeTotals["sessionDurationMs"]>().toEqualTypeOf<bigint>();
    expectTypeOf(client.snapshotSlot()).resolves.toEqualTypeOf<{ snapshotSlot: bigint }>();
    expectTypeOf<CallOptions>().toHaveProperty("signal");
  });

  test("usageSessions iterates over sessions or over pages", () => {
    const sessions: UsageSessions = client.usageSessions({ since: "2026-01-01" } satisfies UsageWindow);
    expectTypeOf(sessions).toExtend<AsyncIterable<SessionUsage>>();
    expectTypeOf(sessions.pages()).toExtend<AsyncIterable<SessionUsagePage>>();
  });

  test("bundles can be built, listed and deleted", () => {
    expectTypeOf(client.buildBundle).parameter(0).toEqualTypeOf<BundleBuildRequest>();
    expectTypeOf(client.buildBundle).returns.resolves.toEqualTypeOf<BundleBuild>();
    expectTypeOf(client.bundleBuild).returns.resolves.toEqualTypeOf<BundleBuild>();
    expectTypeOf(client.bundleBuilds).returns.resolves.toEqualTypeOf<BundleBuilds>();
    expectTypeOf<BundleBuilds["bundles"]>().toEqualTypeOf<CompletedBundle[] | undefined>();
    expectTypeOf(client.deleteBundle).parameter(0).toEqualTypeOf<BundleDeleteRequest>();
    expectTypeOf(client.deleteBundle).returns.resolves.toEqualTypeOf<DeletedBundle>();
    expectTypeOf<BundleKind>().toEqualTypeOf<"blocks" | "account_state">();
    // A newer server may send an unknown status, such as "brewing".
    expectTypeOf<"brewing">().toExtend<BuildStatus>();
    expectTypeOf<BundleBuild["status"]>().toEqualTypeOf<BuildStatus>();
  });

  test("depth datasets and credentials can be requested", () => {
    expectTypeOf(client.generateDepth).parameter(0).toEqualTypeOf<DepthRequest>();
    expectTypeOf(client.generateDepth).returns.resolves.toEqualTypeOf<DepthStatus>();
    expectTypeOf(client.depthStatus).returns.resolves.toEqualTypeOf<DepthStatus>();
    expectTypeOf(client.depthCoverage).returns.resolves.toEqualTypeOf<DepthCoverage>();
    expectTypeOf<DepthSource>().toEqualTypeOf<"onchain" | "router">();
    expectTypeOf(client.datasetCredentials).returns.resolves.toEqualTypeOf<DatasetCredentials>();
  });

  test("splitRange and filterRanges are functions that need no client", () => {
    const ranges: AvailableRange[] = [];
    expectTypeOf(splitRange(ranges, { startSlot: 1, endSlot: 2n })).toEqualTypeOf<{ startSlot: bigint; endSlot: bigint }[]>();
    expectTypeOf<SplitOptions["prefer"]>().toEqualTypeOf<"most" | "fewest" | undefined>();
    // @ts-expect-error: there is no such preference
    splitRange(ranges, { startSlot: 1, endSlot: 2 }, { prefer: "best" });
    expectTypeOf(filterRanges).parameter(1).toEqualTypeOf<RangeBounds>();
    expectTypeOf<RangeBound>().toEqualTypeOf<bigint | number | string | Date>();
  });
});

describe("parts that can be used without a client", () => {
  test("ReconnectBudget and ReconnectCoordinator can be created without a client", () => {
    const budget = new ReconnectBudget({ maxAttempts: 3 });
    expectTypeOf(budget.nextBackoff()).toEqualTypeOf<number | undefined>();
    expectTypeOf<ConstructorParameters<typeof ReconnectBudget>[0]>().toEqualTypeOf<Partial<ReconnectPolicy> | undefined>();
    const coordinator = new ReconnectCoordinator();
    expectTypeOf(coordinator.enter()).toEqualTypeOf<StreamingGuard>();
    expectTypeOf(coordinator.reconnectSlot()).resolves.toEqualTypeOf<ReconnectSlot | undefined>();
    // @ts-expect-error: there is no such limit
    new ReconnectBudget({ attempts: 3 });
  });

  test("a frame decoder returns text, and a ZstdError has a typed code", () => {
    expectTypeOf(createFrameDecoder).parameter(0).toEqualTypeOf<FrameDecoderOptions | undefined>();
    expectTypeOf(createFrameDecoder()).resolves.toEqualTypeOf<FrameDecoder>();
    expectTypeOf<FrameDecoder["decode"]>().toEqualTypeOf<(frame: Uint8Array) => string>();
    expectTypeOf<ZstdError["code"]>().toEqualTypeOf<ZstdErrorCode>();
  });

  test("CLOSE_CODES is a read-only record of names", () => {
    expectTypeOf(CLOSE_CODES).toEqualTypeOf<Readonly<Record<number, string>>>();
    // @ts-expect-error: the property is read-only
    CLOSE_CODES[1000] = "another";
  });

  test("a SimulatorError has one of the listed codes, and optional details", () => {
    const error = new SimulatorError("cancelled", "it was");
    expectTypeOf(error).toExtend<Error>();
    expectTypeOf(error.code).toEqualTypeOf<SimulatorErrorCode>();
    expectTypeOf(error.remote).toEqualTypeOf<BacktestError | undefined>();
    expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
    expectTypeOf(error.field).toEqualTypeOf<string | undefined>();
    // @ts-expect-error: there is no such code
    new SimulatorError("oops", "it was");
  });

  test("a ConnectionStatus with the state `down` has a `phase` of the type DownPhase", () => {
    expectTypeOf<Extract<ConnectionStatus, { state: "down" }>["phase"]>().toEqualTypeOf<DownPhase>();
    expectTypeOf<DownPhase>().toEqualTypeOf<"connecting" | "handshaking" | "backingOff" | "parked" | "suspended">();
  });
});

describe("the options of a client", () => {
  type Options = ConstructorParameters<typeof BacktestClient>[0];

  test("each client option has its own type", () => {
    expectTypeOf<Options["auth"]>().toEqualTypeOf<AuthMode | undefined>();
    expectTypeOf<Options["logger"]>().toEqualTypeOf<Logger | false | undefined>();
    expectTypeOf(console).toExtend<Logger>();
    expectTypeOf<{ info(message: string): void }>().not.toExtend<Logger>();
    expectTypeOf<Options["reconnect"]>().toEqualTypeOf<Partial<ReconnectPolicy> | undefined>();
    expectTypeOf<NonNullable<ReconnectPolicy["shouldRetry"]>>().parameter(0).toEqualTypeOf<RetryContext>();
    expectTypeOf<NonNullable<ReconnectPolicy["shouldRetry"]>>().returns.toEqualTypeOf<boolean>();
    expectTypeOf<Options["timeouts"]>().toEqualTypeOf<Partial<SessionTimeouts> | undefined>();
    expectTypeOf<Options["liveness"]>().toEqualTypeOf<Partial<LivenessPolicy> | undefined>();
    expectTypeOf<Options["telemetry"]>().toEqualTypeOf<OpenTelemetryLike | undefined>();
    expectTypeOf<Options["platform"]>().toEqualTypeOf<Partial<Platform> | undefined>();
    expectTypeOf(receivePageEvents).parameter(0).toEqualTypeOf<PageEventPort>();
    expectTypeOf<MessagePort>().toExtend<PageEventPort>();
    expectTypeOf(forwardPageEvents).toBeCallableWith({} as Worker);
    expectTypeOf(receivePageEvents).returns.toEqualTypeOf<PageLife>();
    expectTypeOf(forwardPageEvents).returns.toEqualTypeOf<() => void>();
    expectTypeOf<Options["pageEvents"]>().toEqualTypeOf<PageLife | undefined>();
    expectTypeOf<Parameters<PageLife["onPageEvent"]>[0]>().parameter(0).toEqualTypeOf<PageEvent>();
    expectTypeOf<"frozen" | "thawed" | "online" | "offline" | "visible">().toEqualTypeOf<PageEvent>();
    expectTypeOf<Options["WebSocket"]>().toEqualTypeOf<WebSocketLike | undefined>();
    expectTypeOf<InstanceType<WebSocketLike>>().toEqualTypeOf<WebSocketInstance>();
    expectTypeOf<Options["compression"]>().toEqualTypeOf<"zstd" | "none" | undefined>();
    expectTypeOf<"gzip">().not.toExtend<Options["compression"]>();
    expectTypeOf<"deep">().not.toExtend<Options["validate"]>();
    expectTypeOf<{ pingMs: number }>().not.toExtend<Options["liveness"]>();
  });

  test("startSession accepts a listener for connection changes", () => {
    expectTypeOf(client.startSession).parameter(1).toEqualTypeOf<StartOptions | undefined>();
    expectTypeOf<NonNullable<StartOptions["onConnection"]>>()
      .parameter(0)
      .toEqualTypeOf<{ channel: string; status: ConnectionStatus }>();
  });

  test("the event `completed` has an optional session summary", () => {
    expectTypeOf<CompletedEvent["summary"]>().toEqualTypeOf<SessionSummary | undefined>();
  });

  test("isSimulatorError narrows a value to SimulatorError, and to the given code", () => {
    const error: unknown = undefined;
    if (isSimulatorError(error, "sessionBusy")) expectTypeOf(error.code).toEqualTypeOf<"sessionBusy">();
    if (isSimulatorError(error)) expectTypeOf(error).toExtend<SimulatorError>();
  });
});
