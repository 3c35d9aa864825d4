import type { ByteReader } from "./byte-reader.js";

/** The compute budget of a version 1 message (SIMD-0385). The VM uses 0 for a missing member, and 32 KiB for a missing `heapSize`. */
export interface MessageConfig {
  /** The total fee in lamports, not a price per compute unit. */
  priorityFee?: bigint;
  /** Maximum number of compute units. */
  computeUnitLimit?: number;
  /** Maximum size of all loaded accounts together, in bytes. */
  loadedAccountsDataSizeLimit?: number;
  /** Heap size in bytes: a multiple of 1,024 from 32,768 to 262,144. */
  heapSize?: number;
}

/** The maximum number of compute units in a transaction. */
export const MAX_COMPUTE_UNITS = 1_400_000;
/** The maximum size of all loaded accounts in a transaction, in bytes. */
export const MAX_LOADED_ACCOUNTS_DATA_SIZE = 64 * 1024 * 1024;

/** The bits of the mask. Each bit announces a value of 4 bytes. The priority fee has 8 bytes and therefore two bits. */
const PRIORITY_FEE = 0b0_0011;
const COMPUTE_UNIT_LIMIT = 0b0_0100;
const LOADED_ACCOUNTS_DATA_SIZE_LIMIT = 0b0_1000;
const HEAP_SIZE = 0b1_0000;
const ALL_BITS = 0b1_1111;

const MIN_HEAP_BYTES = 32 * 1024;
const MAX_HEAP_BYTES = 256 * 1024;
const HEAP_UNIT = 1024;

/** Reads the mask of a version 1 message. @throws RangeError for a bit that SIMD-0385 does not define */
export function readConfigMask(reader: ByteReader): number {
  const mask = reader.uint32();
  if ((mask & ~ALL_BITS) !== 0) throw new RangeError(`the config mask 0x${mask.toString(16)} has unknown bits`);
  const feeBits = mask & PRIORITY_FEE;
  if (feeBits !== 0 && feeBits !== PRIORITY_FEE)
    throw new RangeError("the config mask has only one of the two priority fee bits");
  return mask;
}

/** Reads the values that a mask announces. @throws RangeError for an invalid heap size */
export function readConfigValues(reader: ByteReader, mask: number): MessageConfig {
  const config: MessageConfig = {};
  if ((mask & PRIORITY_FEE) !== 0) config.priorityFee = reader.uint64();
  if ((mask & COMPUTE_UNIT_LIMIT) !== 0) config.computeUnitLimit = reader.uint32();
  if ((mask & LOADED_ACCOUNTS_DATA_SIZE_LIMIT) !== 0) config.loadedAccountsDataSizeLimit = reader.uint32();
  if ((mask & HEAP_SIZE) !== 0) config.heapSize = checkedHeap(reader.uint32());
  return config;
}

/** Returns the mask and the values of a config, in their wire format. */
export function encodeConfig(config: MessageConfig): { mask: Uint8Array; values: Uint8Array } {
  const { priorityFee, computeUnitLimit, loadedAccountsDataSizeLimit, heapSize } = config;
  const mask = new DataView(new ArrayBuffer(4));
  const values = new DataView(new ArrayBuffer(20));
  let at = 0;
  let bits = 0;
  if (priorityFee !== undefined) {
    bits |= PRIORITY_FEE;
    values.setBigUint64(at, priorityFee, true);
    at += 8;
  }
  const members = [
    [COMPUTE_UNIT_LIMIT, computeUnitLimit],
    [LOADED_ACCOUNTS_DATA_SIZE_LIMIT, loadedAccountsDataSizeLimit],
    [HEAP_SIZE, heapSize],
  ] as const;
  for (const [bit, value] of members) {
    if (value === undefined) continue;
    bits |= bit;
    values.setUint32(at, value, true);
    at += 4;
  }
  mask.setUint32(0, bits, true);
  return { mask: new Uint8Array(mask.buffer), values: new Uint8Array(values.buffer, 0, at) };
}

/** The offset of the config mask in a version 1 message, in bytes. */
const MASK_AT = 4;
/** The offset of the account keys, in bytes. The config values follow the keys. */
const KEYS_AT = 42;
const KEY_BYTES = 32;

/** Returns a copy of a version 1 transaction or message with another config. The signatures in the copy are invalid. */
export function withConfig(
  bytes: Uint8Array,
  { keys, config = {} }: { keys: readonly Uint8Array[]; config?: MessageConfig },
  changed: MessageConfig,
): Uint8Array {
  const { mask, values } = encodeConfig(changed);
  const valuesAt = KEYS_AT + keys.length * KEY_BYTES;
  const restAt = valuesAt + encodeConfig(config).values.length;
  const copy = new Uint8Array(valuesAt + values.length + bytes.length - restAt);
  copy.set(bytes.subarray(0, valuesAt));
  copy.set(mask, MASK_AT);
  copy.set(values, valuesAt);
  copy.set(bytes.subarray(restAt), valuesAt + values.length);
  return copy;
}

function checkedHeap(bytes: number): number {
  if (bytes >= MIN_HEAP_BYTES && bytes <= MAX_HEAP_BYTES && bytes % HEAP_UNIT === 0) return bytes;
  throw new RangeError(
    `a heap of ${bytes} bytes: expected a multiple of ${HEAP_UNIT} from ${MIN_HEAP_BYTES} to ${MAX_HEAP_BYTES}`,
  );
}
