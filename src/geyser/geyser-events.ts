import type { ContinuityEvent, UnrecognizedEvent } from "../channels/managed-events.js";
import type {
  AccountInfoMessage,
  GeyserMessage,
  GeyserReward,
  GeyserTransactionMeta,
  SubscribeUpdateMessage,
  TransactionInfoMessage,
} from "../protocol/geyser/geyser-messages.js";
import { decodeTransactionError } from "../protocol/geyser/transaction-error-bytes.js";

/** The members that all updates have. */
interface GeyserUpdateBase {
  /** The id of the Geyser subscription, such as `geyser-1`. */
  subscriptionId: string;
  /** The names of the filters that the update matches. */
  filters: string[];
  /** The slot of the update. */
  slot: bigint;
}

/** A written account. */
export interface GeyserAccountEvent extends GeyserUpdateBase {
  type: "account";
  /** True if the server sent the account during its own startup. False if the account was written. */
  isStartup: boolean;
  /** The state of the account after the write, or at the startup of the server. */
  account: {
    address: string;
    lamports: bigint;
    owner: string;
    executable: boolean;
    rentEpoch: bigint;
    data: Uint8Array;
    /** Increases with each write of any account. */
    writeVersion: bigint;
    /** The signature of the transaction that wrote the account. */
    signature?: string;
  };
}

/** A transaction of a Yellowstone stream. */
export interface GeyserTransaction {
  /** The first signature. */
  signature: string;
  /** Whether the transaction is a vote. */
  isVote: boolean;
  /** All signatures. */
  signatures: string[];
  /** The message of the transaction. */
  message?: GeyserMessage;
  /** The outcome of the transaction. */
  meta?: GeyserTransactionMeta;
  /** The index of the transaction in its block. */
  index: bigint;
}

/** An executed transaction. */
export interface GeyserTransactionEvent extends GeyserUpdateBase {
  type: "transaction";
  /** The transaction and its outcome. */
  transaction: GeyserTransaction;
}

/** The signature and the outcome of an executed transaction. */
export interface GeyserTransactionStatusEvent extends GeyserUpdateBase {
  type: "transactionStatus";
  /** The first signature, in base58. */
  signature: string;
  /** Whether the transaction is a vote. */
  isVote: boolean;
  /** The index of the transaction in its block. */
  index: bigint;
  /** The error as in JSON-RPC. `null` if the transaction succeeded. */
  err: unknown;
}

/** The slot statuses. The index of each status is its number on the wire. */
const SLOT_STATUSES = ["processed", "confirmed", "finalized", "firstShredReceived", "completed", "createdBank", "dead"] as const;

/** The status of a slot. A number if the server sends a status that this version does not have. */
export type GeyserSlotStatus = (typeof SLOT_STATUSES)[number] | number;

/** A change in the status of a slot. */
export interface GeyserSlotEvent extends GeyserUpdateBase {
  type: "slot";
  /** The new status. */
  status: GeyserSlotStatus;
  /** The slot of the parent block. */
  parent?: bigint;
  /** Why the slot has the status `dead`. */
  deadError?: string;
}

/** The metadata of a block. */
export interface GeyserBlockMetaEvent extends GeyserUpdateBase {
  type: "blockMeta";
  /** The blockhash in base58. */
  blockhash: string;
  /** Unix seconds. */
  blockTime?: bigint;
  /** The block height. */
  blockHeight?: bigint;
  /** The slot of the parent block. */
  parentSlot: bigint;
  /** The blockhash of the parent block, in base58. */
  parentBlockhash: string;
  /** Number of executed transactions. */
  executedTransactionCount: bigint;
  /** Number of entries in the block. */
  entriesCount: bigint;
  /** The rewards of the block. */
  rewards: GeyserReward[];
}

/** An entry of a block. */
export interface GeyserEntryEvent extends GeyserUpdateBase {
  type: "entry";
  /** The index of the entry in its block. */
  index: bigint;
  /** The number of hashes since the previous entry. */
  numHashes: bigint;
  /** The hash of the entry, in base58. */
  hash: string;
  /** Number of executed transactions in the entry. */
  executedTransactionCount: bigint;
  /** The index of the entry's first transaction in the block. */
  startingTransactionIndex: bigint;
}

