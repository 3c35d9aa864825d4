import * as v from "valibot";
import { decodeBase58 } from "../codec/base58.js";
import { invalidParams } from "./simulator-error.js";

/** 2^64 − 1, the largest slot, lamport balance or sequence id. */
export const U64_MAX = 18_446_744_073_709_551_615n;
const I64_MAX = 9_223_372_036_854_775_807n;

function isIntegerWithin(value: unknown, min: bigint, max: bigint): value is bigint | number {
  if (typeof value === "number" && (!Number.isSafeInteger(value) || Object.is(value, -0))) return false;
  return (typeof value === "number" || typeof value === "bigint") && value >= min && value <= max;
}

function wide(name: string, min: bigint, max: bigint) {
  return v.pipe(
    v.custom<bigint | number>(
      (value) => isIntegerWithin(value, min, max),
      `expected a ${name}: an integer from ${min} to ${max}`,
    ),
    v.transform((value: bigint | number) => BigInt(value)),
  );
}

function narrow(name: string, max: number) {
  return v.pipe(
    v.custom<bigint | number>(
      (value) => isIntegerWithin(value, 0n, BigInt(max)),
      `expected a ${name}: an integer from 0 to ${max}`,
    ),
    v.transform((value: bigint | number) => Number(value)),
  );
}

/** Slots, lamports, sequence ids: `bigint` once read. A number that a double can't hold exactly is refused. */
export const u64 = wide("u64", 0n, U64_MAX);
export const i64 = wide("i64", -I64_MAX - 1n, I64_MAX);
export const u32 = narrow("u32", 0xffff_ffff);
export const u16 = narrow("u16", 0xffff);
export const u8 = narrow("u8", 0xff);
/** A count of things that were: a u64 on the wire, a `number` to users. */
export const count = v.pipe(u64, v.transform(Number));

/** A 32-byte public key in base58. */
export function isAddress(value: unknown): value is string {
  return typeof value === "string" && value.length >= 32 && value.length <= 44 && decodeBase58(value)?.length === 32;
}

export const address = v.custom<string>(isAddress, "expected a base58 address of 32 bytes");

/** Optional in, absent out: null and a missing key are the same to the protocol's optional scalars and objects. */
export function opt<T extends v.GenericSchema>(schema: T) {
  return v.optional(
    v.pipe(
      v.nullable(schema),
      v.transform((value): v.InferOutput<T> | undefined => value ?? undefined),
    ),
  );
}

/** A parameter that takes `bigint | number`, as the `bigint` it stands for. @throws SimulatorError `invalidParams` */
export function toU64(value: unknown, field: string): bigint {
  if (isIntegerWithin(value, 0n, U64_MAX)) return BigInt(value);
  const given =
    typeof value === "bigint" || typeof value === "number" ? String(value) : `a ${value === null ? "null" : typeof value}`;
  throw invalidParams(field, `expected a whole number from 0 to ${U64_MAX} (bigint above 2^53 - 1), got ${given}`);
}

/** @throws SimulatorError `invalidParams` */
export function toAddress(value: unknown, field: string): string {
  if (isAddress(value)) return value;
  throw invalidParams(field, `expected a base58 address of 32 bytes, got ${JSON.stringify(value)?.slice(0, 80)}`);
}
