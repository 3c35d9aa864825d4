import { encodeConfig, type MessageConfig } from "../../protocol/message-config.js";
import { versionByte, writeEnvelope } from "../../protocol/transaction-envelope.js";
import { MAX_V1_TRANSACTION_BYTES, type MessageVersion, maxTransactionBytes } from "../../protocol/transaction-message.js";
import type { CompiledInstruction, MessageHeader, WireTransaction } from "./wire-transaction.js";

/** An address as text and as bytes. Addresses are cached, because a ledger uses few accounts in thousands of messages. */
export interface Address {
  text: string;
  bytes: Uint8Array;
}

/** An instruction that has not been compiled into a message yet. */
export interface Instruction {
  program: Address;
  accounts: readonly { address: Address; signer?: boolean; writable?: boolean }[];
  data: Uint8Array;
}

/** The parts of a message. */
export interface MessageParts {
  version: MessageVersion;
  payer: Address;
  instructions: readonly Instruction[];
  blockhash: Address;
  /** The compute budget of a version 1 message. */
  config?: MessageConfig;
}

/**
 * Compiles and encodes a transaction, as wallets do. Calls `sign` for each signer, in the order of the account keys.
 *
 * @throws RangeError if the transaction is larger than Solana allows
 */
export function buildTransaction(
  parts: MessageParts,
  sign: (message: Uint8Array, signer: Address, index: number) => Uint8Array,
): { transaction: WireTransaction; bytes: Uint8Array } {
  const { version, payer, instructions, blockhash, config = {} } = parts;
  const { keys, header } = layOutKeys(payer, instructions);
  const positions = new Map(keys.map((key, index) => [key.text, index]));
  const position = (address: Address): number => positions.get(address.text) as number;
  const compiled = instructions.map(({ program, accounts, data }) => ({
    programIdIndex: position(program),
    accounts: accounts.map(({ address }) => position(address)),
    data,
  }));
  const writer = new Writer();
  if (version === 1) writeVersion1(writer, header, keys, blockhash, compiled, config);
  else writeCompact(writer, version, header, keys, blockhash, compiled);
  const message = writer.written();
  const signatures = Array.from({ length: header.numRequiredSignatures }, (_, index) =>
    sign(message, keys[index] as Address, index),
  );
  const bytes = writeEnvelope(message, signatures);
  const most = maxTransactionBytes(version);
  if (bytes.length > most) throw new RangeError(`the transaction has ${bytes.length} bytes; at most ${most} are allowed`);
  return {
    transaction: {
      version,
      signatures,
      keys: keys.map((key) => key.text),
      header,
      blockhash: blockhash.text,
      instructions: compiled,
      lookups: [],
      ...(version === 1 && { config }),
    },
    bytes,
  };
}

function writeCompact(
  writer: Writer,
  version: "legacy" | 0,
  header: MessageHeader,
  keys: readonly Address[],
  blockhash: Address,
  instructions: readonly CompiledInstruction[],
): void {
  if (version === 0) writer.byte(versionByte(version));
  writer.header(header);
  writer.length(keys.length);
  for (const key of keys) writer.bytes(key.bytes);
  writer.bytes(blockhash.bytes);
  writer.length(instructions.length);
  for (const { programIdIndex, accounts, data } of instructions) {
    writer.byte(programIdIndex);
    writer.length(accounts.length);
    for (const account of accounts) writer.byte(account);
    writer.length(data.length);
    writer.bytes(data);
  }
  if (version === 0) writer.length(0);
}

function writeVersion1(
  writer: Writer,
  header: MessageHeader,
  keys: readonly Address[],
  blockhash: Address,
  instructions: readonly CompiledInstruction[],
  config: MessageConfig,
): void {
  const { mask, values } = encodeConfig(config);
  writer.byte(versionByte(1));
  writer.header(header);
  writer.bytes(mask);
  writer.bytes(blockhash.bytes);
  writer.byte(instructions.length);
  writer.byte(keys.length);
  for (const key of keys) writer.bytes(key.bytes);
  writer.bytes(values);
  for (const { programIdIndex, accounts, data } of instructions) {
    writer.byte(programIdIndex);
    writer.byte(accounts.length);
    writer.byte(data.length & 0xff);
    writer.byte(data.length >> 8);
  }
  for (const { accounts, data } of instructions) {
    for (const account of accounts) writer.byte(account);
    writer.bytes(data);
  }
}

/**
 * The buffer in which all transactions are encoded, one after the other. Allocating a buffer for each transaction would be
 * slower.
 */
const scratch = new Uint8Array(MAX_V1_TRANSACTION_BYTES);

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

  header({ numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts }: MessageHeader): void {
    this.byte(numRequiredSignatures);
    this.byte(numReadonlySignedAccounts);
    this.byte(numReadonlyUnsignedAccounts);
  }

  /** Writes a length in Solana's compact-u16 encoding. */
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
