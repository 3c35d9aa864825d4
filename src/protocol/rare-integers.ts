import { integer, U64_MAX } from "./integers.js";

/** The wire's integers that few sessions need. */

export const nonZeroU64 = integer("non-zero u64", 1n, U64_MAX, BigInt);
export const i64 = integer("i64", -(2n ** 63n), 2n ** 63n - 1n, BigInt);
export const u8 = integer("u8", 0n, 0xffn, Number);
