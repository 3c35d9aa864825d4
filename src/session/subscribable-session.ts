import { EventEmitter } from "eventemitter3";
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
import type { SessionEnd } from "./session-closing.js";
import type { ConnectionChange, SessionEngine } from "./session-engine.js";
import type { SessionRpc } from "./session-rpc.js";
import type { SubscribeOptions, Subscription } from "./subscription.js";

/** What a session emits: each event of its stream by its type, each change of a connection, and its end. */
export type SessionEvents = {
  [E in ManagedEvent as E["type"]]: (event: E) => void;
} & {
  /** A change of a connection. For listeners only: it is not part of the stream. */
  connection: (change: ConnectionChange) => void;
  /** `progress` or `coverage()` changed, when a slot or the end arrived. For listeners only. */
  progress: () => void;
  close: (end: SessionEnd) => void;
};

export interface AccountUpdateOptions extends SubscribeOptions {
  /** Notifies once per write. @default once per slot, with the account's last state */
  intraSlotUpdates?: boolean;
}

/** Events that are not part of the stream. Their listeners consume nothing. */
const OBSERVATIONS: ReadonlySet<string> = new Set(["connection", "progress", "close"]);

/** One stream without a filter. */
const NO_FILTER: readonly string[] = [""];

type EventName = EventEmitter.EventNames<SessionEvents>;
type Listener<T extends EventName> = EventEmitter.EventListener<SessionEvents, T>;

/** A session that can be subscribed to: its subscriptions, its events, and its JSON-RPC. */
export abstract class SubscribableSession extends EventEmitter<SessionEvents> implements AsyncIterable<ManagedEvent> {
  /** Resolves with how the session ended, once all of its events are delivered or dropped. Never rejects. */
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

  /** The open subscriptions, in the order they were made. Each has its own connection. */
  get subscriptions(): readonly Subscription[] {
    return this.#engine.subscriptions;
  }

  /** Counters of the session. */
  get diagnostics(): Diagnostics {
    const { counters, events, upMs } = this.#engine;
    return counters.snapshot({ queueLength: events.length, queueBytes: events.bytes, upMs });
  }

  /**
   * Listens. The first listener for an event of the stream starts the flow on the next microtask; listeners for
   * `connection`, `progress` and `close` do not. During an iteration, listeners receive each event as it is delivered.
   */
  override on<T extends EventName>(event: T, listener: Listener<T>, context?: unknown): this {
    super.on(event, listener, context);
    return this.#startFlow(event);
  }

  override addListener<T extends EventName>(event: T, listener: Listener<T>, context?: unknown): this {
    return this.on(event, listener, context);
  }

  override once<T extends EventName>(event: T, listener: Listener<T>, context?: unknown): this {
    super.once(event, listener, context);
    return this.#startFlow(event);
  }

  /**
   * Subscribes to account changes of programs, each once. Every call of a `subscribe…` opens one connection, which closes
   * by itself after the session's last slot.
   *
   * @throws SimulatorError `invalidParams` for no program or a bad address, `controlClosed` when the session has ended,
   * `cancelled` for an aborted signal
   * @example session.subscribeAccountDiffs([TOKEN_PROGRAM]);
   */
  subscribeAccountDiffs(programs: string[], options: SubscribeOptions = {}): Subscription<AccountDiffEvent> {
    return this.#subscribe("accountDiff", "programs", programs, options);
  }

  /** Subscribes to changes of single accounts, each once. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeAccountDiffsOf(accounts: string[], options: SubscribeOptions = {}): Subscription<AccountDiffEvent> {
    return this.#subscribe("singleAccountDiff", "accounts", accounts, options);
  }

  /**
   * Subscribes to transactions that mention programs: each once for every program that it mentions.
   *
   * @throws SimulatorError as `subscribeAccountDiffs` does
   */
  subscribeTransactions(programs: string[], options: SubscribeOptions = {}): Subscription<TransactionEvent> {
    return this.#subscribe("transaction", "programs", programs, options);
  }

  /** Subscribes to the results of the create's `actions`. @throws SimulatorError `controlClosed`, `cancelled` */
  subscribeActions({ signal }: SubscribeOptions = {}): Subscription<ActionResultEvent> {
    return this.#open("action", NO_FILTER, signal);
  }

