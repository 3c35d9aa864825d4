import { decodeBase58 } from "../../codec/base58.js";
import { encodeUtf8 } from "../../codec/utf8.js";
import type { AccountState } from "./engine.js";

/** A wallet of the local simulator. It can sign transactions with `@solana/kit` and `@solana/web3.js`. */
export interface LocalWallet {
  /** Base58. */
  readonly address: string;
  /**
   * The private key (32 bytes), then the public key (32 bytes). Anyone can compute this private key, so never use it for real
   * money.
   */
  readonly secretKey: Uint8Array;
}

const SYSTEM_PROGRAM = "11111111111111111111111111111111";
const SECRET_BYTES = 32;
/** 1,000 SOL. A double can represent this number of lamports exactly. */
const LAMPORTS = 1_000_000_000_000n;

/**
 * The public keys of the wallets. The private key of wallet N is the text "local simulator wallet N", padded with zeros to 32
 * bytes. The public keys are constants, because their computation is asynchronous in a web page.
 */
const ADDRESSES = [
  "BAcSBa1o9iFPACKGNBEQYpfcGfJ45bkQJzadJZVFbRQ5",
  "AF7bP9WXoyqrbNqz2ABegG3Evs7jipmMTasixmbxhFAV",
  "AWrDs9txJqhoqC5T9jMxgnerFUNNZbp1t85d7S3K8due",
  "2ZrnBGu78x9KBPSqMNiTmhNGKb4c2eQQRgGha9tv9VsQ",
  "JzzS1b7xwAQmfSF2rTQTeuR6SXc6EDkkXYWq8axmXVf",
  "2jCQN3hXjmBB9mpAdwSfEBrQ6Qq3Kp9sXPky8sDAod1q",
  "5TB7WdqUqEJoo3BbN6TEnva3DXEMLihc3af5eW4YG3ny",
  "676w9QkRGtebaq8Mbk8auat1RaVcpvPe2F5GVcATLWev",
] as const;

/** Returns the wallets that every local simulator has, whatever its seed. Each call returns new key bytes. */
export function localWallets(): LocalWallet[] {
  return ADDRESSES.map((address, index) => {
    const secretKey = new Uint8Array(2 * SECRET_BYTES);
    secretKey.set(encodeUtf8(`local simulator wallet ${index}`));
    secretKey.set(decodeBase58(address) as Uint8Array, SECRET_BYTES);
    return { address, secretKey };
  });
}

/** Returns the accounts of these wallets at the start of a session. */
export function walletAccounts(): [address: string, state: AccountState][] {
  const state = { lamports: LAMPORTS, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) };
  return ADDRESSES.map((address) => [address, state]);
}
