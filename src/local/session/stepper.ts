import type { WireBacktestError } from "../../protocol/backtest-error.js";
import type { DecodedRequest } from "../../protocol/requests.js";
import type { BacktestStatus } from "../../protocol/responses.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { EngineBlock, EngineSession, ExecutedTransaction } from "../engine/engine.js";
import type { Exclusive } from "../engine/exclusive.js";
import type { Timing } from "../link/timing.js";
import { BacktestFailure, invalidRequest, toWireError } from "../wire/backtest-failure.js";
import type { SessionResponse } from "../wire/response-frames.js";

type ContinueParams = Extract<DecodedRequest, { method: "continue" }>["params"];
type ContinueToParams = Extract<DecodedRequest, { method: "continueTo" }>["params"];

/** The parts of the session that its stepper uses. */
export interface StepperHost {
  respond(response: SessionResponse): void;
  executed(transactions: readonly ExecutedTransaction[]): void;
  /** Sends pending responses. Called when execution stops or pauses. */
  announce(): void;
  blockDone(block: EngineBlock): void;
  completed(summary: SessionSummary): void;
  /** Called when the engine has failed. */
  failed(error: WireBacktestError): void;
  /** Waits while too many responses have not been sent to the client yet. */
  room(): Promise<void>;
  slotDelayMs: number;
  /** Whether signatures are verified for transactions in a `continue` request. */
  verifySignatures: boolean;
  timing: Timing;
}

/** The work of a session before and after blocks and batches. */
export interface BlockWork {
  /** Searches the next blocks for transactions that match a filter, and reports them to the client (`discoveryBatch`). */
  lookAhead(block: EngineBlock): Promise<void> | undefined;
  /**
   * Returns how long to wait before the next batch, in ms. The wait gives the client time to pause at a reported batch
   * (`discoveryBatch`).
   */
  holdMs(block: EngineBlock): number;
  /** Called before each batch, and once for a block without batches. */
  before(block: EngineBlock): Promise<void> | undefined;
  /** Called after each batch, and once for a block without batches. */
  after(block: EngineBlock, executed: readonly ExecutedTransaction[]): Promise<void> | undefined;
}

/** Where a `continue` or `continueTo` request stops. */
type Goal = { type: "blocks"; left: bigint } | { type: "to"; slot: bigint; batchIndex: number | null };

/** After this many transactions, execution pauses so that sockets and timers can run. */
const TRANSACTIONS_A_TURN = 64;

/**
 * Executes `continue` and `continueTo` requests with an engine. Refuses a `continue` request while another request is running.
 * A `continueTo` request replaces the goal of a running request.
 */
