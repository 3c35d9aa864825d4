import type {
  AccountDiffEvent,
  AccountEvent,
  ActionResultEvent,
  DiagnosticEvent,
  LogsEvent,
  ManagedEvent,
  NotificationEvent,
  ProgramAccountEvent,
  ReplacementEvent,
  SignatureEvent,
  SlotUpdateEvent,
  TransactionEvent,
} from "../channels/managed-events.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { toAddress, toSignature } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import type { Diagnostics } from "./diagnostics.js";
import { callListener, rethrowLater } from "./events/call-listener.js";
import { StreamEmitter } from "./events/stream-emitter.js";
import type { SessionEnd } from "./session-closing.js";
import type { ConnectionChange, SessionEngine } from "./session-engine.js";
import type { SessionRpc } from "./session-rpc.js";
import type { SubscribeOptions, Subscription } from "./subscription.js";

/** The events that a session emits: the events of its stream, the changes of its connections, and its end. */
export type SessionEvents = {
  [E in ManagedEvent as E["type"]]: (event: E) => void;
} & {
  /** A change of a connection. Only listeners receive it: it is not part of the stream. */
  connection: (change: ConnectionChange) => void;
  /** `progress` or `coverage()` has changed. Listeners receive this event, iterators do not. */
  progress: () => void;
  /** The session has ended, and its connections are closed. */
  close: (end: SessionEnd) => void;
};

/** Options of `subscribeAccounts` and `subscribeProgramAccounts`. */
export interface AccountUpdateOptions extends SubscribeOptions {
  /** `true`: one notification per write. `false`: one notification per slot, with the account's last state. @default false */
  intraSlotUpdates?: boolean;
}

/** Subscriptions without filters use a single stream with an empty filter. */
const NO_FILTER: readonly string[] = [""];

/** The base of all sessions: subscriptions, events, and JSON-RPC. */
export abstract class SubscribableSession extends StreamEmitter<SessionEvents> implements AsyncIterable<ManagedEvent> {
  /**
   * Resolves when all events of the session have been delivered or dropped. The value shows how the session ended. Never rejects.
   */
  readonly closed: Promise<SessionEnd>;
  readonly #engine: SessionEngine;
  readonly #rpc: SessionRpc;

  /** @internal */
  protected constructor(engine: SessionEngine, rpc: SessionRpc) {
    super();
    this.#engine = engine;
    this.#rpc = rpc;
    this.closed = engine.closing.closed;
    engine.open({
      handleEvent: (event) => this.#emitEvent(event),
      handleConnection: (change) => callListener(() => this.emit("connection", change)),
      handleProgress: () => callListener(() => this.emit("progress")),
      handleClose: (end) => callListener(() => this.emit("close", end)),
    });
  }

  /** The open subscriptions, in the order of creation. Each has its own connection. */
  get subscriptions(): readonly Subscription[] {
    return this.#engine.subscriptions;
  }

  /** Counters of the session. */
  get diagnostics(): Diagnostics {
    const { counters, events, upMs } = this.#engine;
    return counters.snapshot({ queueLength: events.length, queueBytes: events.flowControl.bytes, upMs });
  }

  /**
   * Subscribes to the changes of all accounts of programs. Each change is delivered once. Every call of a `subscribe…` method opens
   * one connection, which closes by itself after the session's last slot.
   *
   * @throws SimulatorError `invalidParams` for an empty list or an invalid address, `controlClosed` if the session has ended,
   * `cancelled` for an aborted signal
   * @example session.subscribeAccountDiffs([TOKEN_PROGRAM]);
   */
  subscribeAccountDiffs(programs: string[], options: SubscribeOptions = {}): Subscription<AccountDiffEvent> {
    return this.#subscribe("accountDiff", "programs", programs, options);
  }

  /**
   * Subscribes to the changes of single accounts. Each change is delivered once.
   *
   * @throws SimulatorError `invalidParams`, `controlClosed`, `cancelled`
   */
  subscribeAccountDiffsOf(accounts: string[], options: SubscribeOptions = {}): Subscription<AccountDiffEvent> {
    return this.#subscribe("singleAccountDiff", "accounts", accounts, options);
  }

  /**
   * Subscribes to transactions that mention programs. A transaction is delivered once for each subscribed program that it mentions.
   *
   * @throws SimulatorError `invalidParams`, `controlClosed`, `cancelled`
   */
  subscribeTransactions(programs: string[], options: SubscribeOptions = {}): Subscription<TransactionEvent> {
    return this.#subscribe("transaction", "programs", programs, options);
  }

  /** Subscribes to the results of the session's scheduled `actions`. @throws SimulatorError `controlClosed`, `cancelled` */
  subscribeActions({ signal }: SubscribeOptions = {}): Subscription<ActionResultEvent> {
    return this.#open("action", NO_FILTER, signal);
  }

  /** Subscribes to the results of the session's `diagnosticProbes`. @throws SimulatorError `controlClosed`, `cancelled` */
  subscribeDiagnostics({ signal }: SubscribeOptions = {}): Subscription<DiagnosticEvent> {
    return this.#open("diagnostic", NO_FILTER, signal);
  }

