import { encodeBase58 } from "../../src/codec/base58.js";
import { encodeBase64 } from "../../src/codec/base64.js";
import { syntheticAddress } from "../../src/local/engine/synthetic/synthetic-addresses.js";
import { makeWorld } from "../../src/local/engine/synthetic/synthetic-world.js";
import { systemTransfer } from "../../src/local/engine/synthetic/system-program.js";
import { type Address, buildTransaction, type Instruction } from "../../src/local/wire/build-transaction.js";

/** The accounts of the generated ledger with the default seed. */
export const WORLD = makeWorld("0");

let made = 0;

/**
 * Returns a client's transaction in base64, and its signature. The signature is arbitrary, because the synthetic engine does not
 * verify signatures.
 */
export function ownTransaction(
  payer: Address,
  ...instructions: Instruction[]
): { base64: string; signature: string; message: string } {
  const signature = new Uint8Array(64).fill(7);
  new DataView(signature.buffer).setUint32(0, ++made);
  const parts = { version: 0, payer, instructions, blockhash: syntheticAddress("a blockhash") } as const;
  const { bytes } = buildTransaction(parts, () => signature);
  return { base64: encodeBase64(bytes), signature: encodeBase58(signature), message: encodeBase64(bytes.subarray(65)) };
}

/** Returns a client's transaction that moves lamports from a wallet of the ledger to another address. */
export function transfer(lamports: bigint, from = 0, to: Address = WORLD.wallets[1]!): ReturnType<typeof ownTransaction> {
  const payer = WORLD.wallets[from]!;
  return ownTransaction(payer, systemTransfer(payer, to, lamports));
}

/** Returns an account state in the format that clients send. */
export function accountData(lamports: bigint, owner: string, data = "AQID"): Record<string, unknown> {
  return { data: { data, encoding: "base64" }, executable: false, lamports, owner, space: atob(data).length };
}
