import { encodeBase58 } from "../../codec/base58.js";
import { encodeBase64 } from "../../codec/base64.js";
import type { AccountState } from "../engine/engine.js";
import { invalidRpcParams } from "../wire/json-rpc.js";
import { uiAccountJson } from "./notification-results.js";

/** Base58 takes quadratic time: Solana's RPC, too, refuses it for more. */
const MAX_BASE58_BYTES = 128;

/** An account as JSON text, as Solana's RPC tells it. */
export type AccountEncoder = (state: AccountState) => string;

/**
 * How a call or a subscription wants accounts.
 *
 * @param tooLong what becomes of data that is too long for base58: the call is refused, or a notification says so in the
 *   data's place, as on Solana
 * @throws RpcFailure for an encoding or a slice that isn't known; the encoder: if the call is to be refused
 */
export function accountEncoder(encoding: unknown = "base58", dataSlice: unknown, tooLong: "refuse" | "tell"): AccountEncoder {
  const cut = readSlice(dataSlice);
  switch (encoding) {
    case "base64":
    case "jsonParsed":
      // No parsers here: as on Solana for programs that have none, the answer is base64.
      return (state) => uiAccountJson(state, `["${encodeBase64(cut(state.data))}","base64"]`);
    case "base58":
    case "binary":
      return (state) => {
        const data = cut(state.data);
        if (data.length <= MAX_BASE58_BYTES) return uiAccountJson(state, `["${encodeBase58(data)}","base58"]`);
        if (tooLong === "tell") return uiAccountJson(state, '"error: data too large for bs58 encoding"');
        throw invalidRpcParams(`data of more than ${MAX_BASE58_BYTES} bytes is not encoded in base58: ask for base64`);
      };
    default:
      throw invalidRpcParams("expected encoding to be base64, base58 or jsonParsed");
  }
}

function readSlice(given: unknown): (data: Uint8Array) => Uint8Array {
  if (given === undefined || given === null) return (data) => data;
  const { offset, length } = Object(given) as Record<string, unknown>;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || Number(offset) < 0 || Number(length) < 0) {
    throw invalidRpcParams("expected dataSlice to be { offset, length }");
  }
  return (data) => data.subarray(Number(offset), Number(offset) + Number(length));
}
