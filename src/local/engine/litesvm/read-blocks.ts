import { encodeBase58 } from "../../../codec/base58.js";
import { readTransaction, type Transaction } from "../../../protocol/transaction-message.js";
import { reasonOf } from "../../wire/backtest-failure.js";
import type { PlannedBlock, PlannedTransaction } from "../engine.js";
import type { LedgerBlock, LedgerTransaction, RecordedMeta } from "../ledger/ledger.js";
import { type MessageAccounts, resolveAccounts } from "./resolve-accounts.js";

/** A parsed transaction of a ledger. */
export interface ReadTransaction {
  ledger: LedgerTransaction;
  /** The index of the transaction in its block. */
  index: number;
  /** The parsed transaction. `undefined` if the bytes are not a transaction; `problem` then contains the reason. */
  transaction: Transaction | undefined;
  /** The accounts of the transaction. Accounts from lookup tables are included only if the ledger recorded them. */
  accounts: MessageAccounts;
  problem?: string;
}

/** A parsed block, with its batches. */
export interface ReadBlock {
  block: LedgerBlock;
  batches: readonly (readonly ReadTransaction[])[];
}

const MAX_BATCH = 8;

/** Parsed blocks. A block is cached when it is scanned for discoveries, and released after its execution. */
const blocks = new WeakMap<LedgerBlock, ReadBlock>();

export function readBlock(block: LedgerBlock): ReadBlock {
  const known = blocks.get(block);
  if (known !== undefined) return known;
  const read = { block, batches: inBatches(block.transactions.map(readOne)) };
  blocks.set(block, read);
  return read;
}

/** Releases the parsed form of an executed block, because it takes more memory than the bytes of the block. */
export function forgetBlock(block: LedgerBlock): void {
  blocks.delete(block);
}

/** Converts a parsed block to a plan. Discoveries and actions apply their filters to the plan. */
export function planOf({ block, batches }: ReadBlock): PlannedBlock {
  const planned = (one: ReadTransaction): PlannedTransaction[] => {
    if (one.transaction === undefined) return [];
    const { addresses, writable } = one.accounts;
    return [
      {
        index: one.index,
        wire: Buffer.from(one.ledger.wire).toString("base64"),
        signatures: one.transaction.signatures.map(encodeBase58),
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
    const accounts = accountsAhead(transaction, ledger);
    return { ledger, index, transaction, accounts };
  } catch (error) {
    return { ledger, index, transaction: undefined, accounts: NO_ACCOUNTS, problem: reasonOf(error) };
  }
}

/**
 * Splits a block into batches like a Solana leader. The transactions of a batch do not conflict with each other. A conflicting
 * transaction starts the next batch.
 */
function inBatches(transactions: readonly ReadTransaction[]): ReadTransaction[][] {
  const batches: ReadTransaction[][] = [];
  let batch: ReadTransaction[] = [];
  let read = new Set<string>();
  let written = new Set<string>();
  for (const one of transactions) {
    const { addresses, writable } = one.accounts;
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

const NO_ACCOUNTS: MessageAccounts = {
  addresses: [],
  writable: [],
  loaded: { writable: [], readonly: [] },
  missingTables: [],
};

function accountsAhead({ message }: Transaction, { meta }: LedgerTransaction): MessageAccounts {
  const own = resolveAccounts({ ...message, lookups: [] }, () => undefined);
  if (message.lookups.length === 0) return own;
  const { loadedAddresses: loaded } = meta ?? {};
  if (loaded == null) return own;
  return {
    addresses: [...own.addresses, ...loaded.writable, ...loaded.readonly],
    writable: [...own.writable, ...loaded.writable.map(() => true), ...loaded.readonly.map(() => false)],
    loaded,
    missingTables: [],
  };
}

function invokedPrograms({ message }: Transaction, { meta }: LedgerTransaction, addresses: readonly string[]): string[] {
  const inner = (meta?.innerInstructions ?? []).flatMap(({ instructions }) => instructions);
  const positions = [...message.instructions, ...inner].map(({ programIdIndex }) => programIdIndex);
  return [...new Set(positions)].flatMap((position) => addresses[position] ?? []);
}

/** Sets `movesTokens` if the ledger has the token balances before and after the transaction. Otherwise, returns an empty object. */
function movedTokens({ meta }: LedgerTransaction): { movesTokens?: boolean } {
  if (meta?.preTokenBalances == null || meta.postTokenBalances == null) return {};
  const told = (balances: NonNullable<RecordedMeta["preTokenBalances"]>): string =>
    balances
      .map(({ accountIndex, uiTokenAmount }) => `${accountIndex}:${uiTokenAmount.amount}`)
      .sort()
      .join();
  return { movesTokens: told(meta.preTokenBalances) !== told(meta.postTokenBalances) };
}