export class Stepper {
  readonly #engine: EngineSession;
  readonly #exclusive: Exclusive;
  readonly #work: BlockWork;
  readonly #host: StepperHost;
  #state: "waiting" | "running" | "done" | "stopped" = "waiting";
  #goal: Goal = { type: "blocks", left: 0n };
  /** The last slot whose block has been executed completely. */
  #lastSlot: bigint | undefined;
  #sinceTurn = 0;
  #isHolding = false;
  #wake: (() => void) | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(engine: EngineSession, exclusive: Exclusive, work: BlockWork, host: StepperHost) {
    this.#engine = engine;
    this.#exclusive = exclusive;
    this.#work = work;
    this.#host = host;
  }

  /**
   * Starts a `continue` request.
   *
   * @throws BacktestFailure if the session cannot continue, or if another request is still running
   */
  continue(params: ContinueParams): void {
    this.#begin({ type: "blocks", left: params.advanceCount }, () => this.#inject(params));
  }

  /**
   * Starts a `continueTo` request, or replaces the goal of the running request.
   *
   * @throws BacktestFailure if the session cannot continue
   */
  continueTo({ slot, batchIndex }: ContinueToParams): void {
    const goal: Goal = { type: "to", slot, batchIndex };
    if (this.#state === "running") {
      this.#goal = goal;
      if (this.#isHolding) this.#wake?.();
    } else this.#begin(goal, () => Promise.resolve(true));
  }

  /** Ends the session because its engine has failed. */
  fail(error: unknown): void {
    if (this.#state === "done" || this.#state === "stopped") return;
    this.#state = "done";
    this.#wake?.();
    this.#host.failed(toWireError(error));
  }

  /** Stops execution. The promise resolves when execution has stopped. */
  stop(): Promise<void> {
    if (this.#state !== "done") this.#state = "stopped";
    this.#wake?.();
    return this.#run;
  }

  #begin(goal: Goal, prepare: () => Promise<boolean>): void {
    if (this.#state === "done" || this.#state === "stopped") throw new BacktestFailure("noMoreBlocks");
    if (this.#state === "running") throw invalidRequest("another continue request is still running");
    this.#state = "running";
    this.#goal = goal;
    this.#run = this.#drive(prepare);
  }

  async #drive(prepare: () => Promise<boolean>): Promise<void> {
    try {
      if (!(await this.#exclusive.run(prepare))) return;
      this.#status("executingBlockTransactions");
      while (this.#isRunning()) {
        const isBlockDone = await this.#exclusive.run(() => this.#step());
        if (isBlockDone) await this.#rest();
        if (this.#sinceTurn >= TRANSACTIONS_A_TURN) {
          this.#sinceTurn = 0;
          this.#host.announce();
          await this.#host.timing.nextTurn();
        }
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Executes the next batch, or stops if the goal of the continue request is reached. Returns `true` if a block was finished. */
  async #step(): Promise<boolean> {
    if (!this.#isRunning()) return false;
    const block = await this.#engine.currentBlock();
    if (block === undefined) {
      await this.#complete();
      return false;
    }
    await this.#work.lookAhead(block);
    await this.#hold(block);
    if (!this.#isRunning()) return false;
    if (this.#isReached(block)) {
      this.#halt(block);
      return false;
    }
    await this.#work.before(block);
    const executed = block.nextBatch < block.batches ? await this.#engine.executeBatch() : [];
    this.#host.executed(executed);
    this.#sinceTurn += executed.length + 1;
    await this.#work.after(block, executed);
    if (block.nextBatch + 1 < block.batches) return false;
    await this.#engine.finishBlock();
    this.#lastSlot = block.slot;
    if (this.#goal.type === "blocks") this.#goal.left--;
    this.#host.blockDone(block);
    // If there is a delay between blocks, the responses of each block are sent before the delay.
    if (this.#host.slotDelayMs > 0) this.#host.announce();
    return true;
  }

  /** Waits before a reported batch (`discoveryBatch`), so that the client can stop the session. */
  async #hold(block: EngineBlock): Promise<void> {
    this.#isHolding = true;
    for (;;) {
      const ms = this.#isRunning() && !this.#isReached(block) ? this.#work.holdMs(block) : 0;
      if (ms <= 0) break;
      await this.#sleep(ms);
    }
    this.#isHolding = false;
  }

  /** Waits after a block until the client has received enough responses, and then for `slotDelayMs`. */
  async #rest(): Promise<void> {
    await this.#host.room();
    if (this.#host.slotDelayMs > 0 && this.#isRunning()) await this.#sleep(this.#host.slotDelayMs);
  }

  /** Whether the session is still running. Check this after each wait. */
  #isRunning(): boolean {
    return this.#state === "running";
  }

  /**
   * Applies the transactions and account states of a `continue` request. If the engine refuses them, returns `false`, and the
   * session waits for another request.
   */
  async #inject({ transactions, modifyAccountStates }: ContinueParams): Promise<boolean> {
    try {
      const prepared = await this.#engine.prepare(transactions, { verifySignatures: this.#host.verifySignatures });
      this.#status("decodedTransactions");
      await this.#engine.applyAccounts(modifyAccountStates);
      this.#status("appliedAccountModifications");
      this.#status("readyToExecuteUserTransactions");
      this.#host.executed(await prepared.execute());
      this.#status("executedUserTransactions");
      return true;
    } catch (error) {
      if (!(error instanceof BacktestFailure)) throw error;
      if (!this.#isRunning()) return false;
      this.#state = "waiting";
      this.#host.respond({ method: "error", params: error.wire });
      this.#host.respond({ method: "readyForContinue" });
      return false;
    }
  }

  #isReached({ slot, nextBatch }: EngineBlock): boolean {
    const goal = this.#goal;
    if (goal.type === "blocks") return goal.left <= 0n;
    return slot > goal.slot || (slot === goal.slot && goal.batchIndex !== null && nextBatch >= goal.batchIndex);
  }

  #halt(block: EngineBlock): void {
    this.#host.announce();
    this.#status("executedBlockTransactions");
    this.#state = "waiting";
    this.#host.respond(
      this.#goal.type === "blocks"
        ? { method: "readyForContinue" }
        : { method: "paused", params: this.#pausedAt(block, this.#goal) },
    );
  }

  /**
   * Returns the position that `paused` reports. With `batchIndex`: the next batch. Without `batchIndex`: the last completed
   * slot.
   */
  #pausedAt({ slot, nextBatch }: EngineBlock, goal: { slot: bigint }): { slot: bigint; batchIndex: number | undefined } {
    if (slot <= goal.slot || nextBatch > 0) return { slot, batchIndex: nextBatch };
    const last = this.#lastSlot;
    return { slot: last === undefined || last < goal.slot ? goal.slot : last, batchIndex: undefined };
  }

  async #complete(): Promise<void> {
    const summary = await this.#engine.summary();
    if (!this.#isRunning()) return;
    this.#status("executedBlockTransactions");
    this.#state = "done";
    this.#host.completed(summary);
  }

  #status(status: BacktestStatus): void {
    this.#host.respond({ method: "status", params: { status } });
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.#host.timing.later(ms, resolve, { keepsProcess: true });
      this.#wake = () => {
        callOff();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
