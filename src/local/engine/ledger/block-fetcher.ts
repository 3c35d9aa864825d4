import { SimulatorError } from "../../../protocol/simulator-error.js";
import { readTransaction } from "../../../protocol/transaction-message.js";
import { addressText } from "../litesvm/address-text.js";
import { readBlockFile, writeBlockFile } from "./block-file.js";
import type { LedgerBlock } from "./ledger.js";
import type { LedgerDraft } from "./ledger-draft.js";
import { blockFile } from "./ledger-files.js";
import type { RpcClient } from "./rpc-client.js";
import { BLOCK_CLEANED_UP, describeRpcError, type RpcError } from "./rpc-error.js";

/** The progress of a capture. */
export interface CaptureProgress {
  /** The last processed slot. */
  slot: bigint;
  /** Number of blocks so far. */
  blocks: number;
  /** Number of skipped slots so far. */
  skippedSlots: number;
  /** Size of the block files so far, in bytes. */
  bytes: number;
}

const CONCURRENT_CALLS = 4;
/** If the node has no answer for this many slots in a row, the capture waits for the node to catch up. */
const MAX_UNAVAILABLE = 16;
/**
 * If the last slots of the range have no block, the capture searches this many slots after the range for the next block. The
 * parent of that block shows whether the slots were skipped.
 */
const LOOK_AHEAD = 8;

interface FetchedBlock {
  kind: "block";
  block: LedgerBlock;
  text: string;
  isSaved: boolean;
}

/** The answer of the node for a slot. */
type SlotAnswer =
  | FetchedBlock
  /** The node reports that the slot was skipped. */
  | { kind: "skipped" }
  /** The node has no block for the slot, but does not report that the slot was skipped. */
  | { kind: "unavailable"; error: RpcError };

interface PendingSlot {
  slot: bigint;
  answer: SlotAnswer;
}

/**
 * Fetches the blocks of a range and writes their files. Each block names the slot of its parent. The slots between a block and its
 * parent count as skipped.
 */
export class BlockFetcher {
  readonly slots: bigint[] = [];
  readonly skippedSlots: bigint[] = [];
  readonly lookupTables = new Set<string>();
  transactions = 0;
  bytes = 0;
  readonly #client: RpcClient;
  readonly #draft: LedgerDraft;
  readonly #onProgress: ((progress: CaptureProgress) => void) | undefined;
  #last: LedgerBlock | undefined;
  /** The requested slots after the last stored block. */
  #pending: PendingSlot[] = [];

  constructor(client: RpcClient, draft: LedgerDraft, onProgress: ((progress: CaptureProgress) => void) | undefined) {
    this.#client = client;
    this.#draft = draft;
    this.#onProgress = onProgress;
  }

