import { encodeBase58 } from "../../../codec/base58.js";
import { decodeBase64, encodeBase64 } from "../../../codec/base64.js";
import type { SessionSummary } from "../../../protocol/session-summary.js";
import type { AccountData } from "../../../protocol/shapes.js";
import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import { isWritable, parseMessage, parseTransaction, type WireTransaction } from "../../wire/wire-transaction.js";
import { toAccountStates } from "../account-state.js";
import { emptySummary } from "../empty-summary.js";
import type {
  AccountState,
  CreateParams,
  Engine,
  EngineBlock,
  EngineSession,
  ExecutedTransaction,
  PlannedBlock,
  PlannedTransaction,
  PreparedTransactions,
  SimulateOptions,
  Simulation,
} from "../engine.js";
import { bundlesOf } from "../ledger-bundles.js";
import { loadedAccountsDataSize } from "../loaded-accounts-data-size.js";
import {
  type BlockPlan,
  blockhashOf,
  blockTimeOf,
  hasBlock,
  type LedgerBlock,
  type LedgerTransaction,
  makeBlock,
} from "./blocks.js";
import { SYSTEM_PROGRAM, TOKEN_PROGRAM, VAULT_PROGRAM } from "./synthetic-addresses.js";
import { execute, feeOf } from "./synthetic-execution.js";
import { makeWorld, type World } from "./synthetic-world.js";

export interface SyntheticOptions extends BlockPlan {
  /** First slot of the ledger. */
  startSlot: bigint;
  /** Last slot of the ledger, inclusive. */
  endSlot: bigint;
  /** Slots per bundle. A larger number is used if the ledger would otherwise have more than 1,000 bundles. */
  bundleSlots: bigint;
}

/** The maximum number of blocks that are cached before their execution. */
const MAX_AHEAD = 2_000;
/** Number of blocks for which a blockhash is valid, as on Solana. */
const BLOCKHASH_BLOCKS = 150n;

/**
 * Generates a ledger on demand and executes it with a small interpreter in TypeScript. The same seed always produces the same
 * ledger: the transactions of a block depend only on the seed and the slot. The accounts are the same at the start of every
 * session.
 */
export function syntheticEngine(options: SyntheticOptions): Engine {
  const world = makeWorld(options.seed);
  return {
    programs: [TOKEN_PROGRAM.text, VAULT_PROGRAM.text, SYSTEM_PROGRAM.text],
    bundles: bundlesOf({ ...options, timeOf: blockTimeOf }, options.bundleSlots),
    open: ({ startSlot, endSlot }: CreateParams) => {
      const range = { start_slot: startSlot, end_slot: endSlot };
      if (startSlot < options.startSlot || endSlot > options.endSlot) throw new BacktestFailure({ bundleNotFound: range });
      const first = blockFrom(options, startSlot, endSlot);
      if (first === undefined) throw new BacktestFailure({ noProducedBlocksInRange: range });
      return new SyntheticSession(options, world, first, endSlot);
    },
  };
}

function blockFrom(plan: BlockPlan, from: bigint, endSlot: bigint): bigint | undefined {
  // With a skip rate of 1, no slot has a block. Without this check, the loop would visit every slot of the range.
  if (plan.skipRate === 1) return undefined;
  for (let slot = from; slot <= endSlot; slot++) {
    if (hasBlock(plan, slot)) return slot;
  }
  return undefined;
}

class SyntheticSession implements EngineSession {
  readonly #plan: BlockPlan;
  readonly #world: World;
  readonly #startSlot: bigint;
  readonly #endSlot: bigint;
  readonly #accounts: Map<string, AccountState>;
  readonly #ahead = new Map<bigint, LedgerBlock>();
  readonly #summary = emptySummary();
  #block: LedgerBlock | undefined;
  #nextBatch = 0;
  #nextIndex = 0;
  /** The slot of the current block. After the end of the range, the slot of the last block. */
  #slot: bigint;
  #blocksDone = 0n;

  constructor(plan: BlockPlan, world: World, firstSlot: bigint, endSlot: bigint) {
    this.#plan = plan;
    this.#world = world;
    this.#startSlot = firstSlot;
    this.#endSlot = endSlot;
    this.#slot = firstSlot;
    this.#accounts = new Map(world.genesis);
    this.#block = makeBlock(plan, world, firstSlot);
  }

