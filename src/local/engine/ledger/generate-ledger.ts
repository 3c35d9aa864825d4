import { requireOptions } from "../../../protocol/arguments.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import { toU64, U64_MAX } from "../../../protocol/scalars.js";
import { blockTimeOf, hasBlock } from "../synthetic/blocks.js";
import { BlockBuilder, blockhashOf } from "./block-builder.js";
import { ASSOCIATED_TOKEN, COMPUTE_BUDGET, MEMO, SYSTEM, TOKEN, TOKEN_2022 } from "./instructions.js";
import type { Ledger, LedgerBlock, LedgerStart } from "./ledger.js";
import { type LedgerPlan, setLedgerSource } from "./ledger-source.js";
import { makeWorld } from "./ledger-world.js";

/** Options of a generated ledger. The same options always produce the same ledger, byte for byte. */
export interface GenerateLedgerOptions {
  /**
   * The seed of keys, amounts and trades.
   *
   * @default "0"
   */
  seed?: string | number | bigint;
  /**
   * First slot.
   *
   * @default 300_000_000n
   */
  startSlot?: bigint | number;
  /**
   * Last slot, inclusive.
   *
   * @default startSlot + 9_999n
   */
  endSlot?: bigint | number;
  /**
   * Share of slots without a block, from 0 to 1.
   *
   * @default 0
   */
  skipRate?: number;
  /**
   * Transactions in each block, from 1 to 10,000.
   *
   * @default 4
   */
  transactionsPerSlot?: number;
}

const KNOWN: readonly (keyof GenerateLedgerOptions)[] = ["seed", "startSlot", "endSlot", "skipRate", "transactionsPerSlot"];
const MAX_TRANSACTIONS_PER_SLOT = 10_000;

/** Validates the options. @throws SimulatorError `invalidParams` */
function readPlan({ seed = "0", skipRate = 0, transactionsPerSlot = 4, ...slots }: GenerateLedgerOptions): LedgerPlan {
  const startSlot = toU64(slots.startSlot ?? 300_000_000n, "startSlot");
  const last = startSlot + 9_999n;
  const endSlot = toU64(slots.endSlot ?? (last < U64_MAX ? last : U64_MAX), "endSlot");
  if (endSlot < startSlot) throw invalidParams("endSlot", `${endSlot} is before startSlot ${startSlot}`);
  if (!["string", "number", "bigint"].includes(typeof seed)) throw invalidParams("seed", "expected a string or a number");
  if (typeof skipRate !== "number" || !(skipRate >= 0 && skipRate <= 1)) {
    throw invalidParams("skipRate", "expected a number from 0 to 1");
  }
  if (!Number.isInteger(transactionsPerSlot) || transactionsPerSlot < 1 || transactionsPerSlot > MAX_TRANSACTIONS_PER_SLOT) {
    throw invalidParams("transactionsPerSlot", `expected a whole number from 1 to ${MAX_TRANSACTIONS_PER_SLOT}`);
  }
  return { seed: String(seed), startSlot, endSlot, skipRate, transactionsPerSlot };
}

/** The maximum number of cached blocks. */
const HELD_BLOCKS = 512;
const HELD_BUILDERS = 32;
/** Number of slots between two snapshots of the balances. A session starts from the last snapshot before its range. */
const CHECKPOINT_SLOTS = 1_000n;
/** Number of earlier blockhashes that are known at the start of a session. */
const PAST_BLOCKS = 150;

/**
 * Generates a ledger of real, signed transactions: payments, trades with a pool, SPL Token and Token-2022 transfers, new mints,
 * temporary token accounts, and some intended failures. Blocks are built on demand. Balances are computed without a VM, so that a
 * session can start at any slot.
 *
 * @throws SimulatorError `invalidParams`
 * @example
 * const ledger = generateLedger({ seed: "a", startSlot: 100n, endSlot: 199n, transactionsPerSlot: 20 });
 */
export function generateLedger(options: GenerateLedgerOptions = {}): Ledger {
  requireOptions(options, KNOWN);
  const plan = readPlan(options);
  return setLedgerSource(new GeneratedLedger(plan), { type: "generated", plan });
}

