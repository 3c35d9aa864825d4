import { parseJson } from "../../codec/json.js";
import type { Session } from "../session/local-session.js";
import { idOf, RPC_CODES, type RpcCall, RpcFailure, readCall, rpcError, rpcResult } from "../wire/json-rpc.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { ACCOUNT_METHODS } from "./account-methods.js";
import { AIRDROP_METHODS } from "./airdrop-method.js";
import { CHAIN_METHODS } from "./chain-methods.js";
import type { RpcMethod } from "./rpc-method.js";
import { TRANSACTION_METHODS } from "./transaction-methods.js";

/**
 * The JSON-RPC methods of a session: those of Solana and those of the service. If the engine answers a call itself
 * (`EngineSession.answer`), these methods are not used.
 */
const METHODS: ReadonlyMap<string, RpcMethod> = new Map(
  Object.entries({ ...CHAIN_METHODS, ...ACCOUNT_METHODS, ...TRANSACTION_METHODS, ...AIRDROP_METHODS }),
);

/** Answers one call. Never throws. For a JSON-RPC notification, returns `undefined` and does not execute the method, like Agave. */
export async function answerCall(session: Session, call: RpcCall): Promise<string | undefined> {
  const { id } = call;
  if (id === undefined) return undefined;
  try {
    return rpcResult(id, await answer(session, call));
  } catch (error) {
    return rpcError(id, error);
  }
}

async function answer(session: Session, { method, params }: RpcCall): Promise<unknown> {
  if (session.engine.answer !== undefined) {
    const own = await session.withEngine((engine) => engine.answer?.(method, params));
    if (own !== undefined) return own.value;
  }
  const known = METHODS.get(method);
  if (known === undefined) throw new RpcFailure(RPC_CODES.methodNotFound, "Method not found");
  return known(session, params);
}

/**
 * Answers the body of a POST request: one call, or a batch of calls (JSON-RPC 2.0, 6). Returns an empty text if the body contains
 * only JSON-RPC notifications. Never throws.
 */
export async function answerBody(session: Session, body: string): Promise<string> {
  let message: unknown;
  try {
    message = parseJson(body);
  } catch {
    return rpcError(null, new RpcFailure(RPC_CODES.parseError, "Parse error"));
  }
  if (!Array.isArray(message)) return (await answerMessage(session, message)) ?? "";
  if (message.length === 0 || message.length > LIMITS.batchCalls) {
    return rpcError(null, new RpcFailure(RPC_CODES.invalidRequest, `A batch has 1 to ${LIMITS.batchCalls} calls`));
  }
  const answers: (string | undefined)[] = [];
  for (const call of message) answers.push(await answerMessage(session, call));
  const sent = answers.filter((answer) => answer !== undefined);
  return sent.length === 0 ? "" : `[${sent.join(",")}]`;
}

async function answerMessage(session: Session, message: unknown): Promise<string | undefined> {
  try {
    return await answerCall(session, readCall(message));
  } catch (error) {
    return rpcError(idOf(message), error);
  }
}
