import type { MessageConfig } from "../protocol/message-config.js";

/** An account that a transaction names. */
export interface AccountUse {
  readonly address: string;
  readonly signer: boolean;
  readonly writable: boolean;
}

/** An instruction that names accounts by index or by address. */
export interface RawInstruction {
  readonly program: number | string;
  readonly accounts: readonly (number | string)[];
  readonly data: Uint8Array | undefined;
  readonly parsed?: unknown;
  readonly stackHeight?: number | undefined;
}

/** The parts of a transaction that both the wire format and JSON have. */
export interface MessageView {
  signature: string | undefined;
  version: number | "legacy" | undefined;
  /** The accounts of the message; those of lookup tables follow. */
  accounts: AccountUse[];
  /** Addresses to use for accounts of lookup tables where the outcome does not name them. */
  lookups: AccountUse[];
  instructions: RawInstruction[];
  /** The compute budget of a version 1 message. */
  config?: MessageConfig;
}

/** What the header of a message says about its keys. */
export interface Header {
  readonly signers: number;
  readonly readonlySigners: number;
  readonly readonlyOthers: number;
}

/** The longest text that is decoded as base58, which takes quadratic time: a transaction of 1,232 bytes, or a long instruction. */
export const MAX_BASE58 = 6_000;

/** The accounts of a message: its keys, with what the header says about them. */
export function toAccounts(keys: readonly string[], { signers, readonlySigners, readonlyOthers }: Header): AccountUse[] {
  return keys.map((address, index) => {
    const signer = index < signers;
    return { address, signer, writable: signer ? index < signers - readonlySigners : index < keys.length - readonlyOthers };
  });
}