  currentBlock(): EngineBlock | undefined {
    const block = this.#block;
    if (block === undefined) return undefined;
    return { slot: block.slot, blockTime: block.blockTime, batches: block.batches.length, nextBatch: this.#nextBatch };
  }

  executeBatch(): ExecutedTransaction[] {
    const batch = this.#block?.batches[this.#nextBatch] ?? [];
    this.#nextBatch++;
    return batch.map((planned) => {
      const executed = this.#execute(planned.transaction, planned);
      this.#compare(planned, executed);
      return executed;
    });
  }

  finishBlock(): void {
    if (this.#block === undefined) return;
    const next = blockFrom(this.#plan, this.#block.slot + 1n, this.#endSlot);
    this.#block = next === undefined ? undefined : this.#takeBlock(next);
    this.#slot = next ?? this.#slot;
    this.#blocksDone++;
    this.#nextBatch = 0;
    this.#nextIndex = 0;
  }

  prepare(transactions: readonly string[]): PreparedTransactions {
    const parsed = transactions.map(readUserTransaction);
    return {
      execute: () =>
        parsed.map(({ transaction, base64 }) =>
          this.#execute(transaction, { base64, signatures: transaction.signatures.map(encodeBase58) }),
        ),
    };
  }

  applyAccounts(states: Readonly<Record<string, AccountData>>): void {
    putAccounts(this.#accounts, toAccountStates(states));
  }

  account(address: string): AccountState | undefined {
    return this.#accounts.get(address);
  }

  summary(): SessionSummary {
    return { ...this.#summary };
  }

  simulate(transactions: readonly string[], { accountOverrides = {}, returnAccounts = [] }: SimulateOptions = {}): Simulation {
    const accounts = new Map(this.#accounts);
    putAccounts(accounts, toAccountStates(accountOverrides));
    const slot = this.#block?.slot ?? this.#slot;
    const position = { slot, blockTime: blockTimeOf(slot), index: this.#nextIndex };
    const loadedAccountsDataSizes: number[] = [];
    const executed = transactions.map(readUserTransaction).map(({ transaction, base64 }, index) => {
      const read = (address: string): AccountState | undefined => accounts.get(address);
      loadedAccountsDataSizes.push(loadedAccountsDataSize(transaction.keys, 0, read, () => undefined));
      const wire = { base64, signatures: transaction.signatures.map(encodeBase58) };
      return execute(transaction, wire, { ...position, index: position.index + index }, accounts);
    });
    const returned = new Map(returnAccounts.map((address) => [address, accounts.get(address)]));
    return { transactions: executed, accounts: returned, loadedAccountsDataSizes };
  }

  plannedBlock(from: bigint): PlannedBlock | undefined {
    const slot = blockFrom(this.#plan, from < this.#startSlot ? this.#startSlot : from, this.#endSlot);
    if (slot === undefined) return undefined;
    if (slot === this.#block?.slot) return planOf(this.#block);
    const block = this.#ahead.get(slot) ?? makeBlock(this.#plan, this.#world, slot);
    if (slot > this.#slot) {
      this.#ahead.set(slot, block);
      const [oldest] = this.#ahead.keys();
      if (oldest !== undefined && this.#ahead.size > MAX_AHEAD) this.#ahead.delete(oldest);
    }
    return planOf(block);
  }

  latestBlockhash(): { blockhash: string; lastValidBlockHeight: bigint } {
    return { blockhash: blockhashOf(this.#plan, this.#slot).text, lastValidBlockHeight: this.blockHeight() + BLOCKHASH_BLOCKS };
  }

  isBlockhashValid(blockhash: string): boolean {
    const oldest = this.#slot < BLOCKHASH_BLOCKS ? 0n : this.#slot - BLOCKHASH_BLOCKS;
    for (let slot = this.#slot; slot > oldest; slot--) {
      if (hasBlock(this.#plan, slot) && blockhashOf(this.#plan, slot).text === blockhash) return true;
    }
    return false;
  }

  blockHeight(): bigint {
    return this.#startSlot + this.#blocksDone;
  }

  programAccounts(program: string): Map<string, AccountState> {
    return new Map([...this.#accounts].filter(([, { owner }]) => owner === program));
  }

  feeForMessage(message: Uint8Array): bigint {
    return feeOf(readMessage(message));
  }

  #takeBlock(slot: bigint): LedgerBlock {
    const block = this.#ahead.get(slot);
    this.#ahead.delete(slot);
    return block ?? makeBlock(this.#plan, this.#world, slot);
  }

  #execute(transaction: WireTransaction, wire: Pick<LedgerTransaction, "base64" | "signatures">): ExecutedTransaction {
    const { slot, blockTime } = this.#block as LedgerBlock;
    return execute(transaction, wire, { slot, blockTime, index: this.#nextIndex++ }, this.#accounts);
  }

  /** Compares the outcome with the ledger, and counts the result. The outcome differs only if the client has modified accounts. */
  #compare({ succeeds }: LedgerTransaction, { meta }: ExecutedTransaction): void {
    if ((meta.err === null) === succeeds) this.#summary.correctSimulation++;
    else this.#summary.incorrectSimulation++;
  }
}

/** Applies account states. Deletes an account without lamports, because such an account does not exist on Solana. */
function putAccounts(accounts: Map<string, AccountState>, states: ReadonlyMap<string, AccountState>): void {
  for (const [address, state] of states) {
    if (state.lamports === 0n) accounts.delete(address);
    else accounts.set(address, state);
  }
}

function planOf({ slot, batches }: LedgerBlock): PlannedBlock {
  let index = 0;
  return { slot, batches: batches.map((batch) => batch.map((transaction) => planTransaction(transaction, index++))) };
}

function planTransaction({ transaction, base64, signatures, succeeds }: LedgerTransaction, index: number): PlannedTransaction {
  const { keys, instructions } = transaction;
  const programs = [...new Set(instructions.map(({ programIdIndex }) => keys[programIdIndex] as string))];
  return {
    index,
    wire: base64,
    signatures,
    accounts: keys,
    writable: keys.filter((_, position) => isWritable(transaction, position)),
    programs,
    movesTokens: succeeds && programs.includes(TOKEN_PROGRAM.text),
  };
}

function readMessage(message: Uint8Array): WireTransaction {
  try {
    return parseMessage(message);
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index: 0, error: reasonOf(error) } });
  }
}

function readUserTransaction(base64: string, index: number): { transaction: WireTransaction; base64: string } {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(base64);
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionEncoding: { index, error: reasonOf(error) } });
  }
  try {
    const transaction = parseTransaction(bytes);
    if (transaction.lookups.length > 0) throw new RangeError('the engine "synthetic" does not support address lookup tables');
    return { transaction, base64: encodeBase64(bytes) };
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index, error: reasonOf(error) } });
  }
}