  /** Subscribes to the results of the create's `diagnosticProbes`. @throws SimulatorError `controlClosed`, `cancelled` */
  subscribeDiagnostics({ signal }: SubscribeOptions = {}): Subscription<DiagnosticEvent> {
    return this.#open("diagnostic", NO_FILTER, signal);
  }

  /**
   * Subscribes to what replaced each historical swap, of all three kinds: re-quotes, direct fills, and replays of the originals.
   *
   * @throws SimulatorError `controlClosed`, `cancelled`
   */
  subscribeReplacements({ signal }: SubscribeOptions = {}): Subscription<ReplacementEvent> {
    return this.#open("replacement", NO_FILTER, signal);
  }

  /** Subscribes to logs of transactions that mention addresses. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeLogs(addresses: string[], options: SubscribeOptions = {}): Subscription<LogsEvent> {
    return this.#subscribe("logs", "addresses", addresses, options);
  }

  /**
   * Subscribes to the states of accounts: the last one of each slot, or with `intraSlotUpdates` one per write.
   *
   * @throws SimulatorError as `subscribeAccountDiffs` does
   */
  subscribeAccounts(addresses: string[], options: AccountUpdateOptions = {}): Subscription<AccountEvent> {
    return this.#subscribe("account", "addresses", addresses, options);
  }

  /** Subscribes to the states of all accounts of programs. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeProgramAccounts(programs: string[], options: AccountUpdateOptions = {}): Subscription<ProgramAccountEvent> {
    return this.#subscribe("program", "programs", programs, options);
  }

  /** Subscribes to the execution of transactions. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeSignatures(signatures: string[], options: SubscribeOptions = {}): Subscription<SignatureEvent> {
    return this.#subscribe("signature", "signatures", signatures, options);
  }

  /** Subscribes to each slot that the session's bank reaches. @throws SimulatorError `controlClosed`, `cancelled` */
  subscribeSlots({ signal }: SubscribeOptions = {}): Subscription<SlotUpdateEvent> {
    return this.#open("slot", NO_FILTER, signal);
  }

  /**
   * Resolves with the next event. From the first call on, events are buffered until they are read.
   *
   * @throws SimulatorError `controlClosed` after the end, what the session failed with, `cancelled` if the signal fires,
   * `consumerBusy` while another iteration is under way
   */
  nextEvent(options: { signal?: AbortSignal } = {}): Promise<ManagedEvent> {
    return this.#engine.events.stream.next(options.signal);
  }

  /**
   * Iterates over the session's events. After a `break`, the next iteration continues.
   *
   * @throws SimulatorError `consumerBusy` from the first `next()` during another iteration
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ManagedEvent> {
    return this.#engine.events.stream.iterate();
  }

  /**
   * Sets account states between two continues, by the session's RPC. Resolves with how many there were.
   *
   * @throws SimulatorError `http`, `unreachable`
   */
  async modifyAccounts(accounts: Record<string, AccountData>): Promise<number> {
    return this.#rpc.modifyAccounts(accounts);
  }

  /**
   * Builds the account states that swap an upgradeable program, with slot, authority and lamports as the session has
   * them: for a continue's `modifyAccountStates`, or for `modifyAccounts`.
   *
   * @throws SimulatorError `invalidParams` for a bad address; `http` if the program is not upgradeable; `unreachable`
   */
  async programOverride(program: string, elf: Uint8Array): Promise<Record<string, AccountData>> {
    return this.#rpc.programOverride(program, elf);
  }

  /** @internal For the classes below. */
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
    // A kind's notifications all have its event type.
    return this.#engine.subscribe({ kind, filters, ...(config && { config }) }, signal) as unknown as Subscription<E>;
  }

  #startFlow(event: EventName): this {
    if (!OBSERVATIONS.has(event)) this.#engine.startFlow();
    return this;
  }

  /** The hot path: no closure, no array per event. */
  #emitEvent(event: ManagedEvent): void {
    try {
      this.emit(event.type, event as never);
    } catch (error) {
      rethrowLater(error);
    }
  }
}
