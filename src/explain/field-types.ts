import { encodeBase64 } from "../codec/base64.js";
import { formatUnits } from "../protocol/token-amount.js";
import { extensionName } from "./extension-names.js";
import type { FieldReader } from "./field-reader.js";

/** A field of an instruction or an account: its name, and its type in the notation that `readType` documents. */
export type Field = readonly [name: string, type: string];

/** Parses a list of fields. Each field is `name:type`, and fields are separated by spaces. */
export function parseFields(text: string): Field[] {
  return text
    .split(/\s+/)
    .filter((part) => part !== "")
    .map((part) => [part.slice(0, part.indexOf(":")), part.slice(part.indexOf(":") + 1)] as const);
}

/** An amount of tokens, with the decimals of its mint. */
export interface TokenAmount {
  readonly amount: bigint;
  readonly decimals: number;
  /** The amount in whole tokens. */
  readonly uiAmountString: string;
}

/**
 * Reads a value of one of these types:
 *
 * - `u8` … `i64`, `f64`, `bool`, `key`. `bytes(N)` is returned as base64.
 * - `zkey`, `zbytes(N)`: `null` if all bytes are zero.
 * - `?TYPE`: one byte. If the byte is 0, the value is `null`. Otherwise, the value follows.
 * - `cTYPE`: four bytes, always followed by a value. If the four bytes are 0, `null` is returned instead of the value.
 * - `string32`, `string64`, `bytes64`, `keys64`: a length of 32 or 64 bits, followed by that number of bytes or keys.
 * - `text`: all remaining bytes.
 * - `enum(A,B)`, `enum32(A,B)`: a name, stored as its index in 1 or 4 bytes.
 * - `amount` and `fee`: an amount of tokens.
 * - All other names: structures that only one program uses.
 *
 * @param before the fields of the same structure that have been read so far
 * @throws RangeError if bytes are missing
 */
export function readType(type: string, reader: FieldReader, before: Readonly<Record<string, unknown>>): unknown {
  if (type.startsWith("?")) return reader.u8() === 0 ? null : readType(type.slice(1), reader, before);
  if (type.startsWith("c")) {
    const isSome = reader.u32() !== 0;
    const value = readType(type.slice(1), reader, before);
    return isSome ? value : null;
  }
  const [, kind = type, list = ""] = /^(\w+)\((.*)\)$/.exec(type) ?? [];
  switch (kind) {
    case "u8":
    case "i8":
    case "u16":
    case "i16":
    case "u32":
    case "u64":
    case "i64":
    case "f64":
    case "bool":
    case "key":
      return reader[kind]();
    case "zkey":
      return reader.optionalKey();
    case "bytes":
      return reader.base64(Number(list));
    case "zbytes": {
      const bytes = reader.bytes(Number(list));
      return bytes.every((byte) => byte === 0) ? null : encodeBase64(bytes);
    }
    case "bytes64":
      return reader.base64(reader.length64());
    case "string32":
      return reader.text(reader.u32());
    case "string64":
      return reader.text(reader.length64());
    case "text":
      return reader.text(reader.remaining);
    case "keys64":
      return readKeys(reader);
    case "enum":
      return pick(list, reader.u8());
    case "enum32":
      return pick(list, reader.u32());
    case "amount":
      return toTokenAmount(reader.u64(), reader.u8());
    case "fee":
      return toTokenAmount(reader.u64(), (before.tokenAmount as TokenAmount).decimals);
    case "extensions":
      return Array.from({ length: reader.remaining >> 1 }, () => extensionName(reader.u16()));
    case "metadataField":
      return readMetadataField(reader);
    case "authorized":
      return { staker: reader.key(), withdrawer: reader.key() };
    case "lockup":
      return { unixTimestamp: reader.i64(), epoch: reader.u64(), custodian: reader.key() };
    case "lockupChange":
      return { ...readLockupTimes(reader), ...readOption(reader, "custodian", () => reader.key()) };
    case "transferFee":
      return { epoch: reader.u64(), maximumFee: reader.u64(), transferFeeBasisPoints: reader.u16() };
    case "pairs":
      return Array.from({ length: Math.min(reader.u32(), reader.remaining >> 3) }, () => [
        reader.text(reader.u32()),
        reader.text(reader.u32()),
      ]);
    case "lockupTimes":
      return readLockupTimes(reader);
    default:
      throw new TypeError(`unknown type ${type}`);
  }
}

function pick(list: string, index: number): string | number {
  return list.split(",")[index] ?? index;
}

function readKeys(reader: FieldReader): string[] {
  const length = reader.length64();
  if (length * 32 > reader.remaining) throw new RangeError("ends too early");
  return Array.from({ length }, () => reader.key());
}

function readMetadataField(reader: FieldReader): string {
  const field = reader.u8();
  return ["name", "symbol", "uri"][field] ?? reader.text(reader.u32());
}

function readLockupTimes(reader: FieldReader): object {
  return {
    ...readOption(reader, "unixTimestamp", () => reader.i64()),
    ...readOption(reader, "epoch", () => reader.u64()),
  };
}

function readOption(reader: FieldReader, name: string, read: () => unknown): object {
  return reader.u8() === 0 ? {} : { [name]: read() };
}

/** Converts an amount of tokens to whole tokens, without rounding. */
function toTokenAmount(amount: bigint, decimals: number): TokenAmount {
  return { amount, decimals, uiAmountString: formatUnits(amount, decimals) };
}

/** Reads fields in order. @throws RangeError if bytes are missing */
export function readFieldList(fields: readonly Field[], reader: FieldReader): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, type] of fields) read[name] = readType(type, reader, read);
  return read;
}
