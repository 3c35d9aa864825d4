import { createHash } from "node:crypto";
import { decodeBase58, encodeBase58 } from "../../codec/base58.js";
import { decodeBase64 } from "../../codec/base64.js";
import type {
  GeyserMessage,
  GeyserTokenBalance,
  SubscribeUpdateMessage,
  TransactionInfoMessage,
} from "../../protocol/geyser/geyser-messages.js";
import { encodeTransactionError } from "../../protocol/geyser/transaction-error-bytes.js";
import { U64_MAX } from "../../protocol/scalars.js";
import type { AccountDiff, AccountState, ExecutedTransaction, TokenBalance, TransactionMeta } from "../engine/engine.js";
import type { LogEntry } from "../notifications/notification-log.js";
import { parseTransaction } from "../wire/wire-transaction.js";
import { COMMITMENTS, type GeyserSelection, isVote } from "./geyser-selection.js";

type Update = Omit<SubscribeUpdateMessage, "filters">;

/** The state that a validator reports for a deleted account. */
const DELETED: AccountState = {
  lamports: 0n,
  owner: "11111111111111111111111111111111",
  executable: false,
  data: new Uint8Array(),
};

/** The write versions of each log entry start at a multiple of this number. */
const VERSIONS_PER_ENTRY = 1n << 16n;

/**
 * Converts an entry of the log to updates. Returns only the updates that match a filter, in the order in which a validator sends
 * them.
 *
 * @param position the position of the entry in the log
 * @param transactions returns the number of transactions in the block; called only at the end of a block
 */
export function updatesOf(
  entry: LogEntry,
  position: number,
  selection: GeyserSelection,
  transactions: () => number,
): SubscribeUpdateMessage[] {
  switch (entry.type) {
    case "transaction":
      return [
        ...accountUpdates(entry.slot, entry.transaction.diffs, entry.transaction.signatures[0], position, selection),
        ...transactionUpdates(entry.slot, entry.transaction, selection),
      ];
    case "accounts":
      return accountUpdates(entry.slot, entry.diffs, undefined, position, selection);
    case "block":
      return blockUpdates(entry, selection, transactions);
    default:
      return [];
  }
}

/** Adds the names of the matching filters to an update. Creates no update if no filter matches. */
function named(filters: string[], update: () => Update): SubscribeUpdateMessage[] {
  return filters.length === 0 ? [] : [{ filters, ...update() }];
}

function accountUpdates(
  slot: bigint,
  diffs: readonly AccountDiff[],
  signature: string | undefined,
  position: number,
  { accounts, slice }: GeyserSelection,
): SubscribeUpdateMessage[] {
  return diffs.flatMap(({ address, post: state = DELETED }, index) =>
    named(accounts({ address, state, signature }), () => ({
      account: {
        slot,
        isStartup: false,
        account: {
          pubkey: address,
          lamports: state.lamports,
          owner: state.owner,
          executable: state.executable,
          rentEpoch: U64_MAX,
          data: slice(state.data),
          writeVersion: BigInt(position + 1) * VERSIONS_PER_ENTRY + BigInt(index),
          ...(signature !== undefined && { txnSignature: signature }),
        },
      },
    })),
  );
}

function transactionUpdates(
  slot: bigint,
  transaction: ExecutedTransaction,
  selection: GeyserSelection,
): SubscribeUpdateMessage[] {
  const { signatures, index, meta } = transaction;
  const status = { signature: signatures[0] ?? "", isVote: isVote(transaction), index: BigInt(index) };
  return [
    ...named(selection.transactions(transaction), () => ({
      transaction: { slot, transaction: { ...status, ...transactionParts(transaction) } },
    })),
    ...named(selection.transactionsStatus(transaction), () => ({ transactionStatus: { slot, ...status, ...errorOf(meta) } })),
  ];
}

