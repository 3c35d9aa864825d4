import { ByteReader } from "./byte-reader.js";

/** An instruction of a message, with indices into its accounts. Accounts of lookup tables come last. */
export interface MessageInstruction {
  programIdIndex: number;
  accounts: Uint8Array;
  data: Uint8Array;
}

/** Accounts of a version 0 message from a lookup table, by index. */
export interface AddressLookup {
  table: Uint8Array;
  writable: Uint8Array;
  readonly: Uint8Array;
}

export interface Message {
  version: "legacy" | 0;
  numRequiredSignatures: number;
  numReadonlySignedAccounts: number;
  numReadonlyUnsignedAccounts: number;
  /** 32 bytes each. */
  keys: readonly Uint8Array[];
  blockhash: Uint8Array;
  instructions: readonly MessageInstruction[];
  lookups: readonly AddressLookup[];
}

export interface Transaction {
  /** 64 bytes each. */
  signatures: readonly Uint8Array[];
  message: Message;
}

/** The largest legacy or version 0 transaction, in bytes: an IPv6 packet of 1,280 bytes without headers. */
export const MAX_TRANSACTION_BYTES = 1232;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
/** The highest bit of the first byte of a versioned message. The other bits are the version. */
export const VERSION_FLAG = 0x80;

/**
 * Reads a wire transaction: https://solana.com/docs/core/transactions. All members are views of the bytes. It is as strict as
 * the reader
 * of the VM, because bytes that the VM cannot read end the process.
 *
 * @throws RangeError if the bytes are not a transaction
 */
export function readTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > MAX_TRANSACTION_BYTES)
    throw new RangeError(`${bytes.length} bytes, where a transaction has at most ${MAX_TRANSACTION_BYTES}`);
  const reader = new ByteReader(bytes);
  const signatures = reader.list(() => reader.take(SIGNATURE_BYTES));
  const message = readMessageFrom(reader);
  if (signatures.length === 0 || signatures.length !== message.numRequiredSignatures) {
    throw new RangeError(`${signatures.length} signatures where the message asks for ${message.numRequiredSignatures}`);
  }
  return { signatures, message };
}

/** Reads the signed message of a transaction. @throws RangeError if the bytes are not a message */
export function readMessage(bytes: Uint8Array): Message {
  return readMessageFrom(new ByteReader(bytes));
}

function readMessageFrom(reader: ByteReader): Message {
  const first = reader.byte();
  const isVersioned = (first & VERSION_FLAG) !== 0;
  if (isVersioned && first !== VERSION_FLAG) throw new RangeError(`message version ${first & ~VERSION_FLAG} is not known`);
  const numRequiredSignatures = isVersioned ? reader.byte() : first;
  const numReadonlySignedAccounts = reader.byte();
  const numReadonlyUnsignedAccounts = reader.byte();
  const keys = reader.list(() => reader.take(KEY_BYTES));
  const blockhash = reader.take(KEY_BYTES);
  const instructions = reader.list(() => ({
    programIdIndex: reader.byte(),
    accounts: reader.take(reader.length()),
    data: reader.take(reader.length()),
  }));
  const lookups = isVersioned
    ? reader.list(() => ({
        table: reader.take(KEY_BYTES),
        writable: reader.take(reader.length()),
        readonly: reader.take(reader.length()),
      }))
    : [];
  reader.expectEnd();
  if (numReadonlySignedAccounts >= numRequiredSignatures) throw new RangeError("no account that can pay the fee");
  if (keys.length < numRequiredSignatures + numReadonlyUnsignedAccounts) {
    throw new RangeError("fewer account keys than the header requires");
  }
  const loaded = lookups.reduce((sum, { writable, readonly }) => sum + writable.length + readonly.length, 0);
  for (const { programIdIndex, accounts } of instructions) {
    if (programIdIndex === 0 || programIdIndex >= keys.length) throw new RangeError("an instruction names no program");
    for (const index of accounts) {
      if (index >= keys.length + loaded) throw new RangeError("an instruction names an account that the message doesn't have");
    }
  }
  return {
    version: isVersioned ? 0 : "legacy",
    numRequiredSignatures,
    numReadonlySignedAccounts,
    numReadonlyUnsignedAccounts,
    keys,
    blockhash,
    instructions,
    lookups,
  };
}

/** Whether the message may write the account key at an index. */
export function isWritableKey(message: Message, index: number): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts, keys } = message;
  return index < numRequiredSignatures
    ? index < numRequiredSignatures - numReadonlySignedAccounts
    : index < keys.length - numReadonlyUnsignedAccounts;
}
