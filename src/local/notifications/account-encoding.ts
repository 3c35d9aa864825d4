import { encodeBase58 } from "../../codec/base58.js";
import { encodeBase64 } from "../../codec/base64.js";
import { compress } from "../../codec/zstd.js";
import type { AccountState } from "../engine/engine.js";
import { invalidRpcParams } from "../wire/json-rpc.js";
import { uiAccountJson } from "./notification-results.js";

/**
 * The maximum number of data bytes that are encoded as base58. The encoding takes quadratic time. Solana's RPC has the same limit.
 */
const MAX_BASE58_BYTES = 128;

/** Writes an account as JSON text, in the format of Solana's RPC. */
export type AccountEncoder = (state: AccountState) => string;

/**
 * Returns an encoder for the requested encoding of accounts.
 *
 * @param tooLong what the encoder does with data that is too long for base58. `refuse`: throws an `RpcFailure`. `report`: writes
 * a message instead of the data, as Solana does
 * @throws RpcFailure for an unknown encoding or an invalid slice
 */
export function accountEncoder(encoding: unknown = "base58", dataSlice: unknown, tooLong: "refuse" | "report"): AccountEncoder {
  const cut = readSlice(dataSlice);
  switch (encoding) {
    case "base64":
    case "jsonParsed":
      // For `jsonParsed`, the simulator returns base64, because it has no parsers. Solana does the same for a program without a
      // parser.
      return (state) => uiAccountJson(state, `["${encodeBase64(cut(state.data))}","base64"]`);
    case "base64+zstd":
      return (state) => uiAccountJson(state, `["${encodeBase64(compress(cut(state.data)))}","base64+zstd"]`);
    case "base58":
    case "binary":
      return (state) => {
        const data = cut(state.data);
        if (data.length <= MAX_BASE58_BYTES) return uiAccountJson(state, `["${encodeBase58(data)}","base58"]`);
        if (tooLong === "report") return uiAccountJson(state, '"error: data too large for bs58 encoding"');
        throw invalidRpcParams(
          `data of more than ${MAX_BASE58_BYTES} bytes cannot be encoded in base58: use the encoding base64`,
        );
      };
    default:
      throw invalidRpcParams("expected encoding to be base64, base64+zstd, base58 or jsonParsed");
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
