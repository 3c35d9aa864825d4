import { encodeBase58 } from "../../codec/base58.js";
import { decodeBase64, encodeBase64 } from "../../codec/base64.js";
import type { SessionSummary } from "../../protocol/responses.js";
import type { AccountData } from "../../protocol/shapes.js";
import type {
  AccountState,
  CreateParams,
  Engine,
  EngineBlock,
  EngineSession,
  ExecutedTransaction,
  LedgerBundle,
  PreparedTransactions,
} from "../engine.js";
import { BacktestFailure } from "../failure.js";
import { parseTransaction, type WireTransaction } from "../wire-transaction.js";
import { SYSTEM_PROGRAM, TOKEN_PROGRAM, VAULT_PROGRAM } from "./addresses.js";
import { type BlockPlan, blockTimeOf, hasBlock, type LedgerBlock, type LedgerTransaction, makeBlock } from "./blocks.js";
import { execute } from "./execution.js";
import { makeWorld, type World } from "./world.js";

export interface SyntheticOptions extends BlockPlan {
  /** First slot of the ledger. */
  startSlot: bigint;
  /** Last slot of the ledger, inclusive. */
  endSlot: bigint;
}

const BUNDLE_SLOTS = 1_000n;
const MAX_BUNDLES = 100n;

/**
 * A ledger that is made up as it is asked for, and a small interpreter that executes it: deterministic by its seed, pure
 * TypeScript, no slot dearer than another. A block's transactions depend on the seed and the slot alone; the accounts
 * start every session alike and evolve from there.
 */
export function syntheticEngine(options: SyntheticOptions): Engine {
  const world = makeWorld(options.seed);
  return {
    programs: [TOKEN_PROGRAM.text, VAULT_PROGRAM.text, SYSTEM_PROGRAM.text],
    bundles: bundle(options),
    open: ({ startSlot, endSlot }: CreateParams) => {
      const range = { start_slot: startSlot, end_slot: endSlot };
      if (startSlot < options.startSlot || endSlot > options.endSlot) throw new BacktestFailure({ bundleNotFound: range });
      const first = blockFrom(options, startSlot, endSlot);
      if (first === undefined) throw new BacktestFailure({ noProducedBlocksInRange: range });
      return new SyntheticSession(options, world, first, endSlot);
    },
  };
}

function bundle({ startSlot, endSlot }: SyntheticOptions): LedgerBundle[] {
  const slots = endSlot - startSlot + 1n;
  const size = slots > BUNDLE_SLOTS * MAX_BUNDLES ? (slots + MAX_BUNDLES - 1n) / MAX_BUNDLES : BUNDLE_SLOTS;
  const bundles: LedgerBundle[] = [];
  for (let start = startSlot; start <= endSlot; start += size) {
    const last = start + size - 1n;
    const end = last < endSlot ? last : endSlot;
    bundles.push({ startSlot: start, endSlot: end, startTime: blockTimeOf(start), endTime: blockTimeOf(end) });
  }
  return bundles;
}

function blockFrom(plan: BlockPlan, from: bigint, endSlot: bigint): bigint | undefined {
  // Nothing to look for, and the range may be long.
  if (plan.skipRate === 1) return undefined;
  for (let slot = from; slot <= endSlot; slot++) {
    if (hasBlock(plan, slot)) return slot;
  }
  return undefined;
}

class SyntheticSession implements EngineSession {
  readonly #plan: BlockPlan;
  readonly #world: World;
  readonly #endSlot: bigint;
  readonly #accounts: Map<string, AccountState>;
  readonly #summary: SessionSummary = {
    correctSimulation: 0,
    incorrectSimulation: 0,
    executionErrors: 0,
    balanceDiff: 0,
    logDiff: 0,
    unsanitizable: 0,
    rerouteStats: undefined,
  };
  #block: LedgerBlock | undefined;
  #nextBatch = 0;
  #nextIndex = 0;

  constructor(plan: BlockPlan, world: World, firstSlot: bigint, endSlot: bigint) {
    this.#plan = plan;
    this.#world = world;
    this.#endSlot = endSlot;
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
    this.#block = next === undefined ? undefined : makeBlock(this.#plan, this.#world, next);
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
    const decoded = Object.entries(states).map(([address, data]): [string, AccountState] => [
      address,
      { lamports: BigInt(data.lamports), owner: data.owner, executable: data.executable, data: readAccountBytes(address, data) },
    ]);
    for (const [address, state] of decoded) {
      if (state.lamports === 0n) this.#accounts.delete(address);
      else this.#accounts.set(address, state);
    }
  }

  account(address: string): AccountState | undefined {
    return this.#accounts.get(address);
  }

  summary(): SessionSummary {
    return { ...this.#summary };
  }

  #execute(transaction: WireTransaction, wire: Pick<LedgerTransaction, "base64" | "signatures">): ExecutedTransaction {
    const { slot, blockTime } = this.#block as LedgerBlock;
    return execute(transaction, wire, { slot, blockTime, index: this.#nextIndex++ }, this.#accounts);
  }

  /** Only what a client put in place of accounts can make an outcome differ from the ledger's own. */
  #compare({ succeeds }: LedgerTransaction, { meta }: ExecutedTransaction): void {
    if ((meta.err === null) === succeeds) this.#summary.correctSimulation++;
    else this.#summary.incorrectSimulation++;
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
    if (transaction.lookupTables > 0) throw new RangeError("address lookup tables are not known to the synthetic engine");
    return { transaction, base64: encodeBase64(bytes) };
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index, error: reasonOf(error) } });
  }
}

function readAccountBytes(address: string, { data }: AccountData): Uint8Array {
  try {
    return decodeBase64(data.data);
  } catch (error) {
    throw new BacktestFailure({ invalidAccountEncoding: { address, encoding: data.encoding, error: reasonOf(error) } });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
