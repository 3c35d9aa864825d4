import { parseJson } from "../codec/json.js";
import { members, WIRE_LIMITS } from "./message.js";

/** A frame from a subscription socket. The result in it has not been validated. */
export type SubscriptionMessage =
  | { type: "notification"; method: string; subscription: SubscriptionId; result: unknown }
  | { type: "complete"; subscription: SubscriptionId }
  | { type: "answer"; id: number; result: unknown }
  | { type: "refusal"; id: number | undefined; error: JsonRpcError }
  | { type: "unrecognized"; raw: string; reason: string };

/** The id of a subscription: a u64, as the JSON parser returns it. Most servers use small numbers. */
export type SubscriptionId = number | bigint;

/** The error object of JSON-RPC 2.0 (5.1). */
export interface JsonRpcError {
  code: number;
  message: string;
  data?: unknown;
}

/**
 * Reads the envelope of a frame from a subscription socket. It does not validate the result, because the format of the result
 * depends on the kind of the subscription. Integers that a double cannot represent are `bigint`. Never throws.
 */
export function decodeSubscriptionMessage(raw: string): SubscriptionMessage {
  let message: unknown;
  try {
    message = parseJson(raw, WIRE_LIMITS);
  } catch {
    return { type: "unrecognized", raw, reason: "not JSON" };
  }
  const { method, params, id, error, result } = members(message);
  if (typeof method === "string") {
    const { subscription, result } = members(params);
    if (!isSubscriptionId(subscription)) return { type: "unrecognized", raw, reason: `${method} has no subscription` };
    if (method === "subscriptionComplete") return { type: "complete", subscription };
    return { type: "notification", method, subscription, result };
  }
  const answered = typeof id === "number" ? id : undefined;
  if (typeof error === "object" && error !== null)
    return { type: "refusal", id: answered, error: toJsonRpcError(members(error)) };
  if (answered !== undefined && result !== undefined) return { type: "answer", id: answered, result };
  return { type: "unrecognized", raw, reason: "neither a notification nor a response" };
}

/** Reads an error. It does not use `String(message)`, which could throw if the message is an object. */
function toJsonRpcError({ code, message, data }: Record<string, unknown>): JsonRpcError {
  return {
    code: typeof code === "number" ? code : Number.NaN,
    message: typeof message === "string" ? message : "no message",
    ...(data !== undefined && { data }),
  };
}

/** Whether a value can be the id of a subscription, which is a u64. */
export function isSubscriptionId(value: unknown): value is SubscriptionId {
  return typeof value === "number" ? Number.isSafeInteger(value) && value >= 0 : typeof value === "bigint" && value >= 0n;
}
