import { ByteReader } from "./byte-reader.js";
import { type MessageConfig, readConfigMask, readConfigValues } from "./message-config.js";
import { messageVersion, readEnvelope, type TransactionVersion } from "./transaction-envelope.js";

/**
 * An instruction in a message. Accounts are given as indices into the accounts of the message, where accounts from lookup tables
 * come last.
 */
export interface MessageInstruction {
  programIdIndex: number;
  accounts: Uint8Array;
  data: Uint8Array;
}

/** Accounts that a version 0 message takes from a lookup table, by their indices in that table. */
export interface AddressLookup {
  table: Uint8Array;
  writable: Uint8Array;
  readonly: Uint8Array;
}

/** The message versions that the simulator can execute. */
export type MessageVersion = "legacy" | 0 | 1;

export interface Message {
  version: MessageVersion;
  numRequiredSignatures: number;
  numReadonlySignedAccounts: number;
  numReadonlyUnsignedAccounts: number;
  /** 32 bytes each. */
  keys: readonly Uint8Array[];
  blockhash: Uint8Array;
  instructions: readonly MessageInstruction[];
  /** Always empty in a legacy or version 1 message. */
  lookups: readonly AddressLookup[];
  /** The compute budget of a version 1 message. In other versions, instructions set the compute budget. */
  config?: MessageConfig;
}

export interface Transaction {
  /** 64 bytes each. */
  signatures: readonly Uint8Array[];
  message: Message;
}

/** The maximum size of a legacy or version 0 transaction, in bytes: 1,280 bytes (an IPv6 packet) minus 48 bytes of headers. */
const MAX_TRANSACTION_BYTES = 1_232;
/** The maximum size of a version 1 transaction, in bytes (SIMD-0385). */
export const MAX_V1_TRANSACTION_BYTES = 4_096;
/** Returns the maximum size of a transaction with the given version, in bytes. */
export function maxTransactionBytes(version: TransactionVersion): number {
  return version === 1 ? MAX_V1_TRANSACTION_BYTES : MAX_TRANSACTION_BYTES;
}

/** The limits of a version 1 message. */
const MAX_V1_SIGNATURES = 12;
const MAX_V1_KEYS = 64;
const MAX_V1_INSTRUCTIONS = 64;
const KEY_BYTES = 32;

/**
 * Reads a wire transaction: https://solana.com/docs/core/transactions. All members are views of the bytes.
 * Refuses all bytes that the VM cannot read: such bytes make the VM end the process.
 *
 * @throws RangeError if the bytes are not a transaction, or its version is unknown
 */
export function readTransaction(bytes: Uint8Array): Transaction {
  const { version, signatures, message: signed } = readEnvelope(bytes);
  const most = maxTransactionBytes(version);
  if (bytes.length > most) throw new RangeError(`${bytes.length} bytes, where a transaction has at most ${most}`);
  const message = readMessage(signed);
  if (signatures.length !== message.numRequiredSignatures) {
    throw new RangeError(`${signatures.length} signatures, but the message requires ${message.numRequiredSignatures}`);
  }
  return { signatures, message };
}

/** Reads the signed message of a transaction. @throws RangeError if the bytes are not a message, or its version is unknown */
export function readMessage(bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes);
  const version = messageVersion(reader.peek());
  if (version !== "legacy") reader.byte();
  if (version !== "legacy" && version !== 0 && version !== 1) {
    throw new RangeError(`message version ${version} is unknown: legacy, 0 and 1 can be read`);
  }
  const message = version === 1 ? readVersion1(reader) : readCompact(reader, version);
  checkMessage(message);
  return message;
}

