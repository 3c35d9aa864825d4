import type {
  AccountState,
  CreateParams,
  EngineSession,
  ExecutedTransaction,
  MaybePromise,
  PrepareOptions,
} from "../engine/engine.js";
import { Exclusive } from "../engine/exclusive.js";
import { SEND_TRANSACTION, unsupportedInReplay } from "../extras/state-replay.js";
import type { Timing } from "../link/timing.js";
import { NotificationLog } from "../notifications/notification-log.js";
import { invalidRequest } from "../wire/backtest-failure.js";
import { eventFrame, plainFrame, type SessionResponse, sequencedFrame } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { ReplayBuffer, type SequencedEntry } from "./replay-buffer.js";
import { ResponseBacklog } from "./response-backlog.js";
import { checkEngine, type SessionPlan } from "./session-plan.js";
import { SessionWork } from "./session-work.js";
import type { SessionRecorder } from "./simulator-record.js";
import { Stepper, type StepperHost } from "./stepper.js";

export interface SessionIdentity {
  sessionId: string;
  sessionName: string | undefined;
  taskId: string;
  /** The id of the parallel run that the session belongs to, if any. */
  controlSessionId: string | undefined;
}

/** Why a session has ended. */
export type EndReason = "closed" | "disconnected" | "stopped" | "failed";

/** The parts of the simulator that a session uses. */
export interface SessionHost {
  slotDelayMs: number;
  discoveryLeadMs: number;
  /** Whether signatures are verified for transactions in a `continue` request and for scheduled actions. */
  verifySignatures: boolean;
  timing: Timing;
  /** Number of log entries to keep. @default all */
  maxHistory?: number;
  /** Called after each executed block. */
  slotExecuted(session: Session, slot: bigint): void;
  /** Called when the session stops accepting requests. Its subscriptions continue. */
  ended(session: Session, reason: EndReason): void;
}

const NO_OVERRIDES: ReadonlyMap<string, AccountState> = new Map();

/** The server side of one session. */
export class Session {
  readonly identity: SessionIdentity;
  readonly create: CreateParams;
  readonly responses = new ReplayBuffer();
  /** The responses that the client has not received yet. */
  readonly backlog = new ResponseBacklog(this.responses);
  readonly notifications: NotificationLog;
  readonly recorder: SessionRecorder | undefined;
  /** When the session was created, in ms since 1970. */
  readonly createdAt: number;
  readonly #host: SessionHost;
  readonly #exclusive = new Exclusive();
  #engine: EngineSession | undefined;
  #stepper: Stepper | undefined;
  #work: SessionWork | undefined;
  #ended = false;
  #outcome: "open" | "completed" | "failed" = "open";
  #executedSlots = 0;
  #lastSlot: bigint | undefined;

  constructor(
    identity: SessionIdentity,
    create: CreateParams,
    host: SessionHost,
    recorderOf: (log: NotificationLog) => SessionRecorder | undefined,
  ) {
    this.identity = identity;
    this.create = create;
    this.#host = host;
    this.createdAt = host.timing.now();
    this.notifications = new NotificationLog(host.maxHistory);
    this.recorder = recorderOf(this.notifications);
  }

  /** A relative URL, as on the service. The client resolves it against its HTTP base URL. */
  get rpcEndpoint(): string {
    return `/backtest/${this.identity.sessionId}`;
  }

  /** The last slot that has been executed completely. The first slot of the range if no slot has been executed yet. */
  get slot(): bigint {
    return this.#lastSlot ?? this.create.startSlot;
  }

  /** Number of executed blocks. */
  get executedSlots(): number {
    return this.#executedSlots;
  }

