import { createPublicKey, verify } from "node:crypto";
import { decodeBase58 } from "../../../../../src/codec/base58.js";
import type { RecordedMeta } from "../../../../../src/local/engine/ledger/ledger.js";

/** A mainnet transaction, as `getTransaction` with `encoding: "json"` returns it. */
export interface MainnetTransaction {
  /** The public repository and the file from which the transaction was copied, and the licence of the repository. */
  source: string;
  slot: number;
  blockTime: number;
  version: "legacy" | 0;
  transaction: { signatures: string[]; message: JsonMessage };
  meta: Omit<RecordedMeta, keyof TokenOwners> & TokenOwners;
}

interface JsonMessage {
  accountKeys: string[];
  header: { numRequiredSignatures: number; numReadonlySignedAccounts: number; numReadonlyUnsignedAccounts: number };
  recentBlockhash: string;
  instructions: { programIdIndex: number; accounts: number[]; data: string }[];
  addressTableLookups?: { accountKey: string; writableIndexes: number[]; readonlyIndexes: number[] }[];
}

export interface JsonTokenBalance {
  accountIndex: number;
  mint: string;
  /** The owner of the token account. Absent in transactions before 2022. */
  owner?: string;
  programId?: string;
  uiTokenAmount: { amount: string; decimals: number };
}

interface TokenOwners {
  preTokenBalances: JsonTokenBalance[];
  postTokenBalances: JsonTokenBalance[];
}

/** Returns all accounts of a transaction. Accounts from lookup tables come last. */
export function accountsOf({ transaction, meta }: MainnetTransaction): string[] {
  const { writable = [], readonly = [] } = meta.loadedAddresses ?? {};
  return [...transaction.message.accountKeys, ...writable, ...readonly];
}

/** Returns all programs that a transaction invokes, directly or from another program. */
export function programsOf(one: MainnetTransaction): string[] {
  const accounts = accountsOf(one);
  const outer = one.transaction.message.instructions.map(({ programIdIndex }) => programIdIndex);
  const inner = (one.meta.innerInstructions ?? []).flatMap(({ instructions }) =>
    instructions.map(({ programIdIndex }) => programIdIndex),
  );
  return [...new Set([...outer, ...inner])].map((index) => accounts[index]!);
}

/** Returns the bytes of a transaction: https://solana.com/docs/core/transactions. */
export function wireOf({ version, transaction }: MainnetTransaction): Buffer {
  const { signatures } = transaction;
  return Buffer.concat([counted(signatures.map(bytesOf)), messageOf(version, transaction.message)]);
}

/** Whether all signatures are valid for the encoded bytes. Valid signatures prove that the bytes are the same as on the chain. */
export function isSigned({ version, transaction: { signatures, message } }: MainnetTransaction): boolean {
  const bytes = messageOf(version, message);
  return (
    signatures.length === message.header.numRequiredSignatures &&
    signatures.every((signature, index) => verify(null, bytes, keyOf(message.accountKeys[index]!), bytesOf(signature)))
  );
}

/** The header of a DER-encoded Ed25519 key (RFC 8410). */
const SPKI_HEADER = Buffer.from("302a300506032b6570032100", "hex");

function keyOf(address: string) {
  return createPublicKey({ key: Buffer.concat([SPKI_HEADER, bytesOf(address)]), format: "der", type: "spki" });
}

function messageOf(version: "legacy" | 0, message: JsonMessage): Buffer {
  const { header, accountKeys, recentBlockhash, instructions, addressTableLookups = [] } = message;
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = header;
  return Buffer.concat([
    Buffer.from(version === 0 ? [0x80] : []),
    Buffer.from([numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts]),
    counted(accountKeys.map(bytesOf)),
    bytesOf(recentBlockhash),
    counted(
      instructions.map(({ programIdIndex, accounts, data }) =>
        Buffer.concat([Buffer.from([programIdIndex]), countedBytes(accounts), countedBytes(bytesOf(data))]),
      ),
    ),
    ...(version === 0
      ? [
          counted(
            addressTableLookups.map(({ accountKey, writableIndexes, readonlyIndexes }) =>
              Buffer.concat([bytesOf(accountKey), countedBytes(writableIndexes), countedBytes(readonlyIndexes)]),
            ),
          ),
        ]
      : []),
  ]);
}

function counted(items: readonly Uint8Array[]): Buffer {
  return Buffer.concat([compactLength(items.length), ...items]);
}

function countedBytes(bytes: ArrayLike<number>): Buffer {
  return Buffer.concat([compactLength(bytes.length), Buffer.from(Array.from(bytes))]);
}

function compactLength(length: number): Buffer {
  return Buffer.from(length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7]);
}

export function bytesOf(text: string): Uint8Array {
  const bytes = text === "" ? new Uint8Array(0) : decodeBase58(text, 4_000);
  if (bytes === undefined) throw new Error(`${text} is not base58`);
  return bytes;
}