/** An update of a Yellowstone stream. */
export type GeyserUpdateEvent =
  | GeyserAccountEvent
  | GeyserTransactionEvent
  | GeyserTransactionStatusEvent
  | GeyserSlotEvent
  | GeyserBlockMetaEvent
  | GeyserEntryEvent;

/** All events that a Geyser subscription delivers. */
export type GeyserEvent = GeyserUpdateEvent | ContinuityEvent | UnrecognizedEvent;

/** A decoded update, with the data that is needed to deliver it only once. */
export interface ReadUpdate {
  event: GeyserUpdateEvent;
  /** The class of the update. Within a class, slots never decrease. */
  updateClass: string;
  /** Distinguishes the update from other updates of the same class and slot. */
  key: string;
}

/** Reads an update. Returns `undefined` for an update of an unknown kind, and for an update without content. */
export function readUpdate(message: SubscribeUpdateMessage, subscriptionId: string): ReadUpdate | undefined {
  const { filters, account, slot, transaction, transactionStatus, blockMeta, entry } = message;
  const common = { subscriptionId, filters };
  if (account?.account !== undefined) {
    const { slot, isStartup } = account;
    const event = { type: "account", ...common, slot, isStartup, account: toAccount(account.account) } as const;
    return { event, updateClass: isStartup ? "startup" : "account", key: accountKey(account.account) };
  }
  if (transaction?.transaction !== undefined) {
    const read = toTransaction(transaction.transaction);
    const event = { type: "transaction", ...common, slot: transaction.slot, transaction: read } as const;
    return { event, updateClass: "transaction", key: `${read.index} ${read.signature}` };
  }
  if (transactionStatus !== undefined) {
    const { err, ...rest } = transactionStatus;
    const event = { type: "transactionStatus", ...common, ...rest, err: toError(err) } as const;
    return { event, updateClass: "transactionStatus", key: `${rest.index} ${rest.signature}` };
  }
  if (slot !== undefined) {
    const { status: number, ...rest } = slot;
    const status = SLOT_STATUSES[number] ?? number;
    return { event: { type: "slot", ...common, ...rest, status }, updateClass: `slot ${status}`, key: "" };
  }
  if (blockMeta !== undefined) {
    const { rewards, blockTime, blockHeight, ...rest } = blockMeta;
    const event = {
      type: "blockMeta",
      ...common,
      ...rest,
      ...(blockTime !== undefined && { blockTime: blockTime.timestamp }),
      ...(blockHeight !== undefined && { blockHeight: blockHeight.blockHeight }),
      rewards: rewards?.rewards ?? [],
    } as const;
    return { event, updateClass: "blockMeta", key: rest.blockhash };
  }
  if (entry !== undefined) return { event: { type: "entry", ...common, ...entry }, updateClass: "entry", key: `${entry.index}` };
  return undefined;
}

function toAccount({ pubkey, txnSignature, ...rest }: AccountInfoMessage): GeyserAccountEvent["account"] {
  return { address: pubkey, ...rest, ...(txnSignature !== undefined && { signature: txnSignature }) };
}

/** Identifies a write. Prefers the signature, because the write version may be different in a replay. */
function accountKey({ pubkey, txnSignature, writeVersion }: AccountInfoMessage): string {
  return `${pubkey} ${txnSignature ?? writeVersion}`;
}

function toTransaction({ signature, isVote, transaction, meta, index }: TransactionInfoMessage): GeyserTransaction {
  return {
    signature,
    isVote,
    signatures: transaction?.signatures ?? [],
    ...(transaction?.message !== undefined && { message: transaction.message }),
    ...(meta !== undefined && { meta: { ...meta, err: toError(meta.err) } }),
    index,
  };
}

function toError(err: { err: Uint8Array } | undefined): unknown {
  return err === undefined ? null : decodeTransactionError(err.err);
}