  /** Fetches all blocks of the range. @throws SimulatorError `http` if the node does not have the blocks */
  async fetchAll(startSlot: bigint, endSlot: bigint): Promise<void> {
    for (let from = startSlot; from <= endSlot; from += BigInt(CONCURRENT_CALLS)) {
      const slots = slotsFrom(from, CONCURRENT_CALLS).filter((slot) => slot <= endSlot);
      const answers = await Promise.all(slots.map((slot) => this.#load(slot)));
      this.#pending.push(...slots.map((slot, index) => ({ slot, answer: answers[index] as SlotAnswer })));
      await this.#process(startSlot);
      if (this.#pending.filter(isUnavailable).length >= MAX_UNAVAILABLE) await this.#waitForBlocks(startSlot);
    }
    while (this.#pending.length > 0 && !(await this.#isEndConfirmed(startSlot, endSlot))) {
      // Only an unavailable slot can still get a block. All other pending slots were skipped.
      if (!this.#pending.some(isUnavailable)) break;
      await this.#waitForBlocks(startSlot);
    }
    if (this.slots.length === 0) {
      throw new SimulatorError(
        "http",
        `the node has no block from slot ${startSlot} to ${endSlot}; use another node or another range`,
      );
    }
    for (const { slot } of this.#pending.splice(0)) this.#skip(slot);
  }

  /** Adds the pending blocks in order. If the parent of a block is missing, fetches the parent. */
  async #process(startSlot: bigint): Promise<void> {
    for (;;) {
      const index = this.#pending.findIndex(({ answer }) => answer.kind === "block");
      if (index === -1) return;
      const { answer } = this.#pending[index] as PendingSlot;
      const found = answer as FetchedBlock;
      const { slot, parentSlot } = found.block;
      const last = this.slots.at(-1);
      if (parentSlot === last || (last === undefined && parentSlot < startSlot)) {
        if (this.#last !== undefined) await this.#checkParent(found.block, this.#last);
        for (const skipped of this.#pending.splice(0, index + 1).slice(0, -1)) this.#skip(skipped.slot);
        await this.#add(found);
      } else {
        await this.#fetchMissing(parentSlot, slot);
      }
    }
  }

  /**
   * If `previousBlockhash` of a block is not the blockhash of its parent, fetches both blocks again. A load-balanced node may
   * return a block of another slot or of another fork. Without this check, such a block would be stored without an error.
   */
  async #checkParent(block: LedgerBlock, parent: LedgerBlock): Promise<void> {
    if (block.previousBlockhash === parent.blockhash) return;
    for (const { slot, blockhash } of [parent, block]) {
      const again = await this.#fetch(slot);
      if (again.kind !== "block" || again.block.blockhash === blockhash) continue;
      throw new SimulatorError(
        "http",
        `the node returned two different blocks for slot ${slot}, with the blockhashes ${blockhash} and ${again.block.blockhash}: it switched to another fork, or returned the block of another slot; delete the folder and try again`,
      );
    }
  }

  /** Fetches the missing block of `parentSlot`. This block must exist, because it is the parent of the block of `slot`. */
  async #fetchMissing(parentSlot: bigint, slot: bigint): Promise<void> {
    const pending = this.#pending.find((one) => one.slot === parentSlot);
    if (pending === undefined) {
      throw new SimulatorError(
        "http",
        `the block of slot ${slot} names the block of slot ${parentSlot} as its parent, but the block of slot ${this.slots.at(-1)} is between them: the node switched to another fork; delete the folder and try again`,
      );
    }
    for (let attempt = 1; attempt < this.#client.attempts; attempt++) {
      await this.#client.pause(attempt, `the block of slot ${parentSlot} is missing`);
      pending.answer = await this.#fetch(parentSlot);
      if (pending.answer.kind === "block") return;
    }
    throw new SimulatorError(
      "http",
      `the block of slot ${parentSlot} is missing: the node has none, but the block of slot ${slot} names it as its parent; try again, or use another node`,
    );
  }

  /**
   * Fetches the unavailable slots again. Returns as soon as the node returns the block of one slot, or reports that one slot was
   * skipped.
   *
   * @throws SimulatorError `http` after the last attempt
   */
  async #waitForBlocks(startSlot: bigint): Promise<void> {
    for (let attempt = 1; attempt < this.#client.attempts; attempt++) {
      await this.#client.pause(attempt, `the block of slot ${this.#pending.find(isUnavailable)?.slot} is not available yet`);
      for (const pending of this.#pending.filter(isUnavailable).slice(0, MAX_UNAVAILABLE)) {
        pending.answer = await this.#fetch(pending.slot);
        // This slot still has no block: tries the next slot. A later block can show that this slot was skipped.
        if (pending.answer.kind === "unavailable") continue;
        await this.#process(startSlot);
        return;
      }
    }
    const { slot, answer } = this.#pending.find(isUnavailable) as PendingSlot & { answer: { error: RpcError } };
    throw this.#client.failure(`getBlock of slot ${slot}`, answer.error, this.#client.attempts);
  }

  /**
   * Returns `true` if the node has a block after the range. In that case, all slots between that block and its parent were
   * skipped.
   */
  async #isEndConfirmed(startSlot: bigint, endSlot: bigint): Promise<boolean> {
    for (const slot of slotsFrom(endSlot + 1n, LOOK_AHEAD)) {
      const outcome = await this.#client.try("getBlock", [slot, { ...BLOCK_CONFIG, transactionDetails: "none" }]);
      if ("error" in outcome && outcome.meaning === "final") return false;
      const parentSlot = "error" in outcome ? undefined : readParentSlot(outcome.result);
      if (parentSlot === undefined) continue;
      if (this.#pending.some((pending) => pending.slot === parentSlot)) {
        await this.#fetchMissing(parentSlot, slot);
        await this.#process(startSlot);
      }
      return true;
    }
    return false;
  }

  async #add({ block, text, isSaved }: FetchedBlock): Promise<void> {
    const { slot, transactions } = block;
    if (!isSaved) await this.#draft.write(blockFile(slot), text);
    this.slots.push(slot);
    this.#last = block;
    this.transactions += transactions.length;
    this.bytes += Buffer.byteLength(text);
    for (const table of lookupTablesOf(block)) this.lookupTables.add(table);
    this.#reportProgress(slot);
  }

  #skip(slot: bigint): void {
    this.skippedSlots.push(slot);
    this.#reportProgress(slot);
  }

