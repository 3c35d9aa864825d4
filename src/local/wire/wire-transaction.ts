import { encodeBase58 } from "../../codec/base58.js";
import type { MessageConfig } from "../../protocol/message-config.js";
import {
  type Message,
  type MessageVersion,
  readMessage,
  readTransaction,
  type Transaction,
} from "../../protocol/transaction-message.js";

/** An instruction in a message. It refers to accounts by their indices in the account keys. */
export interface CompiledInstruction {
  programIdIndex: number;
  accounts: readonly number[];
  data: Uint8Array;
}

/** A decoded wire transaction: https://solana.com/docs/core/transactions */
export interface WireTransaction {
  version: MessageVersion;
  /** 64 bytes each. */
  signatures: readonly Uint8Array[];
  /**
   * The account keys in base58. Signers come first. Within the signers and within the other accounts, writable accounts come
   * first.
   */
  keys: readonly string[];
  header: MessageHeader;
  /** Base58. */
  blockhash: string;
  instructions: readonly CompiledInstruction[];
  /** The address lookups of a version 0 message. */
  lookups: readonly AddressTableLookup[];
  /** The compute budget of a version 1 message. */
  config?: MessageConfig;
}

/** A lookup of a version 0 message, with the member names of Solana's RPC. */
export interface AddressTableLookup {
  accountKey: string;
  writableIndexes: readonly number[];
  readonlyIndexes: readonly number[];
}

export interface MessageHeader {
  numRequiredSignatures: number;
  numReadonlySignedAccounts: number;
  numReadonlyUnsignedAccounts: number;
}

/** Whether the account at this index is writable. */
export function isWritable({ header, keys }: Pick<WireTransaction, "header" | "keys">, index: number): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = header;
  return index < numRequiredSignatures
    ? index < numRequiredSignatures - numReadonlySignedAccounts
    : index < keys.length - numReadonlyUnsignedAccounts;
}

/**
 * Decodes a wire transaction, with addresses in base58. Addresses in lookup tables are not resolved.
 *
 * @throws RangeError if the bytes are not a transaction
 */
export function parseTransaction(bytes: Uint8Array): WireTransaction {
  return withText(readTransaction(bytes));
}

/** Decodes a message as a transaction without signatures. @throws RangeError if the bytes are not a message */
export function parseMessage(bytes: Uint8Array): WireTransaction {
  return withText({ signatures: [], message: readMessage(bytes) });
}

function withText({ signatures, message }: Transaction): WireTransaction {
  const { version, numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts, config }: Message = message;
  return {
    version,
    signatures,
    keys: message.keys.map(encodeBase58),
    header: { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts },
    blockhash: encodeBase58(message.blockhash),
    instructions: message.instructions.map((instruction) => ({ ...instruction, accounts: Array.from(instruction.accounts) })),
    lookups: message.lookups.map(({ table, writable, readonly }) => ({
      accountKey: encodeBase58(table),
      writableIndexes: Array.from(writable),
      readonlyIndexes: Array.from(readonly),
    })),
    ...(config !== undefined && { config }),
  };
}
