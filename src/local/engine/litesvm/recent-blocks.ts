import { addressBytes } from "./address-text.js";

/** A block that is behind: its hash is what transactions name for some time. */
export interface PastBlock {
  slot: bigint;
  /** How many blocks lie below it. */
  height: bigint;
  /** Base58. */
  blockhash: string;
}

/** For so many blocks after its own a blockhash may be named. */
const MAX_AGE = 150n;
/** As many as Solana's sysvars list. */
const SLOT_HASHES = 512;
const RECENT_BLOCKHASHES = 150;
const ENTRY_BYTES = 40;
const LAMPORTS_PER_SIGNATURE = 5_000n;

/** The blocks behind a session, as far as transactions and sysvars look back. */
export class RecentBlocks {
  /** The newest comes last. */
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

  get newest(): PastBlock | undefined {
    return this.#blocks.at(-1);
  }

  /** The last height at which the newest block's hash may be named. */
  get lastValidHeight(): bigint {
    return (this.newest?.height ?? 0n) + MAX_AGE;
  }

  /** Whether a transaction may name a blockhash. */
  isValid(blockhash: string): boolean {
    const height = this.#heights.get(blockhash);
    return height !== undefined && this.newest !== undefined && this.newest.height - height <= MAX_AGE;
  }

  /** Data of the SlotHashes sysvar: a count, then slots and hashes, the newest first. */
  get slotHashes(): Uint8Array {
    return this.#slotHashes;
  }

  /** Data of the RecentBlockhashes sysvar: a count, then hashes and their fees, the newest first. */
  get recentBlockhashes(): Uint8Array {
    return this.#recentBlockhashes;
  }
}

/** A counted table with one more entry in front; a new one, for the old one is an account's data. */
function withFirst(table: Uint8Array, max: number, write: (entry: Uint8Array) => void): Uint8Array<ArrayBuffer> {
  const kept = Math.min((table.length - 8) / ENTRY_BYTES, max - 1);
  const next = new Uint8Array(8 + (kept + 1) * ENTRY_BYTES);
  new DataView(next.buffer).setBigUint64(0, BigInt(kept + 1), true);
  write(next.subarray(8, 8 + ENTRY_BYTES));
  next.set(table.subarray(8, 8 + kept * ENTRY_BYTES), 8 + ENTRY_BYTES);
  return next;
}