  #reportProgress(slot: bigint): void {
    const { length: blocks } = this.slots;
    this.#onProgress?.({ slot, blocks, skippedSlots: this.skippedSlots.length, bytes: this.bytes });
  }

  /** Loads the answer for a slot, from an interrupted capture or from the node. */
  async #load(slot: bigint): Promise<SlotAnswer> {
    const saved = await this.#draft.read(blockFile(slot));
    if (saved === undefined) return this.#fetch(slot);
    try {
      const block = readBlockFile(saved, slot, blockFile(slot));
      return { kind: "block", block, text: writeBlockFile(block), isSaved: true };
    } catch {
      // If the file is damaged, the block is fetched again, as if the file were missing.
      return this.#fetch(slot);
    }
  }

  /**
   * Requests the block of a slot from the node.
   *
   * @throws SimulatorError `http` if the node refuses the call, or fails at each attempt
   */
  async #fetch(slot: bigint): Promise<SlotAnswer> {
    const label = `getBlock of slot ${slot}`;
    const returned = ["final", "skipped", "unavailable"] as const;
    const answer = await this.#client.call("getBlock", [slot, BLOCK_CONFIG], { returned, label });
    if ("error" in answer) {
      const { error, meaning } = answer;
      if (meaning === "skipped") return { kind: "skipped" };
      if (meaning === "unavailable") return { kind: "unavailable", error };
      throw this.#refusal(slot, error);
    }
    const { result } = answer;
    if (result == null)
      return { kind: "unavailable", error: { message: "the result is null, which does not mean that the slot was skipped" } };
    const block = readBlockFile(result, slot, blockFile(slot), (problem) => this.#client.unusable(label, problem));
    return { kind: "block", block, text: writeBlockFile(block), isSaved: false };
  }

  #refusal(slot: bigint, error: RpcError): SimulatorError {
    if (error.code !== BLOCK_CLEANED_UP) return this.#client.failure(`getBlock of slot ${slot}`, error);
    return new SimulatorError(
      "http",
      `the node no longer has the block of slot ${slot} (${describeRpcError(error)}); use a node with older blocks, or a newer range`,
    );
  }
}

/** A node refuses to return a block whose transactions are newer than `maxSupportedTransactionVersion`. */
const BLOCK_CONFIG = {
  encoding: "base64",
  transactionDetails: "full",
  maxSupportedTransactionVersion: 1,
  rewards: false,
  commitment: "confirmed",
};

function slotsFrom(from: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => from + BigInt(index));
}

function isUnavailable({ answer }: PendingSlot): boolean {
  return answer.kind === "unavailable";
}

function readParentSlot(result: unknown): bigint | undefined {
  const { parentSlot } = (result ?? {}) as { parentSlot?: unknown };
  return typeof parentSlot === "number" || typeof parentSlot === "bigint" ? BigInt(parentSlot) : undefined;
}

function lookupTablesOf({ transactions }: LedgerBlock): string[] {
  return transactions.flatMap(({ wire }) => {
    try {
      return readTransaction(wire).message.lookups.map(({ table }) => addressText(table));
    } catch {
      // An unreadable transaction has no known lookup tables. The session that replays the block reports the error.
      return [];
    }
  });
}
