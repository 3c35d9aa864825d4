import * as v from "valibot";
import { decodeBase58 } from "../codec/base58.js";
import { invalidParams, toText } from "./error-helpers.js";
import { isIntegerWithin, U64_MAX } from "./integers.js";

export { count, i64, nonZeroU64, readU64, U64_MAX, u8, u16, u32, u64 } from "./integers.js";

/** Whether a value is a 32-byte public key in base58. */
export function isAddress(value: unknown): value is string {
  return typeof value === "string" && value.length >= 32 && value.length <= 44 && decodeBase58(value)?.length === 32;
}

export const address = v.custom<string>(isAddress, "expected a base58 address of 32 bytes");

/** Converts a `bigint | number` parameter to `bigint`. @throws SimulatorError `invalidParams` */
export function toU64(value: unknown, field: string): bigint {
  if (isIntegerWithin(value, 0n, U64_MAX)) return BigInt(value);
  const given = typeof value === "string" ? "a string" : toText(value);
  throw invalidParams(field, `expected a whole number from 0 to ${U64_MAX} (bigint above 2^53 - 1), got ${given}`);
}

/** Converts an address parameter, a string or a `PublicKey`, to base58. @throws SimulatorError `invalidParams` */
export function toAddress(value: unknown, field: string): string {
  if (isAddress(value)) return value;
  if (typeof value === "object" && value !== null) return addressOf(value, field);
  throw invalidParams(field, `expected a base58 address of 32 bytes, got ${JSON.stringify(toText(value)).slice(0, 80)}`);
}

/** Returns the address of a `PublicKey` object of `@solana/web3.js`. */
function addressOf(key: object, field: string): string {
  const address = "toBase58" in key && typeof key.toBase58 === "function" ? key.toBase58() : undefined;
  if (isAddress(address)) return address;
  throw invalidParams(field, "expected a base58 address, got an object: pass a string or a PublicKey");
}

/** Validates a signature parameter in base58. @throws SimulatorError `invalidParams` */
export function toSignature(value: unknown, field: string): string {
  if (typeof value === "string" && decodeBase58(value)?.length === 64) return value;
  throw invalidParams(field, "expected a base58 signature of 64 bytes");
}