/** A block builder, and the first slot that it has not processed. */
interface Cursor {
  slot: bigint;
  builder: BlockBuilder;
}

class GeneratedLedger implements Ledger {
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly isCaptured = false;
  readonly programs = [TOKEN, TOKEN_2022, SYSTEM, COMPUTE_BUDGET, MEMO, ASSOCIATED_TOKEN].map(({ text }) => text);
  readonly #options: LedgerPlan;
  readonly #checkpoints: Cursor[];
  /** The cursors that sessions have used, the most recently used one last. */
  #cursors: Cursor[] = [];
  readonly #blocks = new Map<bigint, LedgerBlock>();

  constructor(options: LedgerPlan) {
    this.#options = options;
    this.startSlot = options.startSlot;
    this.endSlot = options.endSlot;
    this.#checkpoints = [{ slot: this.startSlot, builder: BlockBuilder.atStart(options, makeWorld(options.seed)) }];
  }

  timeOf(slot: bigint): bigint {
    return blockTimeOf(slot);
  }

  begin(slot: bigint): LedgerStart {
    const { builder } = this.#cursorAt(slot);
    // Returns a copy of the states, because the builder changes its states when it moves to a later slot.
    return { slot, accounts: [...builder.model.states()], pastBlocks: this.#pastBlocks(builder) };
  }

  blockFrom(from: bigint): LedgerBlock | undefined {
    const slot = this.#slotWithBlock(from);
    if (slot === undefined) return undefined;
    const held = this.#blocks.get(slot);
    if (held !== undefined) return held;
    const cursor = this.#cursorAt(slot);
    const block = cursor.builder.build(slot);
    cursor.slot = slot + 1n;
    this.#blocks.set(slot, block);
    if (this.#blocks.size > HELD_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value as bigint);
    return block;
  }

  #slotWithBlock(from: bigint): bigint | undefined {
    // With a skip rate of 1, no slot has a block. The loop would check every slot of the range.
    if (this.#options.skipRate === 1) return undefined;
    for (let slot = from < this.startSlot ? this.startSlot : from; slot <= this.endSlot; slot++) {
      if (hasBlock(this.#options, slot)) return slot;
    }
    return undefined;
  }

  /** Returns a cursor that is positioned before a slot. */
  #cursorAt(slot: bigint): Cursor {
    const cursor = this.#takeCursor(slot);
    for (; cursor.slot < slot; cursor.slot++) {
      if (hasBlock(this.#options, cursor.slot)) cursor.builder.skip(cursor.slot);
      const next = cursor.slot + 1n;
      const last = this.#checkpoints.at(-1) as Cursor;
      if (next >= last.slot + CHECKPOINT_SLOTS) this.#checkpoints.push({ slot: next, builder: cursor.builder.copy() });
    }
    return cursor;
  }

  #takeCursor(slot: bigint): Cursor {
    const nearest = (cursors: readonly Cursor[]): Cursor | undefined =>
      cursors.reduce<Cursor | undefined>(
        (best, cursor) => (cursor.slot <= slot && (best === undefined || cursor.slot > best.slot) ? cursor : best),
        undefined,
      );
    const checkpoint = nearest(this.#checkpoints) as Cursor;
    const used = nearest(this.#cursors);
    const cursor =
      used === undefined || used.slot < checkpoint.slot ? { slot: checkpoint.slot, builder: checkpoint.builder.copy() } : used;
    this.#cursors = [...this.#cursors.filter((other) => other !== cursor), cursor].slice(-HELD_BUILDERS);
    return cursor;
  }

  #pastBlocks({ parentSlot, height }: BlockBuilder): LedgerStart["pastBlocks"] {
    const slots = [parentSlot];
    for (let slot = parentSlot - 1n; slot >= this.startSlot && slots.length < PAST_BLOCKS; slot--) {
      if (hasBlock(this.#options, slot)) slots.push(slot);
    }
    const { seed } = this.#options;
    return slots
      .map((slot, age) => ({ slot, height: height - 1n - BigInt(age), blockhash: blockhashOf(seed, slot).text }))
      .reverse();
  }
}
