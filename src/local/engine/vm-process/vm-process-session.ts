import { availableParallelism } from "node:os";
import type { AccountData } from "../../../protocol/shapes.js";
import { VERSION } from "../../../version.js";
import type {
  AccountState,
  EngineBlock,
  EngineSession,
  ExecutedTransaction,
  PlannedBlock,
  PreparedTransactions,
  PrepareOptions,
  SimulateOptions,
  Simulation,
} from "../engine.js";
import type { LedgerSource } from "../ledger/ledger-source.js";
import type { ReplaySummary, SkippedTransaction } from "../litesvm/ledger-comparison.js";
import { ExecutionReceiver } from "./execution-transfer.js";
import { ExecutionTurns } from "./execution-turns.js";
import type { OpenOrder } from "./vm-messages.js";
import { VmProcess } from "./vm-process.js";
import { RUNTIME_TIMERS, type WatchdogTimers } from "./vm-watchdog.js";

/** The default of `timeoutMs`. A batch takes less than a second, or a few seconds on a busy machine. */
const VM_TIMEOUT_MS = 30_000;

/** Shared by all sessions in this process. Together, the sessions run at most one VM per core at a time. */
let sharedTurns: ExecutionTurns | undefined;

export interface VmProcessOptions {
  /** The path of the program that the VM process runs. */
  entry: string;
  ledger: LedgerSource;
  range: OpenOrder["range"];
  onSkipped?: ((skipped: SkippedTransaction) => void) | undefined;
  /**
   * Maximum time without progress while the process works on a call, in ms. The start of a transaction counts as progress. After
   * this time, the process is killed, and the session fails. For the call `open`, the limit is four times as long.
   *
   * @default 30_000
   */
  timeoutMs?: number | undefined;
  /** The timers for `timeoutMs`. @default the timers of the runtime */
  timers?: WatchdogTimers | undefined;
  /** Limits how many VM processes work at the same time. @default one per core, for all sessions of this process */
  turns?: ExecutionTurns | undefined;
}

/** A session whose VM runs in its own process. */
export class VmProcessSession implements EngineSession {
  readonly #process: VmProcess;
  readonly #received = new ExecutionReceiver();
  #block: EngineBlock | undefined;

  private constructor(process: VmProcess, block: EngineBlock | undefined) {
    this.#process = process;
    this.#block = block;
  }

  /**
   * Starts a VM process and opens the session in it.
   *
   * @throws BacktestFailure the same errors as `LitesvmSession.open`; Error if the process ends or cannot be started
   */
  static async open(options: VmProcessOptions): Promise<VmProcessSession> {
    const { entry, ledger, range, onSkipped, timeoutMs = VM_TIMEOUT_MS, timers = RUNTIME_TIMERS } = options;
    sharedTurns ??= new ExecutionTurns(availableParallelism());
    const { turns = sharedTurns } = options;
    const process = new VmProcess({ entry, turns, onSkipped, timeoutMs, timers });
    try {
      const order = { version: VERSION, ledger, range, reportsSkipped: onSkipped !== undefined };
      return new VmProcessSession(process, await process.call("open", order));
    } catch (error) {
      await process.close();
      throw error;
    }
  }

  /** The id of the VM process. */
  get pid(): number {
    return this.#process.pid as number;
  }

  currentBlock(): EngineBlock | undefined {
    return this.#block;
  }

  async executeBatch(): Promise<ExecutedTransaction[]> {
    const executed = this.#received.unpack(await this.#process.call("executeBatch"));
    if (this.#block !== undefined) this.#block = { ...this.#block, nextBatch: this.#block.nextBatch + 1 };
    return executed;
  }

  async finishBlock(): Promise<void> {
    this.#block = await this.#process.call("finishBlock");
  }

  async prepare(transactions: readonly string[], options?: PrepareOptions): Promise<PreparedTransactions> {
    await this.#process.call("prepare", transactions);
    return { execute: async () => this.#received.unpack(await this.#process.call("execute", transactions, options)) };
  }

  applyAccounts(states: Readonly<Record<string, AccountData>>): Promise<void> {
    return this.#process.call("applyAccounts", states);
  }

  account(address: string): Promise<AccountState | undefined> {
    return this.#process.call("account", address);
  }

  summary(): Promise<ReplaySummary> {
    return this.#process.call("summary");
  }

  async simulate(transactions: readonly string[], options?: SimulateOptions): Promise<Simulation> {
    const { executed, ...rest } = await this.#process.call("simulate", transactions, options);
    return { transactions: this.#received.unpack(executed), ...rest };
  }

  plannedBlock(from: bigint): Promise<PlannedBlock | undefined> {
    return this.#process.call("plannedBlock", from);
  }

  latestBlockhash(): Promise<{ blockhash: string; lastValidBlockHeight: bigint }> {
    return this.#process.call("latestBlockhash");
  }

  isBlockhashValid(blockhash: string): Promise<boolean> {
    return this.#process.call("isBlockhashValid", blockhash);
  }

  blockHeight(): Promise<bigint> {
    return this.#process.call("blockHeight");
  }

  programAccounts(program: string): Promise<ReadonlyMap<string, AccountState>> {
    return this.#process.call("programAccounts", program);
  }

  feeForMessage(message: Uint8Array): Promise<bigint> {
    return this.#process.call("feeForMessage", message);
  }

  onFailure(listener: (error: Error) => void): void {
    this.#process.onFailure(listener);
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
