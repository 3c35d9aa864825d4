import { EventEmitter } from "eventemitter3";
import type { ManagedEvent } from "../channels/managed-events.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import type { ConnectionStatus } from "../connection/status.js";
import type { BacktestStatus } from "../protocol/responses.js";
import { toAddress, toSignature } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import { invalidParams } from "../protocol/simulator-error.js";
import type { Platform } from "../transport/platform.js";
import type { ResumedState } from "./checkpoint.js";
import type { SessionContext } from "./context.js";
import { type ContinueParams, type ContinueToParams, toContinueRequest, toContinueToRequest } from "./continue-params.js";
import { type ControlLink, SessionCore, type SessionEnd, type ToLink } from "./core.js";
import type { SessionCoverage } from "./coverage.js";
import type { Diagnostics } from "./diagnostics.js";
import type { Subscription } from "./managed-subscription.js";
import { type RunOptions, runToEnd } from "./run.js";
import { fetchProgramOverride, modifyAccounts } from "./session-rpc.js";
import { type ContinueResult, type DiscoveryPause, Steps } from "./steps.js";
import { tell } from "./tell.js";

/** What a session emits: each stream event by its type, each change of a connection, and the end. */
export type SessionEvents = {
  [E in ManagedEvent as E["type"]]: (event: E) => void;
} & {
  /** Sent for each change, to listeners only: it is no part of the stream. */
  connection: (change: { channel: string; status: ConnectionStatus }) => void;
  close: (end: SessionEnd) => void;
};

export interface AccountUpdateOptions {
  /** One notification a write. Default: one a slot, with the account's last state. */
  intraSlotUpdates?: boolean;
}

/** One stream that no filter tells from others. */
const NO_FILTER: readonly string[] = [""];

type EventName = EventEmitter.EventNames<SessionEvents>;
type Listener<T extends EventName> = EventEmitter.EventListener<SessionEvents, T>;

