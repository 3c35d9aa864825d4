import { join, resolve } from "node:path";
import { requireText } from "../../../protocol/arguments.js";
import { readTransaction } from "../../../protocol/transaction-message.js";
import { addressText } from "../litesvm/address-text.js";
import { blockTimeOf } from "../synthetic/blocks.js";
import { type LedgerAccounts, readAccountsFile } from "./accounts-file.js";
import { readBlockFile } from "./block-file.js";
import type { Ledger, LedgerBlock, LedgerStart } from "./ledger.js";
import { ACCOUNTS_FILE, blockFile, brokenLedger, listBlocks, readLedgerFile } from "./ledger-files.js";
import { type BlockEntry, type LedgerFolder, setLedgerSource } from "./ledger-source.js";

/** The cache keeps blocks with at most this many transactions in total. */
const CACHED_TRANSACTIONS = 20_000;
const SLOT_MS = 400n;

/**
 * Reads a ledger from a folder: `accounts.json` (a `getMultipleAccounts` response, plus the addresses) and `blocks/SLOT.json`
 * (`getBlock` responses with full transactions in base64). Checks all files, so that an invalid file is reported before a session
 * starts.
 *
 * @throws SimulatorError `invalidParams` if a file is missing or invalid. The message names the file and the remedy
 * @example
 * const engine = await litesvmEngine(await readLedger("captured/raydium"));
 */
export async function readLedger(folder: string): Promise<Ledger> {
  requireText(folder, "folder", "the path of a ledger folder");
  const accounts = await readAccounts(folder);
  const cache = new BlockCache();
  const entries: BlockEntry[] = [];
  const programs = new Map<string, number>();
  for (const slot of await listBlocks(folder)) {
    const block = await readBlock(folder, slot);
    const before = entries.at(-1);
    if (before !== undefined && block.parentSlot !== before.slot) {
      const problem = `its parent is the block of slot ${block.parentSlot}, but the previous block in the folder is of slot ${before.slot}`;
      throw brokenLedger(
        join(folder, blockFile(slot)),
        problem,
        "a ledger must have no gaps: capture the missing blocks, or delete the blocks after the gap",
      );
    }
    entries.push({ slot, time: block.blockTime });
    cache.add(block);
    for (const program of programsOf(block)) programs.set(program, (programs.get(program) ?? 0) + 1);
  }
  const byUse = [...programs].sort(([a, uses], [b, others]) => others - uses || (a < b ? -1 : 1));
  return ledgerOf({ folder: resolve(folder), entries, programs: byUse.map(([program]) => program) }, accounts, cache);
}

/**
 * Opens a folder that another process has already checked. Blocks are read when they are executed.
 *
 * @throws SimulatorError `invalidParams`
 */
export async function reopenLedger(checked: LedgerFolder): Promise<Ledger> {
  return ledgerOf(checked, await readAccounts(checked.folder), new BlockCache());
}

function ledgerOf(checked: LedgerFolder, accounts: LedgerAccounts, cache: BlockCache): Ledger {
  return setLedgerSource(new FolderLedger(checked, accounts, cache), { type: "folder", ...checked });
}

/** Caches the blocks that were read last, because sessions soon read them again. */
class BlockCache {
  readonly #blocks = new Map<bigint, LedgerBlock>();
  #transactions = 0;

  get(slot: bigint): LedgerBlock | undefined {
    return this.#blocks.get(slot);
  }

  add(block: LedgerBlock): void {
    this.#blocks.set(block.slot, block);
    this.#transactions += block.transactions.length;
    for (const [slot, { transactions }] of this.#blocks) {
      if (this.#transactions <= CACHED_TRANSACTIONS || slot === block.slot) return;
      this.#blocks.delete(slot);
      this.#transactions -= transactions.length;
    }
  }
}

async function readAccounts(folder: string): Promise<LedgerAccounts> {
  return readAccountsFile(await readLedgerFile(folder, ACCOUNTS_FILE), join(folder, ACCOUNTS_FILE));
}

class FolderLedger implements Ledger {
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly isCaptured = true;
  readonly programs: readonly string[];
  readonly #folder: string;
  readonly #accounts: LedgerAccounts;
  readonly #entries: readonly BlockEntry[];
  readonly #cache: BlockCache;

  constructor({ folder, entries, programs }: LedgerFolder, accounts: LedgerAccounts, cache: BlockCache) {
    this.#folder = folder;
    this.#accounts = accounts;
    this.#cache = cache;
    this.#entries = entries;
    this.programs = programs;
    this.startSlot = (entries[0] as BlockEntry).slot;
    this.endSlot = (entries.at(-1) as BlockEntry).slot;
  }

  timeOf(slot: bigint): bigint {
    const { slot: near, time } = this.#entries[this.#indexOf(slot)] ?? (this.#entries.at(-1) as BlockEntry);
    return (time ?? blockTimeOf(near)) + ((slot - near) * SLOT_MS) / 1000n;
  }

  begin(): LedgerStart {
    const { accounts, absent } = this.#accounts;
    return { slot: this.startSlot, accounts, absent, pastBlocks: [] };
  }

  async blockFrom(from: bigint): Promise<LedgerBlock | undefined> {
    const slot = this.#entries[this.#indexOf(from)]?.slot;
    if (slot === undefined) return undefined;
    const cached = this.#cache.get(slot);
    if (cached !== undefined) return cached;
    const block = await readBlock(this.#folder, slot);
    // A concurrent call may have cached the block during `readBlock`. Both calls must return the same object.
    const first = this.#cache.get(slot);
    if (first !== undefined) return first;
    this.#cache.add(block);
    return block;
  }

  /** Returns the index of the first block at or after a slot. */
  #indexOf(slot: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as BlockEntry).slot < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

async function readBlock(folder: string, slot: bigint): Promise<LedgerBlock> {
  const file = blockFile(slot);
  return readBlockFile(await readLedgerFile(folder, file), slot, join(folder, file));
}

function programsOf({ transactions }: LedgerBlock): Set<string> {
  const programs = new Set<string>();
  for (const { wire } of transactions) {
    try {
      const { message } = readTransaction(wire);
      for (const { programIdIndex } of message.instructions) {
        programs.add(addressText(message.keys[programIdIndex] as Uint8Array));
      }
    } catch {
      // Ignores an unreadable transaction. The session that replays the block reports it.
    }
  }
  return programs;
}