  get outcome(): "open" | "completed" | "failed" {
    return this.#outcome;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Whether the session replays recorded account states instead of transactions. */
  get replaysState(): boolean {
    return this.create.replayAccountState;
  }

  /** Whether the engine is open. */
  get isOpen(): boolean {
    return this.#engine !== undefined;
  }

  /** The engine session. For exclusive use of the engine, call `withEngine`. */
  get engine(): EngineSession {
    if (this.#engine === undefined) throw new Error("the session's engine is not open yet");
    return this.#engine;
  }

  /** Returns the parameters of `sessionCreated` and `sessionAttached`. */
  createdMessage(): Extract<SessionResponse, { method: "sessionCreated" }> {
    const { sessionId, sessionName, taskId } = this.identity;
    return {
      method: "sessionCreated",
      params: { session_id: sessionId, rpc_endpoint: this.rpcEndpoint, task_id: taskId, session_name: sessionName },
    };
  }

  /**
   * Opens the engine. Then the session accepts `continue` requests.
   *
   * @throws BacktestFailure
   */
  async open(openEngine: () => MaybePromise<EngineSession>, plan: SessionPlan): Promise<void> {
    const engine = await openEngine();
    try {
      if (this.#ended) throw invalidRequest("the session was ended while its engine was opening");
      checkEngine(plan, engine);
    } catch (error) {
      await engine.close?.();
      throw error;
    }
    this.#work = new SessionWork(plan, engine, {
      respond: (response) => this.respond(response),
      executed: (transactions) => this.#executed(transactions),
      report: (entry) => this.notifications.append(entry),
      discoveryLeadMs: this.#host.discoveryLeadMs,
      verifySignatures: this.#host.verifySignatures,
      timing: this.#host.timing,
    });
    this.#stepper = new Stepper(engine, this.#exclusive, this.#work, this.#stepperHost());
    this.#engine = engine;
    engine.onFailure?.((error) => this.#stepper?.fail(error));
  }

  /** Sends the initial responses of a session: `status`, `discoveryBatch` (if a batch matches) and `readyForContinue`. */
  async begin(): Promise<void> {
    this.respond({ method: "status", params: { status: "programAccountsLoaded" } });
    await this.withEngine(async (engine) => {
      const block = await engine.currentBlock();
      if (block !== undefined) await this.#work?.lookAhead(block);
    });
    this.respond({ method: "readyForContinue" });
  }

  respond(response: SessionResponse): void {
    const entry = this.responses.push(response);
    this.recorder?.response(entry, this.frameOf(entry), this.#isSequenced);
    this.backlog.handleNew();
  }

  /** Builds the frame of a response for the control connection. */
  frameOf({ sequence, members, response }: SequencedEntry): string {
    if (this.identity.controlSessionId !== undefined) return eventFrame(this.identity.sessionId, sequence, members);
    return this.#isSequenced ? sequencedFrame(sequence, members) : plainFrame(response);
  }

  /** Starts a `continue` request. @throws BacktestFailure */
  continue(params: Parameters<Stepper["continue"]>[0]): void {
    if (this.replaysState && params.transactions.length > 0) {
      throw invalidRequest(unsupportedInReplay("a continue request with transactions", SEND_TRANSACTION));
    }
    this.#stepper?.continue(params);
  }

  /** Starts a `continueTo` request. @throws BacktestFailure */
  continueTo(params: Parameters<Stepper["continueTo"]>[0]): void {
    this.#stepper?.continueTo(params);
  }

  /** Runs a task with exclusive use of the engine. */
  withEngine<T>(task: (engine: EngineSession) => MaybePromise<T>): Promise<T> {
    return this.#exclusive.run(() => task(this.engine));
  }

  /**
   * Executes transactions from the client in the next block.
   *
   * @throws BacktestFailure
   */
  async send(transactions: readonly string[], options: PrepareOptions = {}): Promise<readonly ExecutedTransaction[]> {
    return this.withEngine(async (engine) => {
      if (this.#ended || (await engine.currentBlock()) === undefined) throw invalidRequest("the session has no more blocks");
      const executed = await (await engine.prepare(transactions, options)).execute();
      this.#executed(executed);
      this.notifications.announce();
      return executed;
    });
  }

  /** Returns the current state of an account. A state that a scheduled action has set takes precedence. */
  account(address: string): MaybePromise<AccountState | undefined> {
    const override = this.overrides.get(address);
    if (override === undefined) return this.engine.account(address);
    return override.lamports === 0n ? undefined : override;
  }

  /** The account overrides that the scheduled actions have set so far. */
  get overrides(): ReadonlyMap<string, AccountState> {
    return this.#work?.overrides ?? NO_OVERRIDES;
  }

  /** Ends the session. Its subscriptions first send the notifications of all executed slots, and then complete. */
  async end(reason: EndReason): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.backlog.end();
    this.#host.ended(this, reason);
    await this.#stopped();
    this.notifications.end();
    await this.#engine?.close?.();
  }

  /** Waits until execution has stopped, but not longer than `engineStopMs`. */
  async #stopped(): Promise<void> {
    let stopTimer = (): void => {};
    const late = new Promise<void>((resolve) => {
      stopTimer = this.#host.timing.later(LIMITS.engineStopMs, resolve, { keepsProcess: true });
    });
    await Promise.race([this.#stepper?.stop(), late]);
    stopTimer();
  }

  /** Responses have sequence ids in parallel runs and in sessions with a disconnect timeout. */
  get #isSequenced(): boolean {
    return this.identity.controlSessionId !== undefined || (this.create.disconnectTimeoutSecs ?? 0) > 0;
  }

  #executed(transactions: readonly ExecutedTransaction[]): void {
    const replay = this.#work?.stateReplay;
    if (replay !== undefined) replay.take(transactions);
    else
      for (const transaction of transactions)
        this.notifications.append({
          type: transaction.included === false ? "refused" : "transaction",
          slot: transaction.slot,
          transaction,
        });
  }

  #stepperHost(): StepperHost {
    return {
      slotDelayMs: this.#host.slotDelayMs,
      verifySignatures: this.#host.verifySignatures,
      timing: this.#host.timing,
      respond: (response) => this.respond(response),
      executed: (transactions) => this.#executed(transactions),
      announce: () => this.notifications.announce(),
      blockDone: ({ slot, blockTime }) => {
        const parent = this.#lastSlot ?? (slot === 0n ? 0n : slot - 1n);
        const diffs = this.#work?.stateReplay?.takeDiffs() ?? [];
        if (diffs.length > 0) this.notifications.append({ type: "accounts", slot, blockTime, diffs });
        this.notifications.append({ type: "block", slot, parent, blockTime });
        this.#lastSlot = slot;
        this.#executedSlots++;
        this.respond({ method: "slotNotification", params: slot });
        this.#host.slotExecuted(this, slot);
      },
      completed: (summary) => {
        this.#outcome = "completed";
        const fullSummary = { ...summary, rerouteStats: this.#work?.rerouteStats ?? summary.rerouteStats };
        this.respond({ method: "completed", params: { summary: this.create.sendSummary ? fullSummary : undefined } });
        this.notifications.end();
      },
      failed: (error) => {
        this.#outcome = "failed";
        this.respond({ method: "error", params: error });
        this.notifications.end();
      },
      room: () => this.backlog.waitForRoom(),
    };
  }
}
