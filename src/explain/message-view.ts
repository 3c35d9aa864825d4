import type { MessageConfig } from "../protocol/message-config.js";

/** An account that a transaction uses. */
export interface AccountUse {
  readonly address: string;
  readonly signer: boolean;
  readonly writable: boolean;
}

/** An instruction that refers to its accounts by index or by address. */
export interface RawInstruction {
  readonly program: number | string;
  readonly accounts: readonly (number | string)[];
  readonly data: Uint8Array | undefined;
  readonly parsed?: unknown;
  readonly stackHeight?: number | undefined;
}

/** The content of a transaction that was read from the wire format or from JSON. */
export interface MessageView {
  signature: string | undefined;
  version: number | "legacy" | undefined;
  /** The accounts of the message. Accounts from lookup tables are included only if the encoding lists them. */
  accounts: AccountUse[];
  /**
   * Placeholders for the accounts from lookup tables. A placeholder is used if the outcome of the transaction does not contain
   * the address.
   */
  lookups: AccountUse[];
  instructions: RawInstruction[];
  /** The compute budget of a version 1 message. */
  config?: MessageConfig;
}

/** The counts in a message header. */
export interface Header {
  readonly signers: number;
  readonly readonlySigners: number;
  readonly readonlyOthers: number;
}

/**
 * Maximum length of a base58 text. Longer texts are not decoded, because base58 takes quadratic time. The limit is large enough
 * for a transaction of 1,232 bytes or a long instruction.
 */
export const MAX_BASE58 = 6_000;

/** Combines the account keys of a message with the information in its header. */
export function toAccounts(keys: readonly string[], { signers, readonlySigners, readonlyOthers }: Header): AccountUse[] {
  return keys.map((address, index) => {
    const signer = index < signers;
    return { address, signer, writable: signer ? index < signers - readonlySigners : index < keys.length - readonlyOthers };
  });
}