/** What drives a session, be it one of its own or one of a parallel run's. */
export abstract class SessionDriver extends EventEmitter<SessionEvents> implements AsyncIterable<ManagedEvent> {
  /** How the session ended. Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #core: SessionCore;
  readonly #fetch: Platform["fetch"];
  readonly #steps: Steps;

  /** @param toLink makes what brings the session its control events */
  protected constructor(context: SessionContext, toLink: ToLink, resumed?: ResumedState) {
    super();
    this.#fetch = (input, init) => context.platform.fetch(input, init);
    this.#core = new SessionCore(
      context,
      toLink,
      {
        handleEvent: (event) => this.#tell(event.type, event),
        handleConnection: (change) => this.#tell("connection", change),
        handleClose: (end) => this.#tell("close", end),
      },
      resumed,
    );
    this.#steps = new Steps(this.#core.flow, this.#core.continues);
    this.closed = this.#core.closed;
  }

  /** What the server said of the session; a re-attach may move its endpoints. */
  get info(): SessionInfo {
    return this.link.info;
  }

  /** The control connection. */
  get connection(): ConnectionStatus {
    return this.link.status;
  }

  /** The subscriptions that are open, in the order they were made: each is a connection of its own. */
  get subscriptions(): readonly Subscription[] {
    return this.#core.subscriptions;
  }

  /** Counters of what was seen so far. */
  get diagnostics(): Diagnostics {
    return this.#core.counters.snapshot(this.#core.flow.store.length, this.#core.upMs);
  }

  /** What of the range was seen; it fails nothing by itself. */
  coverage(): SessionCoverage {
    return this.#core.coverage.coverage;
  }

  /** How far the session has come, in slots. */
  get progress(): { done: bigint; total: bigint } {
    return this.#core.coverage.progress;
  }

  /**
   * Listens. The first listener for a stream event starts the flow on the next microtask; listeners for `connection` and
   * `close` don't.
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
   * Account changes of these programs, each once. One connection, as for every call of a `subscribe…`; it ends by itself
   * after the session's last slot.
   *
   * @throws SimulatorError `invalidParams` for no program or a bad address, `controlClosed` when the session is over
   * @example session.subscribeAccountDiffs([TOKEN_PROGRAM]);
   */
  subscribeAccountDiffs(programs: string[]): Subscription {
    return this.#subscribe("accountDiff", "programs", programs);
  }

  /** Changes of single accounts, each once. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeAccountDiffsOf(accounts: string[]): Subscription {
    return this.#subscribe("singleAccountDiff", "accounts", accounts);
  }

  /**
   * Transactions that mention these programs, each once for every program that it mentions.
   *
   * @throws SimulatorError as `subscribeAccountDiffs` does
   */
  subscribeTransactions(programs: string[]): Subscription {
    return this.#subscribe("transaction", "programs", programs);
  }

  /** What the create's `actions` do when they fire. @throws SimulatorError `controlClosed` when the session is over */
  subscribeActions(): Subscription {
    return this.#core.subscribe({ kind: "action", filters: NO_FILTER });
  }

  /** What the create's `diagnosticProbes` find. @throws SimulatorError `controlClosed` when the session is over */
  subscribeDiagnostics(): Subscription {
    return this.#core.subscribe({ kind: "diagnostic", filters: NO_FILTER });
  }

  /**
   * What stood in for each historical swap, of all three kinds: re-quotes, direct fills, originals replayed beside them.
   *
   * @throws SimulatorError `controlClosed` when the session is over
   */
  subscribeReplacements(): Subscription {
    return this.#core.subscribe({ kind: "replacement", filters: NO_FILTER });
  }

  /** Logs of the transactions that mention these addresses. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeLogs(addresses: string[]): Subscription {
    return this.#subscribe("logs", "addresses", addresses);
  }

  /**
   * States of these accounts: the last one of each slot, or with `intraSlotUpdates` one a write.
   *
   * @throws SimulatorError as `subscribeAccountDiffs` does
   */
  subscribeAccounts(addresses: string[], options: AccountUpdateOptions = {}): Subscription {
    return this.#subscribe("account", "addresses", addresses, options);
  }

  /** States of all accounts of these programs, likewise. @throws SimulatorError as `subscribeAccountDiffs` does */
  subscribeProgramAccounts(programs: string[], options: AccountUpdateOptions = {}): Subscription {
    return this.#subscribe("program", "programs", programs, options);
  }

  /** Tells when these transactions have been executed. @throws SimulatorError `invalidParams`, `controlClosed` */
  subscribeSignatures(signatures: string[]): Subscription {
    return this.#subscribe("signature", "signatures", signatures);
  }

  /** Tells of each slot that the session's bank reaches. @throws SimulatorError `controlClosed` when the session is over */
  subscribeSlots(): Subscription {
    return this.#core.subscribe({ kind: "slot", filters: NO_FILTER });
  }

  /**
   * Executes further blocks: waits until the control connection and all subscriptions are up, and resolves when the
   * request is written. `readyForContinue` tells that they are done.
   *
   * @throws SimulatorError `invalidParams`; `continueInFlight` while another one is being answered; `cancelled` if the
   * signal fires before it is written; what ended the session
   * @example await session.continue({ advanceCount: 10 });
   */
  async continue(params: ContinueParams = {}, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#core.continues.send(toContinueRequest(params), options.signal);
  }

  /**
   * Executes up to a point, which `paused` tells. May be sent while a continue is being answered: it cuts that short.
   *
   * @throws SimulatorError as `continue` does
   */
  async continueTo(params: ContinueToParams, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#core.continues.send(toContinueToRequest(params), options.signal);
  }

  /**
   * The next event. From the first call on events are held until they are taken.
   *
   * @throws SimulatorError `controlClosed` after the end, what the session failed with, `cancelled` if the signal fires
   */
  nextEvent(options: { signal?: AbortSignal } = {}): Promise<ManagedEvent> {
    return this.#core.flow.next(options.signal);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ManagedEvent> {
    return this.#core.flow.iterate();
  }

  /**
   * Events to the end, with a continue at each stop: `step` blocks at a time, by default all that are left. A continue
   * that was lost with its connection is sent again when nothing has moved for `timeouts.progressMs`.
   *
   * @throws SimulatorError `invalidParams` for a bad step; from the iterator what the session fails with, or `cancelled`
   * @example for await (const event of session.run()) if (event.type === "slot") console.log(event.slot);
   */
  run(options: RunOptions = {}): AsyncIterableIterator<ManagedEvent> {
    return runToEnd(this.#core.flow, this.#core.continues, options);
  }

  /**
   * Executes up to just before the next batch that the create's `discoveries` match: waits for a discovery, sends
   * `continueTo`, waits for the pause. What comes meanwhile goes to listeners. "completed" when there are no more.
   *
   * @param options `offset`: batches to execute beyond that point; default 0
   * @throws SimulatorError as `continue` and `nextEvent` do; `remote` for an error of the server's
   * @example for (let at = await session.advanceToDiscovery(); at !== "completed"; at = await session.advanceToDiscovery()) inspect(at);
   */
  advanceToDiscovery(options: { offset?: number; signal?: AbortSignal } = {}): Promise<DiscoveryPause | "completed"> {
    return this.#step((steps) => steps.advanceToDiscovery(options.offset ?? 0, options.signal));
  }

  /** Continues, and resolves at the next stop, or the end. What comes meanwhile goes to listeners. @throws SimulatorError */
  continueUntilReady(params: ContinueParams = {}, options: { signal?: AbortSignal } = {}): Promise<ContinueResult> {
    return this.#step((steps) => steps.continueUntilReady(params, options.signal));
  }

  /** Resolves when the server has come to a step. What comes meanwhile goes to listeners. @throws SimulatorError */
  waitForStatus(status: BacktestStatus, options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#step((steps) => steps.waitForStatus(status, options.signal));
  }

  /**
   * Puts account states in place between two continues, by the session's RPC. Resolves with how many there were.
   *
   * @throws SimulatorError `http`, `unreachable`
   */
  async modifyAccounts(accounts: Record<string, AccountData>): Promise<number> {
    return modifyAccounts(this.#fetch, this.info.rpcEndpoint, accounts);
  }

  /**
   * What swaps an upgradeable program for another, with slot, authority and lamports as the session has them: for a
   * continue's `modifyAccountStates`, or `modifyAccounts`.
   *
   * @throws SimulatorError `invalidParams` for a bad address; `http` if it is no upgradeable program; `unreachable`
   */
  async programOverride(program: string, elf: Uint8Array): Promise<Record<string, AccountData>> {
    return fetchProgramOverride(this.#fetch, this.info.rpcEndpoint, program, elf);
  }

  /** Closes the session on the server, and all connections. Resolves when nothing is open any more. */
  shutdown(): Promise<void> {
    return this.#core.leave({ reason: "shutdown" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** For the sessions that can be left and resumed. */
  protected get core(): SessionCore {
    return this.#core;
  }

  protected get link(): ControlLink {
    return this.#core.link;
  }

  async #step<T>(take: (steps: Steps) => Promise<T>): Promise<T> {
    const giveBack = this.#core.flow.borrow();
    try {
      return await take(this.#steps);
    } finally {
      giveBack();
    }
  }

  #subscribe(kind: SubscriptionKindName, field: string, filters: unknown, { intraSlotUpdates }: AccountUpdateOptions = {}) {
    if (!Array.isArray(filters) || filters.length === 0) throw invalidParams(field, "expected a list with at least one");
    const check = kind === "signature" ? toSignature : toAddress;
    const checked = filters.map((filter, index) => check(filter, `${field}.${index}`));
    return this.#core.subscribe({ kind, filters: checked, ...(intraSlotUpdates && { config: { intraSlotUpdates } }) });
  }

  #startFlow(event: EventName): this {
    if (event !== "connection" && event !== "close") this.#core.flow.startFlow();
    return this;
  }

  #tell<T extends EventName>(name: T, payload: Parameters<Listener<T>>[0]): void {
    if (this.listenerCount(name) > 0) tell(() => this.emit(name, ...([payload] as Parameters<Listener<T>>)));
  }
}
