import * as v from "valibot";

/** 2^64 − 1: the highest possible slot, lamport balance or sequence id. */
export const U64_MAX = 2n ** 64n - 1n;

export function isIntegerWithin(value: unknown, min: bigint, max: bigint): value is bigint | number {
  const isInteger = typeof value === "bigint" || (Number.isSafeInteger(value) && !Object.is(value, -0));
  return isInteger && (value as bigint) >= min && (value as bigint) <= max;
}

/** Returns the schema of an integer from `min` to `max`. `convert` converts the parsed value. */
function integer<T extends bigint | number>(name: string, min: bigint, max: bigint, convert: (value: bigint | number) => T) {
  const expected = `expected a ${name}: an integer from ${min} to ${max}`;
  return v.pipe(
    v.custom<bigint | number>((value) => isIntegerWithin(value, min, max), expected),
    v.transform(convert),
  );
}

/** The schema of slots, lamports and sequence ids, which are `bigint`. Refuses a `number` that is not a safe integer. */
export const u64 = integer("u64", 0n, U64_MAX, BigInt);
export const u32 = integer("u32", 0n, 0xffff_ffffn, Number);
export const nonZeroU64 = integer("non-zero u64", 1n, U64_MAX, BigInt);
export const i64 = integer("i64", -(2n ** 63n), 2n ** 63n - 1n, BigInt);
export const u16 = integer("u16", 0n, 0xffffn, Number);
export const u8 = integer("u8", 0n, 0xffn, Number);
/** The schema of a count: a u64 on the wire, a `number` for users. */
export const count = integer("u64", 0n, U64_MAX, Number);

/** Returns a parsed value as `bigint` if it is a u64, and otherwise `undefined`. */
export function readU64(value: unknown): bigint | undefined {
  return isIntegerWithin(value, 0n, U64_MAX) ? BigInt(value) : undefined;
}
