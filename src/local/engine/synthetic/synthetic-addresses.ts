import { decodeBase58, encodeBase58 } from "../../../codec/base58.js";
import type { Address } from "../../wire/build-transaction.js";
import { Prng } from "./prng.js";

/** Derives an address from a label. */
export function syntheticAddress(label: string): Address {
  const bytes = new Prng(label).bytes(32);
  return { text: encodeBase58(bytes), bytes };
}

function known(text: string): Address {
  return { text, bytes: decodeBase58(text) as Uint8Array };
}

export const SYSTEM_PROGRAM = known("11111111111111111111111111111111");
export const TOKEN_PROGRAM = known("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/** The vault program of the synthetic ledger. It has vaults that hold lamports, and positions that are opened and closed. */
export const VAULT_PROGRAM = syntheticAddress("synthetic vault program");
