import { encodeBase58 } from "../../../codec/base58.js";
import type { AccountData } from "../../../protocol/shapes.js";
import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import { toAccountStates } from "../account-state.js";
import type {
  AccountState,
  CreateParams,
  EngineBlock,
  EngineSession,
  PlannedBlock,
  PrepareOptions,
  SimulateOptions,
  Simulation,
} from "../engine.js";
import type { Ledger, LedgerBlock } from "../ledger/ledger.js";
import { loadedAccountsDataSize } from "../loaded-accounts-data-size.js";
import { walletAccounts } from "../local-wallets.js";
import { addressText } from "./address-text.js";
import { putBlockSysvars, putEpochSchedule } from "./block-sysvars.js";
import { withoutStaleSysvars } from "./captured-sysvars.js";
import { type ClientTransaction, readClientMessage, readClientTransaction } from "./client-input.js";
import { Execution } from "./execution.js";
import { Executor, type Run } from "./executor.js";
import { feeOf, withMoreUnits } from "./fees.js";
import { KnownAccounts } from "./known-accounts.js";
import type { ReplaySummary, SkippedTransaction, SkipReason } from "./ledger-comparison.js";
import type { NativeModule } from "./native-litesvm.js";
import { overrideAccounts } from "./override-accounts.js";
import { programDataAddress } from "./programs.js";
import { forgetBlock, planOf, type ReadBlock, type ReadTransaction, readBlock } from "./read-blocks.js";
import { RecentBlocks } from "./recent-blocks.js";
import { Tally } from "./replay-tally.js";
import { hasValidSignatures } from "./signature-check.js";
import { identityOf } from "./transaction-identity.js";
import { Vm } from "./vm.js";

type Range = Pick<CreateParams, "startSlot" | "endSlot" | "extraComputeUnits">;

export interface SessionListeners {
  /** Called for each transaction of the ledger that cannot be replayed. */
  onSkipped?: (skipped: SkippedTransaction) => void;
  /** Called before each execution of a transaction, with the first signature of the transaction. */
  onExecute?: (slot: bigint, signature: Uint8Array) => void;
}

/** The reason why a transaction of the ledger cannot be replayed. */
interface Problem {
  reason: SkipReason;
  detail: string;
}

interface Replayed {
  run: Run;
  executed: Execution;
}

/**
 * A session with one VM. The VM executes a range of a ledger and the transactions of a client, and applies the account changes of
 * the client.
 */
export class LitesvmSession implements EngineSession {
  readonly #ledger: Ledger;
  readonly #range: Range;
  readonly #vm: Vm;
  readonly #recent = new RecentBlocks();
  readonly #executor: Executor;
  readonly #known: KnownAccounts;
  readonly #tally: Tally;
  #current: ReadBlock | undefined;
  #nextBatch = 0;
  /**
   * The slot of the current block, in which transactions of the client are executed. After the end of the range, the slot of the
   * last block.
   */
  #slot: bigint;
  #blockTime: bigint | null = null;
  #nextIndex = 0;

