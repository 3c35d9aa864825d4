import { U64_MAX } from "../../../protocol/scalars.js";
import { addressBytes } from "./address-text.js";

/** An earlier block. Later transactions can use its blockhash until it expires. */
export interface PastBlock {
  slot: bigint;
  /** The block height. */
  height: bigint;
  /** Base58. */
  blockhash: string;
}

/** Number of blocks for which a blockhash is valid. */
const MAX_AGE = 150n;
/** Maximum number of entries in the SlotHashes sysvar. */
const SLOT_HASHES = 512;
const RECENT_BLOCKHASHES = 150;
const ENTRY_BYTES = 40;
const LAMPORTS_PER_SIGNATURE = 5_000n;

/** The earlier blocks of a session, which transactions and sysvars refer to. */
export class RecentBlocks {
  /** The blocks in order, the newest one last. */
  readonly #blocks: PastBlock[] = [];
  readonly #heights = new Map<string, bigint>();
  #slotHashes = new Uint8Array(8);
  #recentBlockhashes = new Uint8Array(8);

  push(block: PastBlock): void {
    const { slot, height, blockhash } = block;
    const hash = addressBytes(blockhash);
    this.#blocks.push(block);
    this.#heights.set(blockhash, height);
    if (this.#blocks.length > SLOT_HASHES) this.#heights.delete((this.#blocks.shift() as PastBlock).blockhash);

    this.#slotHashes = withFirst(this.#slotHashes, SLOT_HASHES, (entry) => {
      new DataView(entry.buffer, entry.byteOffset).setBigUint64(0, slot, true);
      entry.set(hash, 8);
    });
    this.#recentBlockhashes = withFirst(this.#recentBlockhashes, RECENT_BLOCKHASHES, (entry) => {
      entry.set(hash);
      new DataView(entry.buffer, entry.byteOffset).setBigUint64(32, LAMPORTS_PER_SIGNATURE, true);
    });
  }

  /**
   * Fills the SlotHashes sysvar with the slots before `slot`, as on a chain that has run for a long time. Some programs look up a
   * slot in SlotHashes, for example to create a lookup table. The real hashes of these slots are unknown, so each hash is derived
   * from its slot.
   */
  seedSlotHashes(slot: bigint): void {
    const count = Number(slot < BigInt(SLOT_HASHES) ? slot : BigInt(SLOT_HASHES));
    const data = new Uint8Array(8 + count * ENTRY_BYTES);
    const view = new DataView(data.buffer);
    view.setBigUint64(0, BigInt(count), true);
    for (let index = 0; index < count; index++) {
      const at = 8 + index * ENTRY_BYTES;
      const earlier = slot - 1n - BigInt(index);
      view.setBigUint64(at, earlier, true);
      for (let word = 8; word < ENTRY_BYTES; word += 8) view.setBigUint64(at + word, ~earlier & U64_MAX, true);
    }
    this.#slotHashes = data;
  }

  get newest(): PastBlock | undefined {
    return this.#blocks.at(-1);
  }

  /** The last block height at which the newest blockhash is valid. */
  get lastValidHeight(): bigint {
    return (this.newest?.height ?? 0n) + MAX_AGE;
  }

  /** Whether a blockhash is valid. */
  isValid(blockhash: string): boolean {
    const height = this.#heights.get(blockhash);
    return height !== undefined && this.newest !== undefined && this.newest.height - height <= MAX_AGE;
  }

  /** Data of the SlotHashes sysvar: a count, then slots and hashes, newest first. */
  get slotHashes(): Uint8Array {
    return this.#slotHashes;
  }

  /** Data of the RecentBlockhashes sysvar: a count, then hashes and their fees, newest first. */
  get recentBlockhashes(): Uint8Array {
    return this.#recentBlockhashes;
  }
}

/**
 * Returns a copy of a table with a new first entry. Does not change the given table, because it is the data of an account. A
 * table starts with the number of its entries.
 */
function withFirst(table: Uint8Array, max: number, write: (entry: Uint8Array) => void): Uint8Array<ArrayBuffer> {
  const kept = Math.min((table.length - 8) / ENTRY_BYTES, max - 1);
  const next = new Uint8Array(8 + (kept + 1) * ENTRY_BYTES);
  new DataView(next.buffer).setBigUint64(0, BigInt(kept + 1), true);
  write(next.subarray(8, 8 + ENTRY_BYTES));
  next.set(table.subarray(8, 8 + kept * ENTRY_BYTES), 8 + ENTRY_BYTES);
  return next;
}