  /**
   * Subscribes to the replacements of historical swaps, of all three kinds: re-quotes, direct fills, and replays of the original
   * swaps.
   *
   * @throws SimulatorError `controlClosed`, `cancelled`
   */
  subscribeReplacements({ signal }: SubscribeOptions = {}): Subscription<ReplacementEvent> {
    return this.#open("replacement", NO_FILTER, signal);
  }

  /**
   * Subscribes to logs of transactions that mention addresses.
   *
   * @throws SimulatorError `invalidParams`, `controlClosed`, `cancelled`
   */
  subscribeLogs(addresses: string[], options: SubscribeOptions = {}): Subscription<LogsEvent> {
    return this.#subscribe("logs", "addresses", addresses, options);
  }

  /**
   * Subscribes to the states of accounts: the last state in each slot, or with `intraSlotUpdates` the state after each write.
   *
   * @throws SimulatorError `invalidParams`, `controlClosed`, `cancelled`
   */
  subscribeAccounts(addresses: string[], options: AccountUpdateOptions = {}): Subscription<AccountEvent> {
    return this.#subscribe("account", "addresses", addresses, options);
  }

  /**
   * Subscribes to the states of all accounts of programs.
   *
   * @throws SimulatorError `invalidParams`, `controlClosed`, `cancelled`
   */
  subscribeProgramAccounts(programs: string[], options: AccountUpdateOptions = {}): Subscription<ProgramAccountEvent> {
    return this.#subscribe("program", "programs", programs, options);
  }

  /**
   * Subscribes to transactions by their signatures. The event arrives when the transaction is executed.
   *
   * @throws SimulatorError `invalidParams`, `controlClosed`, `cancelled`
   */
  subscribeSignatures(signatures: string[], options: SubscribeOptions = {}): Subscription<SignatureEvent> {
    return this.#subscribe("signature", "signatures", signatures, options);
  }

  /** Subscribes to each slot that the session's bank reaches. @throws SimulatorError `controlClosed`, `cancelled` */
  subscribeSlots({ signal }: SubscribeOptions = {}): Subscription<SlotUpdateEvent> {
    return this.#open("slot", NO_FILTER, signal);
  }

  /**
   * Resolves with the next event. From the first call on, events are buffered until you read them.
   *
   * @throws SimulatorError `controlClosed` after the end, the error that the session failed with, `cancelled` if the signal fires,
   * `consumerBusy` during another iteration
   */
  nextEvent(options: { signal?: AbortSignal } = {}): Promise<ManagedEvent> {
    return this.#engine.events.stream.next(options.signal);
  }

  /**
   * Iterates over the session's events. After a `break`, the next iteration continues with the next event.
   *
   * @throws SimulatorError `consumerBusy` from the first `next()` during another iteration
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ManagedEvent> {
    return this.#engine.events.stream.iterate();
  }

  /**
   * Sets account states with the session's RPC, between two continue requests. Resolves with the number of accounts.
   *
   * @throws SimulatorError `http`, `unreachable`
   */
  async modifyAccounts(accounts: Record<string, AccountData>): Promise<number> {
    return this.#rpc.modifyAccounts(accounts);
  }

  /**
   * Builds the account states that replace an upgradeable program, for `modifyAccountStates` in a continue request or for
   * `modifyAccounts`. Reads slot, authority and lamports from the session.
   *
   * @throws SimulatorError `invalidParams` for an invalid address; `http` if the program is not upgradeable; `unreachable`
   */
  async programOverride(program: string, elf: Uint8Array): Promise<Record<string, AccountData>> {
    return this.#rpc.programOverride(program, elf);
  }

  /** @internal For subclasses. */
  protected get engine(): SessionEngine {
    return this.#engine;
  }

  /** @internal */
  protected get rpc(): SessionRpc {
    return this.#rpc;
  }

  #subscribe<E extends NotificationEvent>(
    kind: SubscriptionKindName,
    field: string,
    filters: unknown,
    { intraSlotUpdates, signal }: AccountUpdateOptions,
  ): Subscription<E> {
    if (!Array.isArray(filters) || filters.length === 0) throw invalidParams(field, "expected a list with at least one");
    const check = kind === "signature" ? toSignature : toAddress;
    const checked = filters.map((filter, index) => check(filter, `${field}.${index}`));
    return this.#open(kind, checked, signal, intraSlotUpdates ? { intraSlotUpdates } : undefined);
  }

  #open<E extends NotificationEvent>(
    kind: SubscriptionKindName,
    filters: readonly string[],
    signal: AbortSignal | undefined,
    config?: Readonly<Record<string, unknown>>,
  ): Subscription<E> {
    // The cast is safe, because all notifications of a kind have the same event type.
    return this.#engine.subscribe({ kind, filters, ...(config && { config }) }, signal) as unknown as Subscription<E>;
  }

  protected override startFlow(): void {
    this.#engine.startFlow();
  }

  /** The flow does not stop when the last listener is removed: later events are dropped. */
  protected override stopFlow(): void {}

  /** Emits one event. It creates no closure and no array, because it runs for every event. */
  #emitEvent(event: ManagedEvent): void {
    try {
      this.emit(event.type, event as never);
    } catch (error) {
      rethrowLater(error);
    }
  }
}
