import { parseJson } from "../../../codec/json.js";
import { members } from "../../../protocol/message.js";
import { meaningOf, meaningOfText, type RpcError, type RpcErrorMeaning } from "./rpc-error.js";

/** The outcome of one call to a node. */
export type RpcOutcome =
  | { result: unknown }
  | { error: RpcError; meaning: RpcErrorMeaning /** The delay from the `Retry-After` header, in ms. */; retryAfterMs?: number };

/** A received response. */
export interface ReceivedResponse {
  status: number;
  /** Whether the response is a redirect whose target the platform hides. */
  isOpaqueRedirect: boolean;
  headers: Headers;
  text: string;
}

/** The maximum length of the node's message in an error, in characters. */
const MAX_MESSAGE_LENGTH = 300;
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * Reads a response: JSON-RPC, a gateway error in JSON, plain text or an HTML page.
 *
 * @param redact removes secrets from the message of the node
 * @param describeRedirect describes a redirect to a location
 * @param now the current time, in ms since 1970
 */
export function readResponse(
  response: ReceivedResponse,
  { redact, describeRedirect, now }: { redact(text: string): string; describeRedirect(to: string | null): string; now: number },
): RpcOutcome {
  const { status, headers, text, isOpaqueRedirect } = response;
  if (isOpaqueRedirect || (status >= 300 && status < 400)) {
    return { error: { status, message: describeRedirect(headers.get("location")) }, meaning: "final" };
  }
  const isOk = status >= 200 && status < 300;
  const value = parse(text);
  const body = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  const found = readRpcError(body);
  if (isOk && found === undefined && "result" in members(body)) return { result: members(body).result };
  const words = found?.message ?? wordsOf(body, redact(text));
  const clean = clip(redact(words));
  const error: RpcError = {
    ...(found?.code !== undefined && { code: found.code }),
    ...(!isOk && { status }),
    message: isOk && found === undefined ? describeUnreadable(value, clean) : clean || "no reason given",
  };
  const meaning = found === undefined ? meaningOfText(error) : meaningOf(error);
  const retryAfterMs = readRetryAfter(headers, now);
  return { error, meaning, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Returns `undefined` for text that is not JSON. */
function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function describeUnreadable(value: unknown, words: string): string {
  const problem = value === undefined ? "the response is not JSON" : "the response is not JSON-RPC";
  return words === "" ? problem : `${problem}: ${words}`;
}

/**
 * Reads the error in the body of a response, in any of the forms that nodes and gateways use. Returns `undefined` if there is none.
 */
function readRpcError(body: unknown): { code?: number; message: string } | undefined {
  const { error } = members(body);
  if (error == null || error === false) return undefined;
  const { code, message, data } = members(error);
  if (typeof error !== "object") return { message: join(String(error), textOf(members(body).message)) };
  const number = typeof code === "string" && code.trim() === "" ? Number.NaN : Number(code);
  const isNumber = code != null && Number.isSafeInteger(number);
  const words = textOf(message) ?? (message === undefined ? JSON.stringify(error, toText) : JSON.stringify(message, toText));
  return {
    ...(isNumber && { code: number }),
    message: join(isNumber ? "" : (textOf(code) ?? ""), join(words, textOf(data))),
  };
}

/** The members in which gateways put the reason for an error. */
const REASONS = ["message", "Message", "detail", "details", "description", "error_description", "reason", "title", "msg"];

/** Extracts the error message from a response of a gateway. The response can be JSON, HTML or plain text. */
function wordsOf(body: unknown, text: string): string {
  const object = members(body);
  const { errors } = object;
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  const found = textOf(first) ?? textOf(members(first).message) ?? REASONS.map((name) => textOf(object[name])).find(Boolean);
  if (found !== undefined) return found;
  return text
    .slice(0, 10 * MAX_MESSAGE_LENGTH)
    .replace(/<!--.*?-->|<(style|script|head)\b[^>]*>.*?<\/\1>|<[^>]*>/gis, " ")
    .trim();
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function join(first: string, second: string | undefined): string {
  if (first === "") return second ?? "";
  return second === undefined || first.includes(second) ? first : `${first}: ${second}`;
}

/** Converts bigints to text, because `JSON.stringify` throws for them. */
function toText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** Control, format and bidirectional characters. They are escaped, because a message from the node may be printed in a terminal. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Formats untrusted text as one line that is safe to print. A text of more than `MAX_MESSAGE_LENGTH` characters is cut. */
function clip(text: string): string {
  const line = text.replace(/\s+/g, " ").trim().slice(0, MAX_MESSAGE_LENGTH);
  return line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Reads `Retry-After` (RFC 9110, 10.2.3), in ms. If the header contains a date, uses the clock of the server. */
function readRetryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const serverNow = Date.parse(headers.get("date") ?? "");
  const ms = /^\s*\d+(?:\.\d+)?\s*$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - (Number.isNaN(serverNow) ? now : serverNow);
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
