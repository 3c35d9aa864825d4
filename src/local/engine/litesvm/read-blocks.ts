import { encodeBase58 } from "../../../codec/base58.js";
import { reasonOf } from "../../wire/backtest-failure.js";
import { readTransaction, type Transaction } from "../../wire/transaction-message.js";
import type { PlannedBlock, PlannedTransaction } from "../engine.js";
import type { LedgerBlock, LedgerTransaction, RecordedMeta } from "../ledger/ledger.js";
import { type MessageAccounts, resolveAccounts } from "./resolve-accounts.js";

/** A transaction of a ledger, read. */
export interface ReadTransaction {
  ledger: LedgerTransaction;
  /** Position within its block. */
  index: number;
  /** Base58; none if it couldn't be read. */
  signatures: readonly string[];
  /** `undefined`: its bytes aren't a transaction, and `problem` says why. */
  transaction: Transaction | undefined;
  /** All its accounts; with lookup tables only those that were recorded, for the tables may change until it is executed. */
  accounts: MessageAccounts;
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
    const { addresses, writable } = one.accounts;
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
    const accounts = accountsAhead(transaction, ledger);
    return { ledger, index, transaction, accounts, signatures: transaction.signatures.map(encodeBase58) };
  } catch (error) {
    return { ledger, index, transaction: undefined, accounts: NO_ACCOUNTS, signatures: [], problem: reasonOf(error) };
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