  private constructor(ledger: Ledger, range: Range, vm: Vm, known: KnownAccounts, { onSkipped, onExecute }: SessionListeners) {
    this.#ledger = ledger;
    this.#range = range;
    this.#vm = vm;
    this.#known = known;
    this.#tally = new Tally(onSkipped);
    this.#executor = new Executor(
      vm,
      this.#recent,
      onExecute && (({ signatures }) => onExecute(this.#slot, signatures[0] as Uint8Array)),
    );
    this.#slot = range.startSlot;
  }

  /**
   * Opens a session before the first block of the range.
   *
   * @throws BacktestFailure `noProducedBlocksInRange`; `advanceSlotFailed` if the ledger is unreadable
   */
  static async open(
    module: NativeModule,
    ledger: Ledger,
    range: Range,
    listeners: SessionListeners = {},
  ): Promise<LitesvmSession> {
    const { startSlot, endSlot } = range;
    const start = await readLedger(startSlot, () => ledger.begin(startSlot));
    const first = await readLedger(startSlot, () => ledger.blockFrom(startSlot));
    if (first === undefined || first.slot > endSlot) {
      throw new BacktestFailure({ noProducedBlocksInRange: { start_slot: startSlot, end_slot: endSlot } });
    }
    const vm = new Vm(module);
    putEpochSchedule(vm);
    const refused = vm.load(withoutStaleSysvars(start.accounts));
    const known = new KnownAccounts(vm, start.absent, refused);
    // Adds only wallets that are not in the ledger.
    const wallets = walletAccounts().filter(([address]) => vm.account(address) === undefined);
    for (const [address, state] of wallets) vm.put(address, state);
    known.learn(wallets.map(([address]) => address));
    const session = new LitesvmSession(ledger, range, vm, known, listeners);
    for (const block of start.pastBlocks) session.#recent.push(block);
    await session.#catchUp(start.slot);
    session.#enter(first);
    return session;
  }

  currentBlock(): EngineBlock | undefined {
    if (this.#current === undefined) return undefined;
    const { block, batches } = this.#current;
    return { slot: block.slot, blockTime: block.blockTime, batches: batches.length, nextBatch: this.#nextBatch };
  }

  executeBatch(): Execution[] {
    const batch = this.#current?.batches[this.#nextBatch] ?? [];
    this.#nextBatch++;
    return batch.flatMap((read) => this.#replay(read) ?? []);
  }

  async finishBlock(): Promise<void> {
    const block = this.#current?.block;
    if (block === undefined) return;
    this.#current = undefined;
    this.#leave(block);
    const from = block.slot + 1n;
    const next = from > this.#range.endSlot ? undefined : await readLedger(from, () => this.#ledger.blockFrom(from));
    if (next !== undefined && next.slot <= this.#range.endSlot) this.#enter(next);
  }

  prepare(transactions: readonly string[], { verifySignatures = true }: PrepareOptions = {}): { execute(): Execution[] } {
    const read = transactions.map(readClientTransaction);
    return { execute: () => read.map((one) => this.#executeClients(one, verifySignatures)) };
  }

  applyAccounts(states: Readonly<Record<string, AccountData>>): void {
    const read = toAccountStates(states);
    this.#vm.atomically(() => overrideAccounts(this.#vm, read));
    this.#known.learn([...read.keys()]);
  }

  account(address: string): AccountState | undefined {
    return this.#vm.account(address);
  }

  summary(): ReplaySummary {
    return this.#tally.summary;
  }

  simulate(transactions: readonly string[], options: SimulateOptions = {}): Simulation & { transactions: readonly Execution[] } {
    const { accountOverrides = {}, returnAccounts = [], verifySignatures = false, checkBlockhash = false } = options;
    const read = transactions.map(readClientTransaction);
    const overrides = toAccountStates(accountOverrides);
    return this.#vm.tentatively(() => {
      overrideAccounts(this.#vm, overrides);
      const loadedAccountsDataSizes: number[] = [];
      const executed = read.map((one) => {
        loadedAccountsDataSizes.push(this.#loadedBytes(one));
        const refusal = checkBlockhash ? this.#executor.refusal(one.transaction, one.identity) : undefined;
        return this.#execution(one, this.#run(one, refusal, verifySignatures));
      });
      const accounts = new Map(returnAccounts.map((address) => [address, this.#vm.account(address)]));
      return { transactions: executed, accounts, loadedAccountsDataSizes };
    });
  }

  async plannedBlock(from: bigint): Promise<PlannedBlock | undefined> {
    const { startSlot, endSlot } = this.#range;
    const slot = from < startSlot ? startSlot : from;
    const block = slot > endSlot ? undefined : await readLedger(slot, () => this.#ledger.blockFrom(slot));
    return block === undefined || block.slot > endSlot ? undefined : planOf(readBlock(block));
  }

  latestBlockhash(): { blockhash: string; lastValidBlockHeight: bigint } {
    return { blockhash: this.#recent.newest?.blockhash ?? "", lastValidBlockHeight: this.#recent.lastValidHeight };
  }

  isBlockhashValid(blockhash: string): boolean {
    return this.#recent.isValid(blockhash);
  }

  blockHeight(): bigint {
    return this.#recent.newest?.height ?? 0n;
  }

  programAccounts(program: string): ReadonlyMap<string, AccountState> {
    return this.#vm.programAccounts(program);
  }

  feeForMessage(message: Uint8Array): bigint {
    return feeOf(readClientMessage(message));
  }

  /** Executes the blocks between the start of the ledger and the start of the session, without reporting them. */
  async #catchUp(from: bigint): Promise<void> {
    for (let slot = from; slot < this.#range.startSlot; ) {
      const block = await readLedger(slot, () => this.#ledger.blockFrom(slot));
      if (block === undefined || block.slot >= this.#range.startSlot) return;
      this.#enter(block);
      for (const read of readBlock(block).batches.flat()) this.#execute(read);
      this.#leave(block);
      slot = block.slot + 1n;
      await new Promise(setImmediate);
    }
  }

  #enter(block: LedgerBlock): void {
    this.#current = readBlock(block);
    this.#nextBatch = 0;
    this.#slot = block.slot;
    this.#blockTime = block.blockTime;
    this.#nextIndex = 0;
    if (this.#recent.newest === undefined) {
      const { parentSlot, blockHeight, previousBlockhash } = block;
      this.#recent.seedSlotHashes(parentSlot);
      this.#recent.push({ slot: parentSlot, height: blockHeight - 1n, blockhash: previousBlockhash });
    }
    putBlockSysvars(this.#vm, block, this.#recent, (slot) => this.#ledger.timeOf(slot));
  }

  #leave(block: LedgerBlock): void {
    const { slot, blockHeight, blockhash } = block;
    forgetBlock(block);
    this.#recent.push({ slot, height: blockHeight, blockhash });
  }

  /**
   * Executes a transaction of the ledger, and compares its outcome with the recorded one. Returns `undefined` if the transaction
   * cannot be replayed.
   */
  #replay(read: ReadTransaction): Execution | undefined {
    const result = this.#execute(read);
    if ("reason" in result) {
      const { reason, detail } = result;
      const first = read.transaction?.signatures[0];
      const signature = first && { signature: encodeBase58(first) };
      this.#tally.skip({ slot: this.#slot, index: read.index, ...signature, reason, detail });
      return undefined;
    }
    const { run, executed } = result;
    const { err, before, after, native } = run.outcome;
    const { isSupplied, isBundled } = this.#vm;
    const { addresses } = run.accounts;
    // The logs are passed as a function, so that they are read from the VM only if the ledger contains logs.
    const logs = (): readonly string[] => native?.logs() ?? [];
    this.#tally.compare({ err, addresses, before, after, logs, isSupplied, isBundled }, read.ledger.meta);
    return executed;
  }

  #execute({ ledger, transaction, accounts: ahead, problem }: ReadTransaction): Replayed | Problem {
    if (transaction === undefined) return { reason: "malformed", detail: problem ?? "the bytes are not a transaction" };
    const accounts = transaction.message.lookups.length === 0 ? ahead : this.#executor.accountsOf(transaction);
    const missing = this.#known.problemOf(transaction, accounts, ledger.meta);
    if (missing !== undefined) return missing;
    const identity = identityOf(transaction, ledger.wire);
    if (this.#executor.isProcessed(identity)) return { reason: "refused", detail: "a client has already sent this transaction" };
    const extraComputeUnits = this.#range.extraComputeUnits ?? 0;
    const raised = extraComputeUnits > 0 ? withMoreUnits(ledger.wire, transaction.message, extraComputeUnits) : undefined;
    const verifies = !this.#ledger.isCaptured && raised === undefined;
    const run = this.#executor.run(transaction, accounts, raised ?? ledger.wire, verifies);
    if (!run.included) return { reason: "refused", detail: `the VM refused the transaction: ${String(run.outcome.err)}` };
    this.#known.learn(accounts.addresses);
    const executed = this.#execution({ transaction, wire: ledger.wire }, run);
    this.#executor.markProcessed(identity);
    this.#nextIndex++;
    return { run, executed };
  }

  #executeClients(one: ClientTransaction, verifies: boolean): Execution {
    const run = this.#run(one, this.#executor.refusal(one.transaction, one.identity), verifies);
    const executed = this.#execution(one, run);
    if (run.included) {
      this.#known.learn(run.accounts.addresses);
      this.#executor.markProcessed(one.identity);
      this.#nextIndex++;
    }
    return executed;
  }

  #run({ transaction, wire, withLimits }: ClientTransaction, refusal: string | undefined, verifies: boolean): Run {
    if (refusal !== undefined) return this.#executor.refuse(transaction, refusal);
    // The VM executes `withLimits`, a changed copy of the transaction. Only the original has valid signatures, so the original is
    // verified here.
    if (withLimits !== undefined && verifies && !hasValidSignatures(transaction, wire)) {
      return this.#executor.refuse(transaction, "SignatureFailure");
    }
    const accounts = this.#executor.accountsOf(transaction);
    return this.#executor.run(transaction, accounts, withLimits ?? wire, verifies && withLimits === undefined);
  }

  #loadedBytes({ transaction }: ClientTransaction): number {
    const { addresses } = this.#executor.accountsOf(transaction);
    const codeOf = (state: AccountState): string | undefined => {
      const code = programDataAddress(state);
      return code && addressText(code);
    };
    const read = (address: string): AccountState | undefined => this.#vm.account(address);
    return loadedAccountsDataSize(addresses, transaction.message.lookups.length, read, codeOf);
  }

  #execution(
    { transaction, wire }: Pick<ClientTransaction, "transaction" | "wire">,
    { accounts, outcome, included }: Run,
  ): Execution {
    const { version, instructions } = transaction.message;
    return new Execution(
      {
        slot: this.#slot,
        index: this.#nextIndex,
        blockTime: this.#blockTime,
        wire,
        version,
        addresses: accounts.addresses,
        loaded: accounts.loaded,
        // Stores only the indices, because a parsed message takes several times as much memory as its bytes.
        programs: instructions.map(({ programIdIndex }) => programIdIndex),
        err: outcome.err,
        fee: outcome.fee,
        before: outcome.before,
        after: outcome.after,
        decimals: outcome.decimals,
        included,
      },
      { native: outcome.native },
    );
  }
}

/**
 * Reads from the ledger. Converts an error to a BacktestFailure, which ends the session.
 *
 * @throws BacktestFailure `advanceSlotFailed`
 */
async function readLedger<T>(slot: bigint, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new BacktestFailure({ advanceSlotFailed: { slot, error: reasonOf(error) } });
  }
}
