import type { ManagedEvent } from "../channels/managed-events.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { ConnectionStatus } from "../connection/status.js";
import type { BacktestStatus } from "../protocol/responses.js";
import type { SessionContext } from "./context.js";
import {
  type ContinueParams,
  type ContinueToParams,
  toContinueRequest,
  toContinueToRequest,
} from "./continues/continue-params.js";
import type { InjectedTransaction } from "./continues/injected-transactions.js";
import { type RunOptions, runToEnd } from "./continues/run.js";
import { type ContinueResult, type DiscoveryPause, Steps } from "./continues/steps.js";
import { type TransactionInput, toWireTransaction } from "./continues/transaction-input.js";
import type { SessionCoverage } from "./coverage.js";
import type { MergeableIterator } from "./events/merge.js";
import type { SessionEngine } from "./session-engine.js";
import { SessionRpc } from "./session-rpc.js";
import { SubscribableSession } from "./subscribable-session.js";

/** A session with a control connection: a single session, or a sub-session of a parallel run. */
export abstract class BacktestSession extends SubscribableSession {
  readonly #steps: Steps;

  /** @internal */
  protected constructor(context: SessionContext, engine: SessionEngine) {
    super(engine, new SessionRpc(context.platform, () => engine.link.info.rpcEndpoint));
    const { arrivals, continues, gate } = engine;
    this.#steps = new Steps({
      arrivals,
      continues,
      gate,
      lookUp: (transactions, signal) => this.rpc.lookUp(transactions, signal),
    });
  }

  /** The server's description of the session. A re-attach may change its endpoints. */
  get info(): SessionInfo {
    return this.engine.link.info;
  }

  /** The control connection. */
  get connection(): ConnectionStatus {
    return this.engine.link.status;
  }

  /** The received part of the range. A missing part is not an error by itself. */
  coverage(): SessionCoverage {
    return this.engine.coverage.coverage;
  }

  /**
   * Looks up the outcomes of transactions by the session's RPC, in their order. One whose outcome is unknown has none. The local simulator
   * also has the reasons of transactions that could not run.
   *
   * @throws SimulatorError `invalidParams`
   * @example const [{ signature, outcome }] = await session.transactionOutcomes([transaction]);
   */
  async transactionOutcomes(
    transactions: readonly TransactionInput[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<InjectedTransaction[]> {
    const wires = transactions.map((transaction, index) => toWireTransaction(transaction, `transactions.${index}`));
    return this.rpc.lookUp(wires, signal);
  }

  /** How far the session has come, in slots. */
  get progress(): { done: bigint; total: bigint } {
    return this.engine.coverage.progress;
  }

  /**
   * Executes further blocks. Waits until the control connection and all subscriptions are up, and resolves when the
   * request is written. The event `readyForContinue` reports that the blocks are executed.
   *
   * @throws SimulatorError `invalidParams`; `continueInFlight` while another one is being answered; `runActive` during
   * `run()`; `cancelled` if the signal fires before it is written; what ended the session
   * @example await session.continue({ advanceCount: 10 });
   */
  async continue(params: ContinueParams = {}, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.engine.continues.send(toContinueRequest(params), options);
  }

  /**
   * Executes up to a position. The event `paused` reports it. If a continue is in progress, it is cut short.
   *
   * @throws SimulatorError as `continue` does
   */
  async continueTo(params: ContinueToParams, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.engine.continues.send(toContinueToRequest(params), options);
  }

  /**
   * Iterates over the events to the end, and sends a continue at each stop: `step` blocks at a time, by default all that
   * are left. A continue that was lost with its connection is sent again when nothing has happened for
   * `timeouts.continueTimeoutMs`. Until the iteration ends, `continue`, `continueTo` and the steps are refused with `runActive`.
   *
   * @throws SimulatorError `invalidParams` for a bad step; from the iterator what the session fails with, `cancelled`, or
   * `consumerBusy`
   * @example for await (const event of session.run()) if (event.type === "slot") console.log(event.slot);
   */
  run(options: RunOptions = {}): AsyncIterableIterator<ManagedEvent> {
    return this.iterateRun(options);
  }

  /**
   * Executes `count` blocks, and resolves when the session is ready, paused or completed. It observes the events and takes
   * none. Without an iterator, it starts the flow of events to the listeners.
   *
   * @throws SimulatorError as `continue` does; `remote` for an error of the server's
   * @example const { slots } = await session.advance(10);
   */
  advance(count: bigint | number, options: { signal?: AbortSignal } = {}): Promise<ContinueResult> {
    return this.#step((steps) => steps.continueUntilReady({ advanceCount: count }, options.signal));
  }

  /**
   * Sends a continue, and resolves when the session is ready, paused or completed. It observes the events, as `advance`.
   *
   * @throws SimulatorError as `continue` does; `remote` for an error of the server's
   */
  continueUntilReady(params: ContinueParams = {}, options: { signal?: AbortSignal } = {}): Promise<ContinueResult> {
    return this.#step((steps) => steps.continueUntilReady(params, options.signal));
  }

  /**
   * Executes up to the next batch that the `discoveries` of the create match, and stops before it. Resolves with "completed" if
   * there is no other match. It observes the events, as `advance`.
   *
   * @param options `offset`: batches to execute beyond that point; 0 by default
   * @throws SimulatorError as `continue` does; `remote` for an error of the server's
   * @example for (let at = await session.advanceToDiscovery(); at !== "completed"; at = await session.advanceToDiscovery()) inspect(at);
   */
  advanceToDiscovery(options: { offset?: number; signal?: AbortSignal } = {}): Promise<DiscoveryPause | "completed"> {
    return this.#step((steps) => steps.advanceToDiscovery(options.offset ?? 0, options.signal));
  }

  /**
   * Resolves when the server reports a status. It observes the events, as `advance`, and may be used during `run()`.
   *
   * @throws SimulatorError `controlClosed` if the session ends without it, what the session failed with, `remote`,
   * `cancelled`
   */
  waitForStatus(status: BacktestStatus, options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#step((steps) => steps.waitForStatus(status, options.signal));
  }

  /** Closes the session on the server, and all connections. Resolves when nothing is open any more. */
  shutdown(): Promise<void> {
    return this.engine.closing.end({ reason: "shutdown" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** @internal */
  protected iterateRun(options: RunOptions): MergeableIterator {
    return runToEnd(this.engine.events.stream, this.engine.continues, this.engine.closing, options);
  }

  #step<T>(take: (steps: Steps) => Promise<T>): Promise<T> {
    this.engine.startFlow();
    return take(this.#steps);
  }
}