function blockUpdates(
  { slot, parent, blockTime }: Extract<LogEntry, { type: "block" }>,
  selection: GeyserSelection,
  transactions: () => number,
): SubscribeUpdateMessage[] {
  const count = BigInt(transactions());
  const hash = blockHash(slot);
  return [
    ...named(selection.entry, () => ({
      entry: { slot, index: 0n, numHashes: 1n, hash, executedTransactionCount: count, startingTransactionIndex: 0n },
    })),
    ...named(selection.blocksMeta, () => ({
      blockMeta: {
        slot,
        blockhash: hash,
        rewards: { rewards: [] },
        ...(blockTime !== null && { blockTime: { timestamp: blockTime } }),
        parentSlot: parent,
        parentBlockhash: blockHash(parent),
        executedTransactionCount: count,
        entriesCount: 1n,
      },
    })),
    ...COMMITMENTS.flatMap((status) => named(selection.slots(status), () => ({ slot: { slot, parent, status } }))),
  ];
}

/** Derives a blockhash from the slot, because the engines do not report blockhashes. */
function blockHash(slot: bigint): string {
  return encodeBase58(createHash("sha256").update(`block ${slot}`).digest());
}

function transactionParts({ wire, meta }: ExecutedTransaction): Pick<TransactionInfoMessage, "transaction" | "meta"> {
  const { signatures, keys, header, blockhash, instructions, lookups, version } = parseTransaction(decodeBase64(wire));
  const message: GeyserMessage = {
    header,
    accountKeys: [...keys],
    recentBlockhash: blockhash,
    instructions: instructions.map(({ programIdIndex, accounts, data }) => ({
      programIdIndex,
      accounts: Uint8Array.from(accounts),
      data,
    })),
    versioned: version !== "legacy",
    addressTableLookups: lookups.map(({ accountKey, writableIndexes, readonlyIndexes }) => ({
      accountKey,
      writableIndexes: Uint8Array.from(writableIndexes),
      readonlyIndexes: Uint8Array.from(readonlyIndexes),
    })),
  };
  return { transaction: { signatures: signatures.map(encodeBase58), message }, meta: toMeta(meta) };
}

/** The maximum length of an inner instruction's data in base58: 10 KiB, the limit of Solana. */
const MAX_BASE58 = 14_500;

function toMeta(meta: TransactionMeta): TransactionInfoMessage["meta"] {
  const { returnData } = meta;
  return {
    ...errorOf(meta),
    fee: meta.fee,
    preBalances: [...meta.preBalances],
    postBalances: [...meta.postBalances],
    innerInstructions: meta.innerInstructions.map(({ index, instructions }) => ({
      index,
      instructions: instructions.map(({ programIdIndex, accounts, data, stackHeight }) => ({
        programIdIndex,
        accounts: Uint8Array.from(accounts),
        data: decodeBase58(data, MAX_BASE58) ?? new Uint8Array(),
        stackHeight,
      })),
    })),
    logMessages: [...meta.logMessages],
    preTokenBalances: meta.preTokenBalances.map(toTokenBalance),
    postTokenBalances: meta.postTokenBalances.map(toTokenBalance),
    rewards: [],
    loadedWritableAddresses: [...meta.loadedAddresses.writable],
    loadedReadonlyAddresses: [...meta.loadedAddresses.readonly],
    ...(returnData && { returnData: { programId: returnData.programId, data: decodeBase64(returnData.data[0]) } }),
    computeUnitsConsumed: BigInt(meta.computeUnitsConsumed),
  };
}

function toTokenBalance({ uiTokenAmount, ...rest }: TokenBalance): GeyserTokenBalance {
  return { ...rest, uiTokenAmount: { ...uiTokenAmount, uiAmount: uiTokenAmount.uiAmount ?? 0 } };
}

function errorOf({ err }: TransactionMeta): { err?: { err: Uint8Array } } {
  if (err === null) return {};
  try {
    return { err: { err: encodeTransactionError(err) } };
  } catch {
    // The encoding has no form for this error. An empty error still shows that the transaction has failed.
    return { err: { err: new Uint8Array() } };
  }
}
