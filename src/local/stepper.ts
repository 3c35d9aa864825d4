import type { WireBacktestError } from "../protocol/backtest-error.js";
import type { DecodedRequest } from "../protocol/requests.js";
import type { BacktestStatus, SessionSummary } from "../protocol/responses.js";
import type { EngineBlock, EngineSession, ExecutedTransaction } from "./engine.js";
import { BacktestFailure, invalidRequest, toWireError } from "./failure.js";
import type { SessionResponse } from "./responses.js";
import { later, nextTurn } from "./timing.js";

type ContinueParams = Extract<DecodedRequest, { method: "continue" }>["params"];
type ContinueToParams = Extract<DecodedRequest, { method: "continueTo" }>["params"];

/** What the stepping of a session needs of it. */
export interface StepperHost {
  respond(response: SessionResponse): void;
  executed(transactions: readonly ExecutedTransaction[]): void;
  blockDone(slot: bigint): void;
  completed(summary: SessionSummary): void;
  /** The engine can't go on. */
  failed(error: WireBacktestError): void;
  /** Waits while too many responses wait to be taken. */
  room(): Promise<void>;
  slotDelayMs: number;
}

/** Where a continue ends. */
type Goal = { type: "blocks"; left: bigint } | { type: "to"; slot: bigint; batchIndex: number | null };

/** So many transactions are executed before the sockets have their turn. */
const TRANSACTIONS_A_TURN = 64;

/**
 * Drives an engine as continues say. One runs at a time; a continueTo that comes meanwhile puts another goal in its
 * place.
 */
export class Stepper {
  readonly #engine: EngineSession;
  readonly #host: StepperHost;
  #state: "waiting" | "running" | "done" | "stopped" = "waiting";
  #goal: Goal = { type: "blocks", left: 0n };
  /** The last slot whose block was executed whole. */
  #lastSlot: bigint | undefined;
  #sinceTurn = 0;
  #wake: (() => void) | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(engine: EngineSession, host: StepperHost) {
    this.#engine = engine;
    this.#host = host;
  }

  /** @throws BacktestFailure if the session can't go on, or is at it */
  continue(params: ContinueParams): void {
    this.#begin({ type: "blocks", left: params.advanceCount }, () => this.#inject(params));
  }

  /** @throws BacktestFailure if the session can't go on */
  continueTo({ slot, batchIndex }: ContinueToParams): void {
    const goal: Goal = { type: "to", slot, batchIndex };
    if (this.#state === "running") this.#goal = goal;
    else this.#begin(goal, () => Promise.resolve(true));
  }

  /** Ends execution where it stands; resolves once nothing runs any more. */
  stop(): Promise<void> {
    if (this.#state !== "done") this.#state = "stopped";
    this.#wake?.();
    return this.#run;
  }

  #begin(goal: Goal, prepare: () => Promise<boolean>): void {
    if (this.#state === "done" || this.#state === "stopped") throw new BacktestFailure("noMoreBlocks");
    if (this.#state === "running") throw invalidRequest("a continue is still running");
    this.#state = "running";
    this.#goal = goal;
    this.#run = this.#drive(prepare);
  }

  async #drive(prepare: () => Promise<boolean>): Promise<void> {
    try {
      if (!(await prepare())) return;
      this.#status("executingBlockTransactions");
      while (this.#isRunning()) {
        const block = await this.#engine.currentBlock();
        if (block === undefined) return await this.#complete();
        if (this.#isReached(block)) return this.#halt(block);
        await this.#advance(block);
      }
    } catch (error) {
      this.#state = "done";
      this.#host.failed(toWireError(error));
    }
  }

  /** Whether the session was not stopped while something was awaited. */
  #isRunning(): boolean {
    return this.#state === "running";
  }

  /** What a continue brings with it; `false` if it can't be taken, and the session waits for another one. */
  async #inject({ transactions, modifyAccountStates }: ContinueParams): Promise<boolean> {
    try {
      const prepared = await this.#engine.prepare(transactions);
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

  async #advance(block: EngineBlock): Promise<void> {
    const executed = block.nextBatch < block.batches ? await this.#engine.executeBatch() : [];
    this.#host.executed(executed);
    this.#sinceTurn += executed.length + 1;
    if (block.nextBatch + 1 >= block.batches) await this.#finish(block);
    if (this.#sinceTurn >= TRANSACTIONS_A_TURN) {
      this.#sinceTurn = 0;
      await nextTurn();
    }
  }

  async #finish({ slot }: EngineBlock): Promise<void> {
    await this.#engine.finishBlock();
    this.#lastSlot = slot;
    if (this.#goal.type === "blocks") this.#goal.left--;
    this.#host.respond({ method: "slotNotification", params: slot });
    this.#host.blockDone(slot);
    await this.#host.room();
    if (this.#host.slotDelayMs > 0 && this.#isRunning()) await this.#sleep(this.#host.slotDelayMs);
  }

  #isReached({ slot, nextBatch }: EngineBlock): boolean {
    const goal = this.#goal;
    if (goal.type === "blocks") return goal.left <= 0n;
    return slot > goal.slot || (slot === goal.slot && goal.batchIndex !== null && nextBatch >= goal.batchIndex);
  }

  #halt(block: EngineBlock): void {
    this.#status("executedBlockTransactions");
    this.#state = "waiting";
    this.#host.respond(
      this.#goal.type === "blocks"
        ? { method: "readyForContinue" }
        : { method: "paused", params: this.#pausedAt(block, this.#goal) },
    );
  }

  /**
   * Where the session says it has paused: before a batch, or after a slot. A goal that lies behind is reached at once,
   * wherever the session stands: whoever waits for the answer must have one.
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
      const callOff = later(ms, resolve, { keepsProcess: true });
      this.#wake = () => {
        callOff();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
