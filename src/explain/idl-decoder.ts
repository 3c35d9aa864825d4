import type { DecodeWork } from "./decode-work.js";
import type { FieldReader } from "./field-reader.js";
import type { AccountUse } from "./message-view.js";
import type { DecodedInstruction } from "./native-instruction.js";
import type { ProgramError } from "./program-errors.js";

/** Reads one value of a type. Throws a RangeError if bytes are missing. */
export type Decoder = (reader: FieldReader) => unknown;

/** A program that is decoded with its IDL. */
export interface IdlProgram {
  readonly name: string;
  /** Descriptions of the IDL types that cannot be read. */
  readonly problems: readonly string[];
  decode(data: Uint8Array, accounts: readonly AccountUse[], work: DecodeWork): DecodedInstruction | undefined;
  /** Decodes an account of the program. */
  decodeAccount(data: Uint8Array, work: DecodeWork): { name: string; fields: unknown } | undefined;
  error(code: number): ProgramError | undefined;
}

/**
 * Maximum number of items in a list. A longer list means that the data is damaged, because no account can contain so many items.
 */
export const MAX_ITEMS = 100_000;
/** Maximum depth of nested types. Deeper types cannot be decoded, because they may be infinitely recursive. */
const MAX_DEPTH = 64;

/** Reads a list with a given number of items. */
export function readItems(length: number | bigint, item: Decoder, reader: FieldReader): unknown[] {
  if (length > MAX_ITEMS) throw new RangeError(`a list of ${length} items`);
  return Array.from({ length: Number(length) }, () => reader.counted(item));
}

/** Reads named values into an object. Names such as `__proto__` become ordinary members. */
export function readFields(fields: readonly (readonly [name: string, decode: Decoder])[], reader: FieldReader): object {
  return Object.fromEntries(fields.map(([name, decode]) => [name, decode(reader)]));
}

/**
 * Builds a decoder. If the type is unknown, the problem is added to `problems`, and the returned decoder throws when it reads a
 * value. The other instructions, accounts and errors of the IDL remain usable.
 */
export function buildDecoder(build: () => Decoder, problems: string[]): Decoder {
  try {
    return build();
  } catch (error) {
    problems.push(error instanceof Error ? error.message : "unknown type");
    return () => {
      throw error;
    };
  }
}

/** Returns a decoder that counts its values, so that the work is limited. */
export function counting(decode: Decoder): Decoder {
  return (reader) => {
    reader.work.value();
    return decode(reader);
  };
}

/** Limits the depth of decoders that look up types by name, because these types can be recursive. */
export function depthGuard(): (decode: Decoder) => Decoder {
  let depth = 0;
  return (decode) => (reader) => {
    if (++depth > MAX_DEPTH) {
      depth = 0;
      throw new RangeError("the types nest too deeply");
    }
    try {
      return reader.counted(decode);
    } finally {
      depth = Math.max(0, depth - 1);
    }
  };
}

const INTEGER = /^([iu])(8|16|32|64|128|256)$/;

/** Returns the decoder for a number: `u8` to `u256`, `i8` to `i256`, `f32`, `f64`. Integers of 64 bits and more are `bigint`. */
export function numberDecoder(format: string, { bigEndian = false } = {}): Decoder | undefined {
  if (format === "f32" || format === "f64") {
    const length = format === "f32" ? 4 : 8;
    return (reader) => {
      const bytes = reader.bytes(length);
      const view = new DataView(bytes.buffer, bytes.byteOffset, length);
      return format === "f32" ? view.getFloat32(0, !bigEndian) : view.getFloat64(0, !bigEndian);
    };
  }
  const [, sign, bits] = INTEGER.exec(format) ?? [];
  if (bits === undefined) return undefined;
  const width = Number(bits);
  return (reader) => {
    const bytes = reader.bytes(width / 8).slice();
    if (!bigEndian) bytes.reverse();
    let value = 0n;
    for (const byte of bytes) value = (value << 8n) | BigInt(byte);
    if (sign === "i") value = BigInt.asIntN(width, value);
    return width <= 32 ? Number(value) : value;
  };
}

/** Longer names are truncated: the regular expressions in `camelCase` are slow for very long names. */
const MAX_NAME = 256;

/** Converts a name to camel case: `amount_in` becomes `amountIn`. */
export function camelCase(name: string): string {
  return name
    .slice(0, MAX_NAME)
    .replace(/[_-]+([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase())
    .replace(/^[A-Z]/, (first) => first.toLowerCase());
}

export function startsWith(data: Uint8Array, prefix: Uint8Array, offset = 0): boolean {
  return data.length >= offset + prefix.length && prefix.every((byte, index) => data[offset + index] === byte);
}

/** An instruction in an IDL. */
export interface IdlInstruction {
  readonly name: string;
  matches(data: Uint8Array, work: DecodeWork): boolean;
  /** The names of the instruction's accounts, in order. */
  readonly accounts: readonly string[];
  /** The arguments in the order of the data, starting at `offset`. */
  readonly args: readonly (readonly [name: string, decode: Decoder])[];
  /** The names of arguments that the result omits, such as the discriminator. */
  readonly hidden: ReadonlySet<string>;
  /** The offset in the data at which the arguments start. */
  readonly offset: number;
}

/** Decodes an instruction. Omits arguments that are missing in the data. */
export function decodeIdlInstruction(
  { name, accounts: names, args, hidden, offset }: IdlInstruction,
  reader: FieldReader,
  accounts: readonly AccountUse[],
): DecodedInstruction {
  const read: [string, unknown][] = [];
  try {
    reader.skip(offset);
    for (const [argument, decode] of args) {
      const value = decode(reader);
      if (!hidden.has(argument)) read.push([argument, value]);
    }
  } catch {
    // The data ends too early, for example because another version of the program wrote it. The earlier arguments are kept.
  }
  return { name, accountNames: accounts.map((_, index) => names[index]), args: Object.fromEntries(read) };
}
