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
  toWireChanges,
} from "./continues/continue-params.js";
import type { InjectedTransaction } from "./continues/injected-transactions.js";
import { type RunOptions, runToEnd } from "./continues/run.js";
import { type ContinueResult, type DiscoveryPause, Steps } from "./continues/steps.js";
import type { TransactionInput } from "./continues/transaction-input.js";
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
    super(engine, new SessionRpc(context, () => engine.link.info.rpcEndpoint));
    const { arrivals, continues, gate } = engine;
    this.#steps = new Steps({
      arrivals,
      continues,
      gate,
      lookUp: (transactions, signal) => this.rpc.lookUp(transactions, signal),
    });
  }

  /** The server's description of the session. A re-attach may change the endpoints in it. */
  get info(): SessionInfo {
    return this.engine.link.info;
  }

  /** The state of the control connection. */
  get connection(): ConnectionStatus {
    return this.engine.link.status;
  }

  /** Which part of the session's range has been received. A missing part is not necessarily an error. */
  coverage(): SessionCoverage {
    return this.engine.coverage.coverage;
  }

  /**
   * Looks up the outcomes of transactions with the session's RPC. The results are in the order of the transactions. `outcome` is
   * absent if it is unknown. The local simulator also returns why a transaction could not run.
   *
   * @throws SimulatorError `invalidParams`
   * @example const [{ signature, outcome }] = await session.transactionOutcomes([transaction]);
   */
  async transactionOutcomes(
    transactions: readonly TransactionInput[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<InjectedTransaction[]> {
    return this.rpc.lookUp(toWireChanges({ transactions }).transactions, signal);
  }

  /**
   * `done`: the number of slots up to the highest received slot. `total`: the number of slots in the range. After a resume, `done`
   * includes the slots before the checkpoint.
   */
  get progress(): { done: bigint; total: bigint } {
    return this.engine.coverage.progress;
  }

  /**
   * Executes more blocks. Waits until the control connection and all subscriptions are up, and resolves when the request has been
   * written. The event `readyForContinue` reports that the blocks have been executed.
   *
   * @throws SimulatorError `invalidParams`; `continueInFlight` while the response to another continue request is pending;
   * `runActive` during `run()`; `cancelled` if the signal fires before the request is written; the error that ended the session
   * @example await session.continue({ advanceCount: 10 });
   */
  async continue(params: ContinueParams = {}, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.engine.continues.send(toContinueRequest(params), options);
  }

  /**
   * Executes blocks up to a position. The event `paused` reports that the position has been reached. If another continue request
   * is in progress, that request ends early.
   *
   * @throws SimulatorError with the codes of `continue`
   */
  async continueTo(params: ContinueToParams, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.engine.continues.send(toContinueToRequest(params), options);
  }

  /**
   * Iterates over all events to the end of the session. At each stop, sends a continue request for `step` blocks, by default for
   * all remaining blocks. If a continue request is lost with its connection and nothing happens for `timeouts.continueTimeoutMs`,
   * the request is sent again. During the iteration, all other methods that send a continue request throw `runActive`.
   *
   * @throws SimulatorError `invalidParams` for an invalid step. The iterator throws the error that the session fails with,
   * `cancelled`, or `consumerBusy`
   * @example for await (const event of session.run()) if (event.type === "slot") console.log(event.slot);
   */
  run(options: RunOptions = {}): AsyncIterableIterator<ManagedEvent> {
    return this.iterateRun(options);
  }

  /**
   * Executes `count` blocks, and resolves when the session is ready, paused or completed. Your iterator or listeners still receive
   * all events. If no iterator is active, the call starts the delivery to the listeners.
   *
   * The notifications of the executed blocks can arrive after the promise has resolved, because each subscription has its own
   * connection. To read account states between two steps, use the session's RPC.
   *
   * If the connection is lost and the request may not have reached the server, a `continuity` event of kind `continueUncertain`
   * arrives. The promise stays pending. To continue, check the state of the session, and send the request again with `continue`.
   * Pass a `signal` to limit the wait. The signal does not stop the execution on the server.
   *
   * @throws SimulatorError with the codes of `continue`; `remote` for an error that the server reports
   * @example const { slots } = await session.advance(10);
   */
  advance(count: bigint | number, options: { signal?: AbortSignal } = {}): Promise<ContinueResult> {
    return this.continueUntilReady({ advanceCount: count }, options);
  }

  /**
   * Sends a continue request, and resolves when the session is ready, paused or completed. Your iterator or listeners still receive
   * all events. The notifications of the executed blocks can arrive after the promise has resolved. If the request is lost, the
   * promise stays pending.
   *
   * @throws SimulatorError with the codes of `continue`; `remote` for an error that the server reports
   */
  continueUntilReady(params: ContinueParams = {}, options: { signal?: AbortSignal } = {}): Promise<ContinueResult> {
    return this.#step((steps) => steps.continueUntilReady(params, options.signal));
  }

  /**
   * Executes blocks up to the next batch that matches the session's `discoveries`, and stops before this batch. Resolves with
   * "completed" if there are no more matches. Your iterator or listeners still receive all events. The notifications of the
   * executed blocks can arrive after the promise has resolved. If a request is lost, the promise stays pending.
   *
   * @param options `offset`: how many more batches to execute; the default 0 stops before the matching batch, 1 stops after it
   * @throws SimulatorError with the codes of `continue`; `remote` for an error that the server reports
   * @example for (let at = await session.advanceToDiscovery(); at !== "completed"; at = await session.advanceToDiscovery()) inspect(at);
   */
  advanceToDiscovery(options: { offset?: number; signal?: AbortSignal } = {}): Promise<DiscoveryPause | "completed"> {
    return this.#step((steps) => steps.advanceToDiscovery(options.offset ?? 0, options.signal));
  }

  /**
   * Resolves when the server reports a status. Sends no request. Your iterator or listeners still receive all events. Can be used
   * during `run()`. If a continue request is lost, the promise stays pending. Pass a `signal` to limit the wait.
   *
   * @throws SimulatorError `invalidParams` for an unknown status; `controlClosed` if the session ends without this status; `remote`
   * for an error that the server reports; `cancelled` if the signal fires; the error that ended the session
   */
  waitForStatus(status: BacktestStatus, options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#step((steps) => steps.waitForStatus(status, options.signal));
  }

  /** Closes the session on the server, and all connections. Resolves when everything is closed. */
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
