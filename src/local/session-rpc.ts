import { encodeBase58 } from "../codec/base58.js";
import { decodeBase64, encodeBase64 } from "../codec/base64.js";
import { parseJson } from "../codec/json.js";
import { isAddress } from "../protocol/scalars.js";
import type { AccountState, ExecutedTransaction } from "./engine.js";
import { idOf, invalidRpcParams, RPC_CODES, type RpcCall, RpcFailure, readCall, rpcError, rpcResult } from "./json-rpc.js";
import { LIMITS } from "./limits.js";
import { transactionJson, uiAccountJson } from "./notification-results.js";
import type { Session } from "./session.js";
import { parseTransaction } from "./wire-transaction.js";

type Method = (session: Session, params: readonly unknown[]) => unknown;

/** A session's JSON-RPC, by method: Solana's own, answered from where the session stands. */
const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["getHealth", () => "ok"],
  ["getVersion", () => ({ "solana-core": "2.2.0", "feature-set": 0 })],
  ["getSlot", (session) => session.slot],
  [
    "getBalance",
    async (session, [address]) => {
      const account = await session.engine.account(readAddress(address));
      return inContext(session, account?.lamports ?? 0n);
    },
  ],
  [
    "getAccountInfo",
    async (session, [address, config]) => {
      const account = await session.engine.account(readAddress(address));
      return inContext(session, account === undefined ? null : encodeAccount(account, readObject(config)));
    },
  ],
  ["getTransaction", (session, [signature, config]) => getTransaction(session, signature, config)],
]);

/** Answers one call. Never throws. */
export async function answerCall(session: Session, call: RpcCall): Promise<string> {
  try {
    const method = METHODS.get(call.method);
    if (method === undefined) throw new RpcFailure(RPC_CODES.methodNotFound, "Method not found");
    return rpcResult(call.id, await method(session, call.params));
  } catch (error) {
    return rpcError(call.id, error);
  }
}

/** Answers the body of a POST: a call, or a batch of them (JSON-RPC 2.0, 6). Never throws. */
export async function answerBody(session: Session, body: string): Promise<string> {
  let message: unknown;
  try {
    message = parseJson(body);
  } catch {
    return rpcError(null, new RpcFailure(RPC_CODES.parseError, "Parse error"));
  }
  if (!Array.isArray(message)) return answerMessage(session, message);
  if (message.length === 0 || message.length > LIMITS.batchCalls) {
    return rpcError(null, new RpcFailure(RPC_CODES.invalidRequest, `A batch has 1 to ${LIMITS.batchCalls} calls`));
  }
  const answers: string[] = [];
  for (const call of message) answers.push(await answerMessage(session, call));
  return `[${answers.join(",")}]`;
}

async function answerMessage(session: Session, message: unknown): Promise<string> {
  try {
    return await answerCall(session, readCall(message));
  } catch (error) {
    return rpcError(idOf(message), error);
  }
}

function inContext(session: Session, value: unknown): unknown {
  return { context: { slot: session.slot }, value };
}

function readAddress(value: unknown): string {
  if (isAddress(value)) return value;
  throw invalidRpcParams("expected a base58 address of 32 bytes");
}

function readObject(value: unknown): Record<string, unknown> {
  return (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
}

/** Base58 takes quadratic time: Solana's RPC, too, refuses it for more. */
const MAX_BASE58_BYTES = 128;

function encodeAccount(state: AccountState, { encoding = "base58", dataSlice }: Record<string, unknown>): unknown {
  return parseJson(uiAccountJson(state, JSON.stringify(encodeData(slice(state.data, dataSlice), encoding))));
}

function encodeData(data: Uint8Array, encoding: unknown): [string, string] {
  switch (encoding) {
    case "base64":
    case "jsonParsed":
      // No parsers here: as on Solana for programs that have none, the answer is base64.
      return [encodeBase64(data), "base64"];
    case "base58":
      if (data.length > MAX_BASE58_BYTES) {
        throw invalidRpcParams(`data of more than ${MAX_BASE58_BYTES} bytes is not encoded in base58: ask for base64`);
      }
      return [encodeBase58(data), "base58"];
    default:
      throw invalidRpcParams("expected encoding to be base64, base58 or jsonParsed");
  }
}

function slice(data: Uint8Array, given: unknown): Uint8Array {
  if (given === undefined || given === null) return data;
  const { offset, length } = readObject(given);
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || Number(offset) < 0 || Number(length) < 0) {
    throw invalidRpcParams("expected dataSlice to be { offset, length }");
  }
  return data.subarray(Number(offset), Number(offset) + Number(length));
}

/** The version is always told: a reader needn't ask for version 0 by `maxSupportedTransactionVersion`. */
function getTransaction(session: Session, signature: unknown, config: unknown): unknown {
  if (typeof signature !== "string") throw invalidRpcParams("expected a signature in base58");
  const executed = session.notifications.transaction(signature);
  if (executed === undefined) return null;
  // Older clients give the encoding in the config's place.
  const { encoding = "json" } = typeof config === "string" ? { encoding: config } : readObject(config);
  return parseJson(transactionJson(executed, JSON.stringify(encodeTransaction(executed, encoding))));
}

function encodeTransaction({ wire }: ExecutedTransaction, encoding: unknown): unknown {
  switch (encoding) {
    case "base64":
      return [wire, "base64"];
    case "base58":
      return [encodeBase58(decodeBase64(wire)), "base58"];
    case "json": {
      const { signatures, keys, header, blockhash, instructions, version } = parseTransaction(decodeBase64(wire));
      return {
        signatures: signatures.map(encodeBase58),
        message: {
          accountKeys: keys,
          header,
          recentBlockhash: blockhash,
          instructions: instructions.map(({ programIdIndex, accounts, data }) => ({
            programIdIndex,
            accounts,
            data: encodeBase58(data),
            stackHeight: null,
          })),
          ...(version === 0 && { addressTableLookups: [] }),
        },
      };
    }
    default:
      throw invalidRpcParams("expected encoding to be json, base64 or base58");
  }
}
