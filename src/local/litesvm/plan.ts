import { encodeBase58 } from "../../codec/base58.js";
import type { PlannedBlock, PlannedTransaction } from "../engine.js";
import type { LedgerBlock, LedgerTransaction, RecordedMeta } from "../ledger/ledger.js";
import { addressText } from "./addresses.js";
import { isWritableKey, readTransaction, type Transaction } from "./message.js";

/** A transaction of a ledger, read. */
export interface ReadTransaction {
  ledger: LedgerTransaction;
  /** Position within its block. */
  index: number;
  /** Base58; none if it couldn't be read. */
  signatures: readonly string[];
  /** `undefined`: its bytes aren't a transaction, and `problem` says why. */
  transaction: Transaction | undefined;
  problem?: string;
}

/** A block whose transactions were read, and in which parts it is executed. */
export interface ReadBlock {
  block: LedgerBlock;
  batches: readonly (readonly ReadTransaction[])[];
}

const MAX_BATCH = 8;

/** Looked at ahead and executed later, a block is read once. */
const blocks = new WeakMap<LedgerBlock, ReadBlock>();

export function readBlock(block: LedgerBlock): ReadBlock {
  const known = blocks.get(block);
  if (known !== undefined) return known;
  const read = { block, batches: inBatches(block.transactions.map(readOne)) };
  blocks.set(block, read);
  return read;
}

/** What can be told of a block before it is executed. */
export function planOf({ block, batches }: ReadBlock): PlannedBlock {
  const planned = (one: ReadTransaction): PlannedTransaction[] => {
    if (one.transaction === undefined) return [];
    const { addresses, writable } = namedAccounts(one.transaction, one.ledger);
    return [
      {
        index: one.index,
        wire: Buffer.from(one.ledger.wire).toString("base64"),
        signatures: one.signatures,
        accounts: addresses,
        writable: addresses.filter((_, index) => writable[index]),
        programs: invokedPrograms(one.transaction, one.ledger, addresses),
        ...movedTokens(one.ledger),
      },
    ];
  };
  return { slot: block.slot, batches: batches.map((batch) => batch.flatMap(planned)) };
}

function readOne(ledger: LedgerTransaction, index: number): ReadTransaction {
  try {
    const transaction = readTransaction(ledger.wire);
    return { ledger, index, transaction, signatures: transaction.signatures.map(encodeBase58) };
  } catch (error) {
    return { ledger, index, transaction: undefined, signatures: [], problem: (error as Error).message };
  }
}

/**
 * As Solana's leaders do it: transactions that could run side by side are one batch, one that writes what another one of
 * the batch names begins the next.
 */
function inBatches(transactions: readonly ReadTransaction[]): ReadTransaction[][] {
  const batches: ReadTransaction[][] = [];
  let batch: ReadTransaction[] = [];
  let read = new Set<string>();
  let written = new Set<string>();
  for (const one of transactions) {
    const { addresses, writable } =
      one.transaction === undefined ? { addresses: [], writable: [] } : namedAccounts(one.transaction, one.ledger);
    const conflicts = addresses.some((address, index) => written.has(address) || (writable[index] && read.has(address)));
    if (conflicts || batch.length === MAX_BATCH) {
      batches.push(batch);
      batch = [];
      read = new Set();
      written = new Set();
    }
    batch.push(one);
    for (const [index, address] of addresses.entries()) (writable[index] ? written : read).add(address);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** The accounts of a message as far as they are known without its lookup tables: from what was recorded of it. */
function namedAccounts({ message }: Transaction, { meta }: LedgerTransaction): { addresses: string[]; writable: boolean[] } {
  const addresses = message.keys.map(addressText);
  const writable = addresses.map((_, index) => isWritableKey(message, index));
  const { writable: loadedWritable = [], readonly: loadedReadonly = [] } = meta?.loadedAddresses ?? {};
  if (message.lookups.length > 0) {
    addresses.push(...loadedWritable, ...loadedReadonly);
    writable.push(...loadedWritable.map(() => true), ...loadedReadonly.map(() => false));
  }
  return { addresses, writable };
}

function invokedPrograms({ message }: Transaction, { meta }: LedgerTransaction, addresses: readonly string[]): string[] {
  const inner = (meta?.innerInstructions ?? []).flatMap(({ instructions }) => instructions);
  const positions = [...message.instructions, ...inner].map(({ programIdIndex }) => programIdIndex);
  return [...new Set(positions)].flatMap((position) => addresses[position] ?? []);
}

/** Whether token balances changed when it was recorded; nothing where they weren't. */
function movedTokens({ meta }: LedgerTransaction): { movesTokens?: boolean } {
  if (meta?.preTokenBalances == null || meta.postTokenBalances == null) return {};
  const told = (balances: NonNullable<RecordedMeta["preTokenBalances"]>): string =>
    balances
      .map(({ accountIndex, uiTokenAmount }) => `${accountIndex}:${uiTokenAmount.amount}`)
      .sort()
      .join();
  return { movesTokens: told(meta.preTokenBalances) !== told(meta.postTokenBalances) };
}
