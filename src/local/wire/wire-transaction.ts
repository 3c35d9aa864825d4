import { encodeBase58 } from "../../codec/base58.js";
import { MAX_TRANSACTION_BYTES, readTransaction, VERSION_FLAG } from "../../protocol/transaction-message.js";

/** An instruction of a message, with indices into its account keys. */
export interface CompiledInstruction {
  programIdIndex: number;
  accounts: readonly number[];
  data: Uint8Array;
}

/** A transaction in its wire format: https://solana.com/docs/core/transactions */
export interface WireTransaction {
  version: "legacy" | 0;
  /** 64 bytes each. */
  signatures: readonly Uint8Array[];
  /** Base58. Signers come first, and writable accounts come first within signers and non-signers. */
  keys: readonly string[];
  header: MessageHeader;
  /** Base58. */
  blockhash: string;
  instructions: readonly CompiledInstruction[];
  /** The address lookups of a version 0 message. */
  lookups: readonly AddressTableLookup[];
}

/** As in Solana's RPC. */
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

/** Whether the message may write the account at an index. */
export function isWritable({ header, keys }: Pick<WireTransaction, "header" | "keys">, index: number): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = header;
  return index < numRequiredSignatures
    ? index < numRequiredSignatures - numReadonlySignedAccounts
    : index < keys.length - numReadonlyUnsignedAccounts;
}

/**
 * Reads a wire transaction, with addresses in base58. Addresses in lookup tables are not resolved.
 *
 * @throws RangeError if the bytes are not a transaction
 */
export function parseTransaction(bytes: Uint8Array): WireTransaction {
  const { signatures, message } = readTransaction(bytes);
  const { version, numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = message;
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
  };
}

/** An address as text and as bytes, cached because a ledger uses few accounts in thousands of messages. */
export interface Address {
  text: string;
  bytes: Uint8Array;
}

/** An instruction before its message is compiled. */
export interface Instruction {
  program: Address;
  accounts: readonly { address: Address; signer?: boolean; writable?: boolean }[];
  data: Uint8Array;
}

/** The parts of a message. */
export interface MessageParts {
  version: "legacy" | 0;
  payer: Address;
  instructions: readonly Instruction[];
  blockhash: Address;
}

/**
 * Compiles and encodes a transaction, as wallets do. `sign` is called for each signer.
 *
 * @throws RangeError if it is larger than Solana allows
 */
export function buildTransaction(
  { version, payer, instructions, blockhash }: MessageParts,
  sign: (index: number) => Uint8Array,
): { transaction: WireTransaction; bytes: Uint8Array } {
  const { keys, header } = layOutKeys(payer, instructions);
  const positions = new Map(keys.map((key, index) => [key.text, index]));
  const position = (address: Address): number => positions.get(address.text) as number;
  const compiled = instructions.map(({ program, accounts, data }) => ({
    programIdIndex: position(program),
    accounts: accounts.map(({ address }) => position(address)),
    data,
  }));
  const signatures = Array.from({ length: header.numRequiredSignatures }, (_, index) => sign(index));

  const writer = new Writer();
  writer.length(signatures.length);
  for (const signature of signatures) writer.bytes(signature);
  if (version === 0) writer.byte(VERSION_FLAG);
  writer.byte(header.numRequiredSignatures);
  writer.byte(header.numReadonlySignedAccounts);
  writer.byte(header.numReadonlyUnsignedAccounts);
  writer.length(keys.length);
  for (const key of keys) writer.bytes(key.bytes);
  writer.bytes(blockhash.bytes);
  writer.length(compiled.length);
  for (const { programIdIndex, accounts, data } of compiled) {
    writer.byte(programIdIndex);
    writer.length(accounts.length);
    for (const account of accounts) writer.byte(account);
    writer.length(data.length);
    writer.bytes(data);
  }
  if (version === 0) writer.length(0);

  const texts = keys.map((key) => key.text);
  return {
    transaction: { version, signatures, keys: texts, header, blockhash: blockhash.text, instructions: compiled, lookups: [] },
    bytes: writer.written(),
  };
}

/** Shared, because thousands of transactions are encoded one after the other. */
const scratch = new Uint8Array(MAX_TRANSACTION_BYTES);

class Writer {
  readonly #bytes = scratch;
  #at = 0;

  byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  bytes(values: Uint8Array): void {
    this.#bytes.set(values, this.#at);
    this.#at += values.length;
  }

  /** Writes Solana's compact-u16. */
  length(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  written(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}

function layOutKeys(payer: Address, instructions: readonly Instruction[]): { keys: Address[]; header: MessageHeader } {
  const roles = new Map([[payer.text, { address: payer, signer: true, writable: true }]]);
  for (const { program, accounts } of instructions) {
    for (const { address, signer = false, writable = false } of [...accounts, { address: program }]) {
      const role = roles.get(address.text);
      if (role === undefined) {
        roles.set(address.text, { address, signer, writable });
      } else {
        role.signer ||= signer;
        role.writable ||= writable;
      }
    }
  }
  const keys: Address[] = [];
  const take = (signer: boolean, writable: boolean): number => {
    const before = keys.length;
    for (const role of roles.values()) {
      if (role.signer === signer && role.writable === writable) keys.push(role.address);
    }
    return keys.length - before;
  };
  const writableSigners = take(true, true);
  const numReadonlySignedAccounts = take(true, false);
  take(false, true);
  const numReadonlyUnsignedAccounts = take(false, false);
  const numRequiredSignatures = writableSigners + numReadonlySignedAccounts;
  return { keys, header: { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } };
}
