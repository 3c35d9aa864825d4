import { encodeBase58 } from "../codec/base58.js";
import { ByteReader } from "../protocol/byte-reader.js";
import { messageVersion, SIGNATURE_BYTES } from "../protocol/transaction-envelope.js";
import { type AccountUse, type Header, type MessageView, toAccounts } from "./message-view.js";

const KEY_BYTES = 32;
/** Bytes of one value of the configuration of a version 1 message. */
const CONFIG_VALUE_BYTES = 4;

/**
 * Reads a wire transaction of any version. It is less strict than the reader of the VM, so that it also explains transactions that
 * a node refused.
 *
 * @throws RangeError if bytes are missing, or the version is unknown
 */
export function readTransactionBytes(bytes: Uint8Array): MessageView {
  const version = messageVersion(new ByteReader(bytes).peek());
  if (version === 1) return readVersion1(bytes);
  const reader = new ByteReader(bytes);
  const signatures = reader.list(() => reader.take(SIGNATURE_BYTES));
  return { ...readMessage(reader), signature: signatures[0] && encodeBase58(signatures[0]) };
}

/** A legacy or version 0 message. */
function readMessage(reader: ByteReader): MessageView {
  const first = reader.peek();
  const version = messageVersion(first);
  if (version !== "legacy" && version !== 0) throw new RangeError(`message version ${version} is not known`);
  if (version === 0) reader.byte();
  const header = readHeader(reader);
  const keys = reader.list(() => encodeBase58(reader.take(KEY_BYTES)));
  // The blockhash.
  reader.take(KEY_BYTES);
  const instructions = reader.list(() => ({
    program: reader.byte(),
    accounts: [...reader.take(reader.length())],
    data: reader.take(reader.length()),
  }));
  const tables = version === 0 ? reader.list(() => readLookup(reader)) : [];
  // Writable accounts of all tables come first.
  const lookups = [...tables.flatMap(({ writable }) => writable), ...tables.flatMap(({ readonly }) => readonly)];
  return { signature: undefined, version, accounts: toAccounts(keys, header), lookups, instructions };
}

function readLookup(reader: ByteReader): { writable: AccountUse[]; readonly: AccountUse[] } {
  const table = encodeBase58(reader.take(KEY_BYTES));
  const read = (writable: boolean): AccountUse[] =>
    [...reader.take(reader.length())].map((index) => ({ address: `${table}[${index}]`, signer: false, writable }));
  return { writable: read(true), readonly: read(false) };
}

/** A version 1 transaction: the message, then the signatures. The layout is that of SIMD-0385. */
function readVersion1(bytes: Uint8Array): MessageView {
  const reader = new ByteReader(bytes);
  reader.byte();
  const header = readHeader(reader);
  const configMask = readU32(reader);
  // The blockhash.
  reader.take(KEY_BYTES);
  const numInstructions = reader.byte();
  const numKeys = reader.byte();
  const keys = Array.from({ length: numKeys }, () => encodeBase58(reader.take(KEY_BYTES)));
  reader.take(countBits(configMask) * CONFIG_VALUE_BYTES);
  const headers = Array.from({ length: numInstructions }, () => ({
    program: reader.byte(),
    numAccounts: reader.byte(),
    dataLength: reader.byte() | (reader.byte() << 8),
  }));
  const instructions = headers.map(({ program, numAccounts, dataLength }) => ({
    program,
    accounts: [...reader.take(numAccounts)],
    data: reader.take(dataLength),
  }));
  const signature = header.signers > 0 ? encodeBase58(reader.take(SIGNATURE_BYTES)) : undefined;
  return { signature, version: 1, accounts: toAccounts(keys, header), lookups: [], instructions };
}

function readHeader(reader: ByteReader): Header {
  return { signers: reader.byte(), readonlySigners: reader.byte(), readonlyOthers: reader.byte() };
}

function readU32(reader: ByteReader): number {
  const [a = 0, b = 0, c = 0, d = 0] = reader.take(4);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

function countBits(value: number): number {
  return value.toString(2).replaceAll("0", "").length;
}
