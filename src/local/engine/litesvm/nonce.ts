import type { Message } from "../../../protocol/transaction-message.js";
import type { AccountState } from "../engine.js";
import { addressText } from "./address-text.js";
import { SYSTEM_PROGRAM } from "./programs.js";

const ADVANCE_NONCE = 4;
const NONCE_BYTES = 80;
const STATE_AT = 4;
const INITIALIZED = 1;
const AUTHORITY_AT = 8;
const HASH_AT = 40;
const KEY_BYTES = 32;

/**
 * Whether a message uses a durable nonce instead of a recent blockhash. Such a message advances the nonce in its first
 * instruction, has the value of the nonce as its blockhash, and is signed by the nonce authority.
 * https://solana.com/docs/core/transactions/durable-nonces
 */
export function hasDurableNonce(message: Message, read: (address: string) => AccountState | undefined): boolean {
  const [first] = message.instructions;
  if (first === undefined || addressText(message.keys[first.programIdIndex] as Uint8Array) !== SYSTEM_PROGRAM) return false;
  if (first.data.length < 4 || first.data[0] !== ADVANCE_NONCE) return false;
  const nonceKey = message.keys[first.accounts[0] ?? message.keys.length];
  const nonce = nonceKey === undefined ? undefined : read(addressText(nonceKey));
  if (nonce?.owner !== SYSTEM_PROGRAM || nonce.data.length !== NONCE_BYTES) return false;
  const { data } = nonce;
  if (data[STATE_AT] !== INITIALIZED || !isEqual(data.subarray(HASH_AT, HASH_AT + KEY_BYTES), message.blockhash)) return false;
  const authority = data.subarray(AUTHORITY_AT, AUTHORITY_AT + KEY_BYTES);
  return first.accounts.some((index) => {
    const key = message.keys[index];
    return index < message.numRequiredSignatures && key !== undefined && isEqual(key, authority);
  });
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
