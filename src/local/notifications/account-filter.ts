import { decodeBase58 } from "../../codec/base58.js";
import { decodeBase64 } from "../../codec/base64.js";
import type { AccountState } from "../engine/engine.js";
import { invalidRpcParams } from "../wire/json-rpc.js";

type AccountTest = (state: AccountState) => boolean;

const MAX_FILTERS = 4;

/**
 * Reads the `filters` of getProgramAccounts and programSubscribe: `{ dataSize }`, `{ memcmp: { offset, bytes, encoding? } }`. An
 * account must match all filters.
 *
 * @throws RpcFailure
 */
export function accountFilter(filters: unknown): AccountTest {
  if (filters === undefined || filters === null) return () => true;
  if (!Array.isArray(filters) || filters.length > MAX_FILTERS) throw invalidRpcParams(`expected at most ${MAX_FILTERS} filters`);
  const tests = filters.map(readFilter);
  return (state) => tests.every((test) => test(state));
}

function readFilter(filter: unknown): AccountTest {
  const { dataSize, memcmp, ...others } = Object(filter) as Record<string, unknown>;
  // As on Solana, a filter must have either `dataSize` or `memcmp`, and no other member.
  const isSingle = Object.keys(others).length === 0 && (dataSize === undefined) !== (memcmp === undefined);
  if (isSingle && Number.isSafeInteger(dataSize)) return ({ data }) => data.length === dataSize;
  const { offset, bytes, encoding } = Object(isSingle ? memcmp : undefined) as Record<string, unknown>;
  const expected = typeof bytes === "string" ? decodeBytes(bytes, encoding ?? "base58") : undefined;
  if (expected === undefined || !Number.isSafeInteger(offset) || Number(offset) < 0) {
    throw invalidRpcParams("expected a filter to be { dataSize } or { memcmp: { offset, bytes, encoding? } }");
  }
  return ({ data }) => expected.every((byte, index) => data[Number(offset) + index] === byte);
}

function decodeBytes(bytes: string, encoding: unknown): Uint8Array | undefined {
  if (encoding === "base58") return decodeBase58(bytes);
  try {
    return encoding === "base64" ? decodeBase64(bytes) : undefined;
  } catch {
    return undefined;
  }
}
