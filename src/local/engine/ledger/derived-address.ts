import { createHash } from "node:crypto";
import { encodeBase58 } from "../../../codec/base58.js";
import type { Address } from "../../wire/build-transaction.js";

const MARKER = new TextEncoder().encode("ProgramDerivedAddress");

/**
 * Computes a program-derived address. The bump counts down from 255 until the hash is not a point of the curve, so that the
 * address has no private key. https://solana.com/docs/core/pda
 */
export function derivedAddress(seeds: readonly Uint8Array[], program: Address): Address {
  for (let bump = 255; bump >= 0; bump--) {
    const hash = createHash("sha256");
    for (const part of [...seeds, Uint8Array.of(bump), program.bytes, MARKER]) hash.update(part);
    const bytes = new Uint8Array(hash.digest());
    if (!isOnCurve(bytes)) return { text: encodeBase58(bytes), bytes };
  }
  // Practically unreachable: each of the 256 attempts succeeds with a probability of about 50 %.
  throw new RangeError("no address can be derived from these seeds");
}

/** The prime p and the constant d of Ed25519, whose curve is −x² + y² = 1 + dx²y² (RFC 8032, 5.1). */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** Whether 32 bytes are the encoding of a point. */
export function isOnCurve(bytes: Uint8Array): boolean {
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt(i === 31 ? (bytes[i] as number) & 0x7f : (bytes[i] as number));
  const y2 = (y * y) % P;
  // x² = u / v has a root if and only if u·v has one, because u / v and u·v differ by the factor v².
  const u = (y2 - 1n + P) % P;
  const v = (D * y2 + 1n) % P;
  const product = (u * v) % P;
  return product === 0n || power(product, (P - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