/** Reads the part after the version in a legacy or version 0 message. */
function readCompact(reader: ByteReader, version: "legacy" | 0): Message {
  const header = readHeader(reader);
  const keys = reader.list(() => reader.take(KEY_BYTES));
  const blockhash = reader.take(KEY_BYTES);
  const instructions = reader.list(() => ({
    programIdIndex: reader.byte(),
    accounts: reader.take(reader.length()),
    data: reader.take(reader.length()),
  }));
  const lookups =
    version === 0
      ? reader.list(() => ({
          table: reader.take(KEY_BYTES),
          writable: reader.take(reader.length()),
          readonly: reader.take(reader.length()),
        }))
      : [];
  reader.expectEnd();
  return { version, ...header, keys, blockhash, instructions, lookups };
}

/**
 * Reads the part after the version in a version 1 message: all counts come first, then keys, config values, headers and payloads.
 */
function readVersion1(reader: ByteReader): Message {
  const header = readHeader(reader);
  const mask = readConfigMask(reader);
  const blockhash = reader.take(KEY_BYTES);
  const instructionCount = reader.byte();
  const keyCount = reader.byte();
  atMost(header.numRequiredSignatures, MAX_V1_SIGNATURES, "signatures");
  atMost(instructionCount, MAX_V1_INSTRUCTIONS, "instructions");
  atMost(keyCount, MAX_V1_KEYS, "account keys");
  const keys = Array.from({ length: keyCount }, () => reader.take(KEY_BYTES));
  const config = readConfigValues(reader, mask);
  const heads = Array.from({ length: instructionCount }, () => ({
    programIdIndex: reader.byte(),
    accountCount: reader.byte(),
    dataBytes: reader.uint16(),
  }));
  const instructions = heads.map(({ programIdIndex, accountCount, dataBytes }) => ({
    programIdIndex,
    accounts: reader.take(accountCount),
    data: reader.take(dataBytes),
  }));
  reader.expectEnd();
  // Version 1 does not allow duplicate keys. A legacy or version 0 transaction with duplicate keys is executed, and fails with
  // AccountLoadedTwice.
  if (hasDuplicate(keys)) throw new RangeError("the message has a duplicate account key");
  return { version: 1, ...header, keys, blockhash, instructions, lookups: [], config };
}

/** Compares all pairs of keys. A set would be slower, because it needs each key as a text. */
function hasDuplicate(keys: readonly Uint8Array[]): boolean {
  for (let i = 1; i < keys.length; i++) {
    for (let j = 0; j < i; j++) if (isSameKey(keys[i] as Uint8Array, keys[j] as Uint8Array)) return true;
  }
  return false;
}

function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < KEY_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}

function readHeader(reader: ByteReader) {
  return {
    numRequiredSignatures: reader.byte(),
    numReadonlySignedAccounts: reader.byte(),
    numReadonlyUnsignedAccounts: reader.byte(),
  };
}

function atMost(count: number, most: number, what: string): void {
  if (count > most) throw new RangeError(`${count} ${what}, where a version 1 transaction has at most ${most}`);
}

function checkMessage({ keys, instructions, lookups, ...header }: Message): void {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = header;
  if (numReadonlySignedAccounts >= numRequiredSignatures) throw new RangeError("no account that can pay the fee");
  if (keys.length < numRequiredSignatures + numReadonlyUnsignedAccounts) {
    throw new RangeError("fewer account keys than the header requires");
  }
  const loaded = lookups.reduce((sum, { writable, readonly }) => sum + writable.length + readonly.length, 0);
  for (const { programIdIndex, accounts } of instructions) {
    if (programIdIndex === 0 || programIdIndex >= keys.length)
      throw new RangeError("an instruction has an invalid program index");
    for (const index of accounts) {
      if (index >= keys.length + loaded) throw new RangeError("an instruction has an invalid account index");
    }
  }
}

/** Whether the message may write to the account at an index. */
export function isWritableKey(message: Message, index: number): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts, keys } = message;
  return index < numRequiredSignatures
    ? index < numRequiredSignatures - numReadonlySignedAccounts
    : index < keys.length - numReadonlyUnsignedAccounts;
}
