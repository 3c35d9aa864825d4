import * as v from "valibot";
import { parseJson } from "../codec/json.js";

/** What a subscription's socket says, by the envelope alone. */
export type SubscriptionMessage =
  | { type: "notification"; method: string; subscription: SubscriptionId; result: unknown }
  | { type: "complete"; subscription: SubscriptionId }
  | { type: "answer"; id: number; result: unknown }
  | { type: "refusal"; id: number | undefined; error: JsonRpcError }
  | { type: "unrecognized"; raw: string; reason: string };

/** A u64, as the parser gives it: servers count from small numbers, but need not. */
export type SubscriptionId = number | bigint;

/** JSON-RPC 2.0, 5.1. */
export interface JsonRpcError {
  code: number;
  message: string;
  data?: unknown;
}

/**
 * Reads a frame of a subscription's socket down to its envelope; the result is for the subscription's kind to read.
 * Integers that a double can't hold come as `bigint`. Never throws.
 */
export function decodeSubscriptionMessage(text: string): SubscriptionMessage {
  let message: Record<string, unknown>;
  try {
    message = parseJson(text) as Record<string, unknown>;
  } catch {
    return { type: "unrecognized", raw: text, reason: "not JSON" };
  }
  if (typeof message !== "object" || message === null) return { type: "unrecognized", raw: text, reason: "not a JSON object" };
  const { method, params, id } = message;
  if (typeof method === "string") {
    const { subscription, result } = (params ?? {}) as { subscription?: unknown; result?: unknown };
    if (!isSubscriptionId(subscription)) return { type: "unrecognized", raw: text, reason: `${method} names no subscription` };
    if (method === "subscriptionComplete") return { type: "complete", subscription };
    return { type: "notification", method, subscription, result };
  }
  if (typeof message.error === "object" && message.error !== null) {
    const { code, message: said, data } = message.error as Record<string, unknown>;
    // Not String(said): an object from the wire can make that throw.
    const error: JsonRpcError = {
      code: typeof code === "number" ? code : Number.NaN,
      message: typeof said === "string" ? said : "no message",
    };
    if (data !== undefined) error.data = data;
    return { type: "refusal", id: typeof id === "number" ? id : undefined, error };
  }
  if (typeof id === "number" && "result" in message) return { type: "answer", id, result: message.result };
  return { type: "unrecognized", raw: text, reason: "neither a notification nor an answer" };
}

export function isSubscriptionId(value: unknown): value is SubscriptionId {
  return typeof value === "number" || typeof value === "bigint";
}

/** Tells a malformed result by what is wrong with it. */
export class MalformedNotification extends Error {
  override readonly name = "MalformedNotification";
}

/** Checks a result in full; for `validate: "full"`. @throws MalformedNotification */
export function assertShape(schema: v.GenericSchema, result: unknown): void {
  const parsed = v.safeParse(schema, result);
  if (parsed.success) return;
  const [issue] = parsed.issues;
  throw new MalformedNotification(`${v.getDotPath(issue) ?? "result"}: ${issue.message}`);
}
