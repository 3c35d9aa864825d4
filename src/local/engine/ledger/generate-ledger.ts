import { blockTimeOf, hasBlock } from "../synthetic/blocks.js";
import { BlockBuilder, blockhashOf } from "./block-builder.js";
import { ASSOCIATED_TOKEN, COMPUTE_BUDGET, MEMO, SYSTEM, TOKEN, TOKEN_2022 } from "./instructions.js";
import type { Ledger, LedgerBlock, LedgerStart } from "./ledger.js";
import { makeWorld } from "./ledger-world.js";

/** What a ledger is made up from. The same options make the same ledger, byte for byte. */
export interface GenerateLedgerOptions {
  /** Names the ledger: keys, amounts, who trades with whom. */
  seed: string;
  startSlot: bigint;
  /** Inclusive. */
  endSlot: bigint;
  /** Share of slots without a block, 0 to 1. */
  skipRate: number;
  /** 1 to 10,000. */
  transactionsPerSlot: number;
}

/** Blocks that are held: looked at ahead of time and executed later, they are made once. */
const HELD_BLOCKS = 512;
const HELD_BUILDERS = 32;
/** Whoever begins somewhere works out what was before, from the last of these on. */
const CHECKPOINT_SLOTS = 1_000n;
/** A session begins with the hashes of so many blocks behind it. */
const PAST_BLOCKS = 150;

/**
 * A made-up ledger of real, signed transactions: wallets that pay each other and a pool that they trade with, SPL Token and
 * Token-2022, accounts and mints that come and go, some transactions failing on purpose. Blocks are made when they are asked
 * for; what everybody holds at a slot is worked out without a VM, so that a session may begin anywhere.
 *
 * @example
 * const ledger = generateLedger({ seed: "a", startSlot: 100n, endSlot: 199n, skipRate: 0, transactionsPerSlot: 20 });
 */
export function generateLedger(options: GenerateLedgerOptions): Ledger {
  return new GeneratedLedger(options);
}

/** A builder, and the first slot that it has not come to. */
interface Cursor {
  slot: bigint;
  builder: BlockBuilder;
}

class GeneratedLedger implements Ledger {
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly isCaptured = false;
  readonly programs = [TOKEN, TOKEN_2022, SYSTEM, COMPUTE_BUDGET, MEMO, ASSOCIATED_TOKEN].map(({ text }) => text);
  readonly #options: GenerateLedgerOptions;
  readonly #checkpoints: Cursor[];
  /** Where sessions stand; the one that was used last comes last. */
  #cursors: Cursor[] = [];
  readonly #blocks = new Map<bigint, LedgerBlock>();

  constructor(options: GenerateLedgerOptions) {
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
    // The builder goes on, perhaps before these are read.
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
    // Nothing to look for, and the range may be long.
    if (this.#options.skipRate === 1) return undefined;
    for (let slot = from < this.startSlot ? this.startSlot : from; slot <= this.endSlot; slot++) {
      if (hasBlock(this.#options, slot)) return slot;
    }
    return undefined;
  }

  /** A cursor that stands before a slot. */
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
